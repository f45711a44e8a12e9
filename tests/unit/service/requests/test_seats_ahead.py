"""Seats in the weeks to come: who is asked for, who gives one back, and when it is short."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from asking import HUDA, ONE, Clock

from provisioner.inventory import load
from provisioner.model.applied import LastAppliedEntry
from provisioner.model.resource import Departure
from provisioner.model.seats_ahead import WEEKS, Move, SeatsAhead, reckon
from provisioner.model.wish import PersonLeaves
from provisioner.service.requests import Desk
from provisioner.service.seats_ahead import seats_ahead
from provisioner.store import Store

TODAY = date(2026, 3, 3)  # a Tuesday; its week began on Sunday, the 1st
LICENSE = "EXCHANGESTANDARD"


def test_weeks_begin_on_sunday_and_what_is_overdue_comes_in_the_first() -> None:
    days = (date(2025, 12, 1), date(2026, 3, 7), date(2026, 3, 8), date(2027, 1, 1))
    moves = [Move("rameh", LICENSE, day, 1) for day in days]
    moves.append(Move("rameh", LICENSE, date(2026, 3, 20), -2))
    found = reckon(LICENSE, 12, 10, moves, TODAY)
    assert [one.first for one in found.weeks[:2]] == [
        date(2026, 3, 1),
        date(2026, 3, 8),
    ]
    assert [one.taken for one in found.weeks[:4]] == [12, 13, 11, 11]
    assert len(found.weeks) == WEEKS
    assert (found.taking, found.freeing) == (3, 2)
    assert found.short == date(2026, 3, 8)


def _of(desk: Desk, root: Path, store: Store, clock: Clock) -> SeatsAhead:
    cluster = load(root)
    town = cluster.municipality("rameh")
    found = seats_ahead(store, cluster, [town], clock())["rameh"]
    return next(one for one in found if one.license == LICENSE)


def test_a_request_takes_its_seat_in_the_week_in_which_it_starts(
    desk: Desk, root: Path, store: Store, clock: Clock
) -> None:
    before = _of(desk, root, store, clock)
    start = clock.at.date() + timedelta(days=21)
    asked = desk.submit(HUDA, "rameh", ONE, key="a", start=start)
    after = _of(desk, root, store, clock)
    assert before.taking == 0
    assert [week.taking for week in after.weeks[:5]] == [0, 0, 0, 1, 0]
    assert after.weeks[-1].taken == before.taken + 1
    desk.withdraw(HUDA, asked.id, asked.version)
    assert _of(desk, root, store, clock).taking == 0


def test_leavers_give_their_seats_back_when_the_rules_say_so(
    desk: Desk, root: Path, store: Store, clock: Clock
) -> None:
    policy = root / "cluster.yml"
    policy.write_text(f"{policy.read_text()}\nleavers: {{free_seat_after_days: 30}}\n")
    before = _of(desk, root, store, clock)
    town = load(root).municipality("rameh")
    leaver = next(
        one for one in town.people if one.license == LICENSE and one.state == "active"
    )
    start = clock.at.date() + timedelta(days=7)
    desk.submit(HUDA, "rameh", PersonLeaves(leaver.address), key="b", start=start)
    # Somebody without a row left ten days ago, and holds a seat of ours.
    key, at = "rameh/mailbox/gone@rameh.example", clock.at - timedelta(days=10)
    spec = msgspec.json.encode({"licenses": [LICENSE]})
    store.last_applied.record([LastAppliedEntry(key, "rameh", "mailbox", spec, "", at)])
    store.sightings.record(
        "departures", {key: msgspec.json.encode(Departure(at))}, datetime.now(UTC)
    )
    after = _of(desk, root, store, clock)
    assert after.taken == before.taken + 1
    assert [week.freeing for week in after.weeks[:7]] == [0, 0, 1, 0, 0, 1, 0]
    assert after.weeks[-1].taken == before.taken - 1


def test_without_a_rule_nobody_gives_a_seat_back(
    desk: Desk, root: Path, store: Store, clock: Clock
) -> None:
    town = load(root).municipality("rameh")
    leaver = next(one for one in town.people if one.state == "active")
    desk.submit(HUDA, "rameh", PersonLeaves(leaver.address), key="c")
    assert _of(desk, root, store, clock).freeing == 0
