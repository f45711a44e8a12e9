"""Each guard says no where it must, says the numbers, and leaves the rest alone."""

from __future__ import annotations

import msgspec
import pytest

from provisioner.engine.guard import CannotRelease, NothingToDo, approve, limit
from provisioner.engine.guards import refusals
from provisioner.engine.guards.protected import protected
from provisioner.engine.guards.removals import removals
from provisioner.engine.guards.seats import seats
from provisioner.engine.guards.second_person import second_person
from provisioner.engine.guards.shrunken import shrunken_inventory
from provisioner.engine.guards.unmanaged import unmanaged
from provisioner.engine.scope import Order
from provisioner.errors import PlanChanged
from provisioner.kinds.administrative_unit.spec import AdministrativeUnitSpec
from provisioner.model.change import Action, Change, Drift, FieldChange
from provisioner.model.cluster import GuardLimits
from provisioner.model.plan import Plan, Refusal, total_checksum
from provisioner.model.resource import Seats

SOMEBODY = "rameh/mailbox/nobody"


class TestRemovals:
    def test_a_few_leavers_pass(self, make_view, town, disable, there):
        leaving = tuple(disable(n) for n in range(5))
        view = make_view(town(present=there(20), changes=leaving))
        assert not list(removals(view))

    def test_a_large_share_quarantines_that_municipality_only(
        self, make_view, town, disable, there
    ):
        leaving = tuple(disable(n) for n in range(6))
        view = make_view(
            town(present=there(20), changes=leaving),
            town(slug="sakhnin", present=there(20, "sakhnin")),
        )
        (refused,) = removals(view)
        assert (refused.municipality, refused.key) == ("rameh", "")
        assert "6 of 20 mailboxes (30%)" in refused.message
        assert "more than 10%" in refused.message
        assert "--release removals" in refused.remedy

    def test_a_large_number_trips_whatever_the_share(
        self, make_view, town, disable, there
    ):
        leaving = tuple(disable(n) for n in range(21))
        view = make_view(town(present=there(1000), changes=leaving))
        (refused,) = removals(view)
        assert "21 of 1000" in refused.message
        assert "more than 20" in refused.message

    def test_the_limits_are_the_clusters(self, make_view, town, disable, there):
        leaving = (disable(1), disable(2))
        limits = GuardLimits(removals_number=1)
        view = make_view(town(present=there(100), changes=leaving), limits=limits)
        assert len(list(removals(view))) == 1

    def test_deletions_that_wait_do_not_stop_the_work_of_every_day(
        self, make_view, town, disable, delete, there
    ):
        changes = (disable(1), *(delete(n) for n in range(50, 75)))
        view = make_view(town(present=there(1000), changes=changes))
        refused = list(removals(view))
        assert {one.key for one in refused} == {one.key for one in changes[1:]}
        assert "26 of 1000" in refused[0].message

    def test_too_many_leavers_hold_back_the_municipality_deletions_or_not(
        self, make_view, town, disable, delete, there
    ):
        changes = (*(disable(n) for n in range(21)), delete(50))
        view = make_view(town(present=there(1000), changes=changes))
        (refused,) = removals(view)
        assert refused.key == ""
        assert "22 of 1000" in refused.message


class TestSecondPerson:
    def test_every_deletion_is_held_and_nothing_else(
        self, make_view, town, disable, delete, there
    ):
        view = make_view(town(present=there(9), changes=(disable(0), delete(1))))
        (refused,) = second_person(view)
        assert (refused.guard, refused.key) == ("second_person", delete(1).key)
        assert "--approved-by NAME" in refused.remedy
        assert not refused.waits

    def test_a_protected_account_is_refused_whoever_approves(
        self, make_view, town, delete, there
    ):
        view = make_view(
            town(listed=3, present=there(3), changes=(delete(1),)),
            protected=("p1@rameh.example",),
        )
        assert {one.guard for one in refusals(view)} == {"protected", "second_person"}


class TestShrunkenInventory:
    def test_an_empty_list_of_people_is_refused_even_in_a_hamlet(
        self, make_view, town, there
    ):
        view = make_view(town(listed=0, present=there(3)))
        (refused,) = shrunken_inventory(view)
        assert refused.key == ""
        assert "lists 0 people where 3 are managed" in refused.message

    def test_a_truncated_list_is_refused(self, make_view, town, there):
        view = make_view(town(listed=70, present=there(100)))
        (refused,) = shrunken_inventory(view)
        assert "30% fewer, 20% allowed" in refused.message

    def test_ordinary_leaving_passes(self, make_view, town, there):
        assert not list(
            shrunken_inventory(make_view(town(listed=95, present=there(100))))
        )

    def test_a_municipality_that_starts_passes(self, make_view, town):
        assert not list(shrunken_inventory(make_view(town(listed=0))))


