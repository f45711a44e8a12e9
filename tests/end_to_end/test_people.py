"""What happens to people: adopted, renamed, gone, back again."""

from __future__ import annotations

from typing import Any

import pytest
from towns import Town

pytestmark = pytest.mark.end_to_end

CHOSEN_EARLIER = "Chosen-by-somebody-1"


def mark_of(user: dict[str, Any]) -> str:
    marks = user["onPremisesExtensionAttributes"] or {}
    return str(marks.get("extensionAttribute15") or "")


def seed(town: Town, **user: Any) -> str:
    """Somebody who is in the tenant before we come; the address."""
    (tenant,) = town.world.state.tenants
    town.world.admin("POST", "users", [user], tenant=tenant.tenant_id)
    return str(user["userPrincipalName"])


def declare(town: Town, local: str, **values: str) -> str:
    """A row more in the inventory; the address."""
    rows = town.people()
    blank = dict.fromkeys(rows[0], "")
    new = {
        "address": f"{local}@{town.domain}",
        "display_name": "דנה לוי",
        "given_name": "דנה",
        "surname": "לוי",
        "employee_id": f"e-{local}"[:16],
        "license": "EXCHANGESTANDARD",
    }
    town.rewrite([*rows, blank | new | values])
    return new["address"]


class TestSomebodyWhoWasThereBefore:
    def test_is_only_adopted_by_word_and_then_brought_to_the_inventory(
        self, town: Town
    ) -> None:
        address = declare(town, "dana.levi", job_title="גזברית")
        seed(
            town,
            userPrincipalName=address,
            displayName="Dana L.",
            usageLocation="IL",
            passwordProfile={"password": CHOSEN_EARLIER},
        )
        before = town.users()[address]
        key = f"{town.slug}/mailbox/{address}"

        refused = town.run("apply", "--yes")
        assert refused.code == 2
        assert f"{address} exists and bears no mark of ours." in refused.out
        assert f"provisioner adopt {key}" in refused.out
        assert town.users()[address] == before

        adopted = town.world.run("adopt", key, "--json")
        assert adopted.code == 0, adopted.err + adopted.out[-1500:]
        (outcome,) = adopted.outcomes()
        assert (outcome["action"], outcome["status"]) == ("adopt", "done")
        after = town.users()[address]
        assert mark_of(after) == f"provisioner:{town.slug}:{address}"
        assert after["id"] == before["id"]
        assert after["displayName"] == "דנה לוי"
        assert after["jobTitle"] == "גזברית"
        assert after["licences"] == ["EXCHANGESTANDARD"]
        assert after["passwordSha256"] == before["passwordSha256"]
        with town.world.store() as store:
            assert key not in {one.key for one in store.secret_entries.list()}
        # Only who is ours joins the unit of the municipality.
        joined = town.run("apply", "--yes", "--json")
        kinds = [one["kind"] for one in joined.outcomes()]
        assert (joined.code, kinds) == (0, ["administrative_unit"])
        assert town.run("plan").code == 0

    def test_and_nobody_declared_is_reported_and_never_written(
        self, town: Town
    ) -> None:
        address = seed(town, userPrincipalName=f"stranger@{town.domain}")
        before = town.users()[address]
        drift = town.run("drift", "--json")
        assert drift.code == 2
        assert drift.drift() == {address: "unmanaged"}
        assert town.run("apply", "--yes").code == 0
        ended = town.world.run("adopt", f"{town.slug}/mailbox/{address}")
        assert ended.code == 1
        assert "Not in the plan" in ended.err
        assert town.users()[address] == before

    @pytest.mark.parametrize("why", ["listed", "synchronised"])
    def test_and_is_protected_is_never_written_though_the_inventory_says_so(
        self, why: str, town: Town
    ) -> None:
        address = town.active()[2]["address"]
        if why == "listed":
            file = town.world.inventory / "cluster.yml"
            listed = file.read_text(encoding="utf-8").replace(
                "protected: [", f"protected: [{address}, "
            )
            file.write_text(listed, encoding="utf-8")
        else:
            seed(town, userPrincipalName=address, onPremisesSyncEnabled=True)
        town.amend(address, job_title="שומר סף")
        before = town.users()[address]
        ended = town.run("apply", "--yes", "--json")
        assert ended.code == 2, ended.out[-1500:]
        (refused,) = ended.outcomes("refused")
        assert refused["name"] == address
        assert "provisioner never writes it" in refused["reason"]
        assert town.users()[address] == before

    def test_a_key_of_nobody_is_refused(self, town: Town) -> None:
        ended = town.world.run("adopt", f"{town.slug}/mailbox/nobody@{town.domain}")
        assert ended.code == 1
        assert "Not in the plan" in ended.err


def test_a_renamed_person_keeps_object_and_mailbox(town: Town) -> None:
    old = town.active()[4]["address"]
    new = f"new.name@{town.domain}"
    before = town.users()[old]
    town.amend(old, address=new, surname="חדש")
    planned = town.run("plan", "--json")
    changes = planned.report["municipalities"][0]["changes"]
    assert [(one["kind"], one["action"], one["name"]) for one in changes] == [
        ("mailbox", "update", new),
        ("administrative_unit", "update", town.slug),
    ]
    ended = town.run("apply", "--yes", "--json")
    assert ended.code == 0, ended.out[-1500:]
    users = town.users()
    assert old not in users
    after = users[new]
    assert after["id"] == before["id"]
    assert after["surname"] == "חדש"
    assert after["passwordSha256"] == before["passwordSha256"]
    assert after["mailboxReady"]
    assert after["mailboxSettings"] == before["mailboxSettings"]
    assert mark_of(after) == f"provisioner:{town.slug}:{new}"
    assert town.run("plan").code == 0


class TestSomebodyWhoLeaves:
    @pytest.mark.parametrize("how", ["the row says so", "the row is gone"])
    def test_is_switched_off_and_kept(self, how: str, town: Town) -> None:
        address = town.active()[6]["address"]
        before = town.users()[address]
        if how == "the row says so":
            town.amend(address, state="leaver")
        else:
            town.rewrite([r for r in town.people() if r["address"] != address])
        ended = town.run("apply", "--yes")
        assert ended.code == 0, ended.out
        after = town.users()[address]
        assert after["accountEnabled"] is False
        assert after["id"] == before["id"]
        assert after["licences"] == before["licences"]
        assert town.run("plan").code == 0

    def test_can_come_back(self, town: Town) -> None:
        address = town.active()[7]["address"]
        before = town.users()[address]
        town.amend(address, state="leaver")
        assert town.run("apply", "--yes").code == 0
        town.amend(address, state="active")
        ended = town.run("apply", "--yes", "--json")
        assert ended.code == 0, ended.out[-1500:]
        assert [one["action"] for one in ended.outcomes()] == ["update"]
        after = town.users()[address]
        assert after["accountEnabled"] is True
        assert after["id"] == before["id"]
        assert town.run("plan").code == 0
