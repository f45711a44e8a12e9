"""The life of drift items, as a pure function of what was and what is seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.model.change import Drift, FieldChange
from provisioner.model.drift_item import DriftItem, Life
from provisioner.store.drift_life import Acknowledgement, Step, after_look

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
AT = FIRST + timedelta(hours=1)


def item(name: str = "nur", drift: Drift = Drift.DRIFTED, **fields: Any) -> DriftItem:
    changes = tuple(FieldChange(key, value, "wanted") for key, value in fields.items())
    return DriftItem("rameh", "mailbox", name, drift, changes, FIRST, FIRST)


def look(
    before: list[DriftItem],
    seen: list[DriftItem],
    *words: Acknowledgement,
) -> Step:
    return after_look(
        {one.key: one for one in before}, seen, {one.key: one for one in words}, AT
    )


def accepted(
    of: DriftItem, until: datetime = AT + timedelta(days=1)
) -> Acknowledgement:
    values = {one.field: one.before for one in of.fields}
    return Acknowledgement(of.key, of.drift, values, until, "agreed", "dana", FIRST)


OLD = replace(item(title="Boss"), life=Life.PERSISTING)


@pytest.mark.parametrize(
    ("seen", "life", "since"),
    [
        pytest.param(item(title="Boss"), Life.PERSISTING, FIRST, id="the same"),
        pytest.param(item(title="King"), Life.NEW, FIRST, id="another value"),
        pytest.param(
            item(title="Boss", phone="1"), Life.NEW, FIRST, id="one field more"
        ),
        pytest.param(item(drift=Drift.MISSING), Life.NEW, AT, id="missing altogether"),
    ],
)
def test_what_changed_again_is_new(
    seen: DriftItem, life: Life, since: datetime
) -> None:
    step = look([OLD], [seen])
    (current,) = step.current
    assert (current.life, current.since, current.seen) == (life, since, AT)
    assert step.changed == ((current,) if life is Life.NEW else ())
    assert step.resolved == ()


def test_the_order_of_fields_is_no_difference() -> None:
    before = item(title="Boss", phone="1")
    seen = replace(before, fields=before.fields[::-1])
    assert look([before], [seen]).current[0].life is Life.PERSISTING


def test_an_item_that_could_not_be_read_now_stays_as_it_was() -> None:
    step = look([OLD], [item(drift=Drift.UNKNOWN)])
    assert step.current == (OLD,)
    assert (step.resolved, step.changed) == ((), ())


def test_a_kind_that_could_not_be_read_resolves_nothing() -> None:
    whole = item(name="", drift=Drift.UNKNOWN)
    step = look([OLD], [whole])
    assert {one.name: one.life for one in step.current} == {
        "": Life.NEW,
        "nur": Life.PERSISTING,
    }
    assert step.resolved == ()
    readable_again = look(list(step.current), [item(title="Boss")])
    assert [one.name for one in readable_again.resolved] == [""]


def test_something_new_that_could_not_be_read_again_is_not_told_twice() -> None:
    new = item(title="Boss")
    step = look([new], [item(drift=Drift.UNKNOWN)])
    assert step.current[0].life is Life.PERSISTING
    assert step.current[0].seen == FIRST


def test_an_unknown_that_can_be_read_and_differs_is_new_from_now() -> None:
    unknown = item(drift=Drift.UNKNOWN)
    (current,) = look([unknown], [item(title="Boss")]).current
    assert (current.life, current.since) == (Life.NEW, AT)


@pytest.mark.parametrize(
    ("seen", "word", "life"),
    [
        pytest.param(
            item(title="Boss"), accepted(OLD), Life.ACKNOWLEDGED, id="as accepted"
        ),
        pytest.param(item(title="King"), accepted(OLD), Life.NEW, id="another value"),
        pytest.param(
            item(title="Boss", phone="1"), accepted(OLD), Life.NEW, id="a field more"
        ),
        pytest.param(
            item(title="Boss"), accepted(OLD, until=AT), Life.PERSISTING, id="over"
        ),
        pytest.param(
            item(drift=Drift.MISSING), accepted(OLD), Life.NEW, id="gone altogether"
        ),
        pytest.param(
            item(drift=Drift.MISSING),
            accepted(item(drift=Drift.MISSING)),
            Life.ACKNOWLEDGED,
            id="accepted that it is gone",
        ),
    ],
)
def test_an_acknowledgement_covers_what_it_says(
    seen: DriftItem, word: Acknowledgement, life: Life
) -> None:
    assert look([OLD], [seen], word).current[0].life is life


def test_fewer_fields_than_were_accepted_are_still_accepted() -> None:
    both = item(title="Boss", phone="1")
    step = look([both], [item(title="Boss")], accepted(both))
    assert step.current[0].life is Life.ACKNOWLEDGED


def test_an_acknowledgement_that_is_over_makes_the_item_new() -> None:
    known = replace(OLD, life=Life.ACKNOWLEDGED)
    step = look([known], [item(title="Boss")], accepted(OLD, until=AT))
    assert step.current[0].life is Life.NEW
    assert len(step.changed) == 1


def test_an_accepted_item_that_is_repaired_is_resolved() -> None:
    known = replace(OLD, life=Life.ACKNOWLEDGED)
    (resolved,) = look([known], [], accepted(OLD)).resolved
    assert (resolved.life, resolved.seen) == (Life.RESOLVED, AT)