class TestProtected:
    def test_a_role_holder_is_never_written(self, make_view, town, disable, there):
        present = there(2)
        name = "p1@rameh.example"
        present[name] = msgspec.structs.replace(
            present[name], protected="holds the role Global Administrator"
        )
        view = make_view(town(present=present, changes=(disable(0), disable(1))))
        (refused,) = protected(view)
        assert refused.key == f"rameh/mailbox/{name}"
        assert "Global Administrator" in refused.message

    def test_a_protected_object_is_found_under_another_name(
        self, make_view, town, disable, there
    ):
        present = there(2)
        moved = msgspec.structs.replace(
            present.pop("p1@rameh.example"),
            name="old@rameh.example",
            protected="is synced",
        )
        present["old@rameh.example"] = moved
        view = make_view(town(present=present, changes=(disable(1),)))
        assert [one.guard for one in protected(view)] == ["protected"]

    def test_a_listed_account_is_not_even_created(self, make_view, town, create):
        view = make_view(town(changes=(create(1),)), protected=("P1@rameh.example",))
        (refused,) = protected(view)
        assert "list of protected accounts" in refused.message


class TestUnmanaged:
    def test_adoption_needs_a_word(self, make_view, town, create):
        found = msgspec.structs.replace(create(1), action=Action.ADOPT, object_id="x")
        view = make_view(town(changes=(found,)))
        (refused,) = unmanaged(view)
        assert "provisioner adopt rameh/mailbox/p1@rameh.example" in refused.remedy

    def test_the_word_names_one_resource_only(self, make_view, town, create):
        found = tuple(
            msgspec.structs.replace(create(n), action=Action.ADOPT, object_id=str(n))
            for n in (1, 2)
        )
        view = make_view(town(changes=found), adopt=frozenset({found[0].key}))
        assert [one.key for one in unmanaged(view)] == [found[1].key]


class TestSeats:
    def test_those_beyond_the_seats_wait_over_the_whole_run(
        self, make_view, town, create
    ):
        view = make_view(
            town(changes=(create(1), create(2))),
            town(slug="sakhnin", changes=(create(3, "sakhnin"),)),
            seats=(Seats("SPB", enabled=12, consumed=10),),
        )
        (refused,) = seats(view)
        assert refused.key == "sakhnin/mailbox/p3@sakhnin.example"
        assert refused.waits
        assert "needs 3, 2 of 12 are free" in refused.message
        assert refused.remedy.startswith("Buy 1 seat(s) of SPB")

    def test_a_licence_nobody_subscribed_has_no_seats(self, make_view, town, create):
        view = make_view(town(changes=(create(1),)), seats=(Seats("F3", 5, 0),))
        (refused,) = seats(view)
        assert "none is subscribed" in refused.message


def _deleting(plans: dict[str, Plan], second: str) -> Order:
    return Order(
        "apply",
        checksum=total_checksum(plans.values()),
        release=frozenset({"second_person"}),
        actor="yael",
        approved_by=second,
    )


class TestApproval:
    @pytest.fixture
    def plans(self, create) -> dict[str, Plan]:
        against = Refusal("removals", "rameh", "", "too many")
        return {"rameh": Plan("rameh", (create(1), create(2)), refusals=(against,))}

    def test_the_same_plan_passes(self, plans):
        order = Order("apply", checksum=total_checksum(plans.values()))
        assert approve(order, plans) == plans

    def test_another_plan_is_refused(self, plans, create):
        order = Order("apply", checksum=total_checksum(plans.values()))
        changed = {
            "rameh": Plan("rameh", (create(1),), refusals=plans["rameh"].refusals)
        }
        with pytest.raises(PlanChanged, match="has changed since"):
            approve(order, changed)

    def test_a_guard_is_released_for_the_plan_that_was_seen(self, plans):
        order = Order(
            "apply",
            checksum=total_checksum(plans.values()),
            release=frozenset({"removals"}),
        )
        assert plans["rameh"].applicable == ()
        assert len(approve(order, plans)["rameh"].applicable) == 2

    def test_a_release_without_a_checksum_is_refused(self, plans):
        with pytest.raises(CannotRelease, match="somebody has seen"):
            approve(Order("apply", release=frozenset({"removals"})), plans)

    def test_protection_cannot_be_released(self, plans):
        order = Order(
            "apply",
            checksum=total_checksum(plans.values()),
            release=frozenset({"protected"}),
        )
        with pytest.raises(CannotRelease, match="'protected' cannot be released"):
            approve(order, plans)

    @pytest.mark.parametrize("second", ["", "  ", "yael", "Yael ", " YAEL"])
    def test_nobody_approves_a_deletion_of_their_own(self, plans, second):
        with pytest.raises(CannotRelease, match="takes two people") as refused:
            approve(_deleting(plans, second), plans)
        assert "--approved-by" in (refused.value.remedy or "")

    def test_a_deletion_goes_with_the_word_of_somebody_else(self, plans, delete):
        held = Refusal("second_person", "rameh", delete(3).key, "due")
        plans = {"rameh": Plan("rameh", (delete(3),), refusals=(held,))}
        assert not plans["rameh"].applicable
        approved = approve(_deleting(plans, "Salim Nasr"), plans)
        assert approved["rameh"].applicable == (delete(3),)


