"""Drift items that stay from look to look, and what people accepted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from provisioner.errors import StoreError
from provisioner.model.change import Drift, FieldChange
from provisioner.model.drift_item import DriftItem, Life
from provisioner.store import Store

KEY = "rameh/mailbox/nur@rameh.example"
HOUR = timedelta(hours=1)


def item(now: datetime, title: object = "Boss", slug: str = "rameh") -> DriftItem:
    return DriftItem(
        municipality=slug,
        kind="mailbox",
        name=f"nur@{slug}.example",
        drift=Drift.DRIFTED,
        fields=(
            FieldChange("job_title", title, "Engineer", "Engineer", Drift.DRIFTED),
        ),
        since=now,
        seen=now,
        reason="changed in the world",
        by_hand=("do this",),
    )


def look(store: Store, items: list[DriftItem], at: datetime) -> list[DriftItem]:
    current, _ = store.drift.observe("rameh", ["mailbox"], items, at)
    return current


def test_an_item_is_new_then_persists_and_keeps_when_it_was_first_seen(
    store: Store, now: datetime
) -> None:
    assert look(store, [item(now)], now)[0].life is Life.NEW
    (again,) = look(store, [item(now + HOUR)], now + HOUR)
    assert again.life is Life.PERSISTING
    assert (again.since, again.seen) == (now, now + HOUR)


def test_an_open_item_comes_back_from_the_store_as_it_was(
    store: Store, now: datetime
) -> None:
    (current,) = look(store, [item(now)], now)
    assert store.drift.open() == store.drift.open("rameh") == [current]
    assert store.drift.open("acre") == []


def test_values_that_are_lists_persist_like_any_other(
    store: Store, now: datetime
) -> None:
    look(store, [item(now, ("a", "b"))], now)
    assert look(store, [item(now, ("a", "b"))], now + HOUR)[0].life is Life.PERSISTING


def test_what_is_gone_is_resolved_once_and_stays_in_the_history(
    store: Store, now: datetime
) -> None:
    look(store, [item(now)], now)
    _, resolved = store.drift.observe("rameh", ["mailbox"], [], now + HOUR)
    assert [(one.key, one.life, one.since) for one in resolved] == [
        (KEY, Life.RESOLVED, now)
    ]
    assert store.drift.observe("rameh", ["mailbox"], [], now + 2 * HOUR) == ([], [])
    assert store.drift.open() == []
    assert [(one.life, one.at) for one in store.drift.history(KEY)] == [
        (Life.NEW, now),
        (Life.RESOLVED, now + HOUR),
    ]


def test_looks_at_other_kinds_and_municipalities_leave_an_item_untouched(
    store: Store, now: datetime
) -> None:
    look(store, [item(now)], now)
    store.drift.observe("rameh", ["domain"], [], now + HOUR)
    store.drift.observe("acre", ["mailbox"], [item(now, slug="acre")], now + HOUR)
    (kept,) = store.drift.open("rameh")
    assert (kept.life, kept.seen) == (Life.NEW, now)


def test_an_accepted_value_is_acknowledged_until_it_differs_again(
    store: Store, now: datetime
) -> None:
    look(store, [item(now)], now)
    until = now + 48 * HOUR
    store.drift.acknowledge(KEY, until=until, reason="agreed", actor="dana", at=now)
    assert look(store, [item(now)], now + HOUR)[0].life is Life.ACKNOWLEDGED
    assert look(store, [item(now, "King")], now + 2 * HOUR)[0].life is Life.NEW
    assert look(store, [item(now, "King")], now + 3 * HOUR)[0].life is Life.PERSISTING
    assert look(store, [item(now)], now + 4 * HOUR)[0].life is Life.ACKNOWLEDGED
    assert look(store, [item(now)], until)[0].life is Life.NEW
    assert [(one.life, one.actor) for one in store.drift.history(KEY)] == [
        (Life.NEW, ""),
        (Life.ACKNOWLEDGED, "dana"),
        (Life.NEW, ""),
        (Life.ACKNOWLEDGED, ""),
        (Life.NEW, ""),
    ]


def test_a_value_can_be_accepted_before_it_is_there(
    store: Store, now: datetime
) -> None:
    look(store, [item(now)], now)
    same = store.drift.acknowledge(
        KEY,
        {"job_title": "King"},
        until=now + 48 * HOUR,
        reason="soon",
        actor="dana",
        at=now,
    )
    assert same.life is Life.NEW
    assert look(store, [item(now, "King")], now + HOUR)[0].life is Life.ACKNOWLEDGED
    word = store.drift.acknowledgement(KEY)
    assert word is not None
    assert (word.accepted, word.reason) == ({"job_title": "King"}, "soon")


def test_only_what_is_open_can_be_acknowledged(store: Store, now: datetime) -> None:
    with pytest.raises(StoreError, match="no open drift"):
        store.drift.acknowledge(KEY, until=now, reason="", actor="dana", at=now)
    assert store.drift.acknowledgement(KEY) is None


def test_who_made_it_so_stays_known_while_the_world_stays_so(
    store: Store, now: datetime
) -> None:
    (current,) = look(store, [item(now)], now)
    known = replace(current, who="dana@galil.example", when=now, activity="Update user")
    store.drift.attribute([known])
    assert store.drift.open() == [known]
    (again,) = look(store, [item(now + HOUR)], now + HOUR)
    assert (again.who, again.when) == ("dana@galil.example", now)
    (other,) = look(store, [item(now, "King")], now + 2 * HOUR)
    assert (other.who, other.when, other.activity) == ("", None, "")
    assert store.drift.open() == [other]


def test_who_is_kept_for_an_item_that_is_open_alone(
    store: Store, now: datetime
) -> None:
    store.drift.attribute([replace(item(now), who="dana@galil.example")])
    assert store.drift.open() == []


def test_what_an_apply_has_settled_is_resolved_at_once(
    store: Store, now: datetime
) -> None:
    other = replace(item(now), name="sami@rameh.example")
    look(store, [item(now), other], now)
    then, far = now + HOUR, {f"rameh/mailbox/{n}": now + HOUR for n in range(20_000)}
    (resolved,) = store.drift.resolve({KEY: then} | far, then)
    assert (resolved.key, resolved.life) == (KEY, Life.RESOLVED)
    assert [one.key for one in store.drift.open()] == [other.key]
    lives = [(one.life, one.at) for one in store.drift.history(KEY)]
    assert lives == [(Life.NEW, now), (Life.RESOLVED, then)]
    assert store.drift.resolve({KEY: then}, then) == []


def test_but_not_what_was_seen_to_differ_again_since(
    store: Store, now: datetime
) -> None:
    (current,) = look(store, [item(now + HOUR)], now + HOUR)
    assert store.drift.resolve({KEY: now}, now + 2 * HOUR) == []
    assert store.drift.open() == [current]
