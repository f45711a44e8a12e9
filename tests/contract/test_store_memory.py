"""What was last applied, and what was last seen."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from provisioner.model.applied import LastAppliedEntry
from provisioner.store import Store


def entry(municipality: str, name: str, spec: bytes, at: datetime) -> LastAppliedEntry:
    key = f"{municipality}/mailbox/{name}"
    return LastAppliedEntry(key, municipality, "mailbox", spec, f"id of {name}", at)


def test_what_was_recorded_is_decoded_when_it_is_asked_for(
    store: Store, now: datetime
) -> None:
    spec = '{"display_name":"נור ח\'ורי","aliases":[]}'.encode()
    store.last_applied.record([entry("rameh", "nur", spec, now)])
    found = store.last_applied.read("rameh")
    key = "rameh/mailbox/nur"
    assert key in found
    assert found.get(key) == {"display_name": "נור ח'ורי", "aliases": []}
    assert found.spec_json(key) == spec
    assert found.object_id(key) == "id of nur"


def test_what_was_never_recorded_is_none(store: Store) -> None:
    found = store.last_applied.read("rameh")
    assert len(found) == 0
    assert found.get("rameh/mailbox/nobody") is None
    assert found.spec_json("rameh/mailbox/nobody") is None
    assert found.object_id("rameh/mailbox/nobody") == ""
    with pytest.raises(KeyError):
        found["rameh/mailbox/nobody"]


def test_municipalities_are_read_together_and_kept_apart(
    store: Store, now: datetime
) -> None:
    store.last_applied.record(
        entry(slug, f"{slug}{n}", b"{}", now)
        for slug in ("rameh", "acre", "haifa")
        for n in range(3)
    )
    found = store.last_applied.read_many(["rameh", "acre", "empty"])
    assert {slug: len(some) for slug, some in found.items()} == {
        "rameh": 3,
        "acre": 3,
        "empty": 0,
    }
    assert list(found["acre"]) == [f"acre/mailbox/acre{n}" for n in range(3)]
    assert store.last_applied.counts()["haifa", "mailbox"] == 3


def test_a_later_record_replaces_and_forgetting_removes(
    store: Store, now: datetime
) -> None:
    store.last_applied.record([entry("rameh", n, b'{"a":1}', now) for n in "xyz"])
    store.last_applied.record([entry("rameh", "x", b'{"a":2}', now)])
    store.last_applied.forget(["rameh/mailbox/y", "rameh/mailbox/unknown"])
    found = store.last_applied.read("rameh")
    assert {key[-1]: dict(spec) for key, spec in found.items()} == {
        "x": {"a": 2},
        "z": {"a": 1},
    }


def test_nothing_to_record_is_no_write(store: Store, now: datetime) -> None:
    with store.database.write():  # a second writer would have to wait here
        store.last_applied.record([])
        store.last_applied.forget([])
        store.sightings.record("settings", {}, now)
        store.sightings.forget("settings", [])
        store.outcomes.append("run", [], [])


def test_sightings_are_kept_by_aspect(store: Store, now: datetime) -> None:
    store.sightings.record("settings", {"a": b"1", "b": b"2"}, now)
    store.sightings.record("rules", {"a": b"3"}, now)
    store.sightings.record("settings", {"a": b"4"}, now)
    assert store.sightings.read("settings") == {"a": b"4", "b": b"2"}
    store.sightings.forget("settings", ["a"])
    assert store.sightings.read("settings") == {"b": b"2"}
    assert store.sightings.read("rules") == {"a": b"3"}


def test_the_oldest_are_those_never_seen_and_then_those_seen_longest_ago(
    store: Store, now: datetime
) -> None:
    for age, key in ((1, "young"), (3, "old"), (2, "middle")):
        store.sightings.record("settings", {key: b"{}"}, now - timedelta(hours=age))
    keys = ["young", "middle", "old", "never", "never too"]
    assert store.sightings.oldest("settings", keys, 3) == ["never", "never too", "old"]
    assert store.sightings.oldest("settings", ["young", "old"], 9) == ["old", "young"]
    assert store.sightings.oldest("settings", keys, 0) == []


def test_more_keys_than_a_statement_takes_are_forgotten_too(
    store: Store, now: datetime
) -> None:
    keys = [f"key{n}" for n in range(1201)]
    store.sightings.record("settings", dict.fromkeys(keys, b"{}"), now)
    store.sightings.forget("settings", keys[1:])
    assert store.sightings.read("settings") == {"key0": b"{}"}


def test_entries_are_read_by_key_with_their_time(store: Store, now: datetime) -> None:
    written = [entry("rameh", f"p{n}", b"{}", now) for n in range(3)]
    store.last_applied.record(written)
    keys = [one.key for one in written[:2]]
    found = store.last_applied.entries([*keys, "rameh/mailbox/nobody"])
    assert found == {one.key: one for one in written[:2]}


def test_a_municipality_is_known_since_its_oldest_entry(
    store: Store, now: datetime
) -> None:
    later = now + timedelta(days=3)
    store.last_applied.record(
        [entry("rameh", "a", b"{}", later), entry("rameh", "b", b"{}", now)]
    )
    assert store.last_applied.known_since() == {"rameh": now}