class TestAnOrderThatNamesKeys:
    @pytest.fixture
    def plans(self, create) -> dict[str, Plan]:
        return {"rameh": Plan("rameh", (create(1), create(2)))}

    def test_only_what_was_named_is_applied(self, plans):
        wanted = plans["rameh"].changes[1].key
        limited = limit(Order("apply", only=frozenset({wanted})), plans, ())
        assert [one.key for one in limited["rameh"].changes] == [wanted]

    def test_what_is_as_wanted_is_nothing_to_do(self, plans):
        for adopt in (frozenset(), frozenset({SOMEBODY})):
            order = Order("apply", only=frozenset({SOMEBODY}), adopt=adopt)
            assert limit(order, plans, {SOMEBODY})["rameh"].changes == ()

    @pytest.mark.parametrize(
        ("adopt", "advice"),
        [((), "provisioner drift"), ((SOMEBODY,), "no mark of ours")],
    )
    def test_what_nobody_wants_is_refused_with_advice_that_fits(
        self, plans, adopt, advice
    ):
        order = Order("apply", only=frozenset({SOMEBODY}), adopt=frozenset(adopt))
        with pytest.raises(NothingToDo, match=SOMEBODY) as refused:
            limit(order, plans, ())
        assert advice in (refused.value.remedy or "")

    def test_removals_that_were_not_named_do_not_hold_back_what_removes_nobody(
        self, create, disable
    ):
        whole = Refusal("removals", "rameh", "", "26 of 30")
        plan = Plan("rameh", (create(2), disable(1)), refusals=(whole,))
        order = Order("apply", only=frozenset({create(2).key}))
        limited = limit(order, {"rameh": plan}, ())["rameh"]
        assert limited.applicable == (create(2),)
        order = Order("apply", only=frozenset({create(2).key, disable(1).key}))
        limited = limit(order, {"rameh": plan}, ())["rameh"]
        assert limited.applicable == (create(2),), "who leaves is still held back"

    def test_nor_may_a_roster_lose_whom_they_are_about(self):
        fields = (FieldChange("members_leaving", ["a@rameh.example"], []),)
        unit = Change(
            "rameh",
            "administrative_unit",
            "rameh",
            Action.UPDATE,
            Drift.PENDING,
            fields,
            AdministrativeUnitSpec("Rameh", "Rameh", ()),
            writes=1,
        )
        whole = Refusal("removals", "rameh", "", "26 of 30")
        plan = Plan("rameh", (unit,), refusals=(whole,))
        order = Order("apply", only=frozenset({unit.key}))
        assert limit(order, {"rameh": plan}, ())["rameh"].applicable == ()

    def test_any_other_quarantine_stays(self, create):
        cut = Refusal("shrunken_inventory", "rameh", "", "cut off")
        plan = Plan("rameh", (create(2),), refusals=(cut,))
        order = Order("apply", only=frozenset({create(2).key}))
        assert limit(order, {"rameh": plan}, ())["rameh"].refusals == (cut,)


def test_one_municipalitys_quarantine_leaves_the_others_free(
    make_view, town, disable, create, there
):
    view = make_view(
        town(listed=20, present=there(20), changes=tuple(disable(n) for n in range(9))),
        town(slug="sakhnin", listed=1, changes=(create(1, "sakhnin"),)),
        seats=(Seats("SPB", 10, 0),),
    )
    held = {one.municipality for one in refusals(view) if not one.key}
    assert held == {"rameh"}
