"""What is known of seats to come: open requests, and leavers who still hold one.

Read from the inventory and the store; no tenant is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality
from provisioner.model.request import Request
from provisioner.model.resource import Departure, key_of
from provisioner.model.seats_ahead import Move, SeatsAhead, reckon
from provisioner.model.wish import PersonLeaves, whole
from provisioner.service.request_rules import seats_of
from provisioner.store import Store

_KIND = "mailbox"


class Held(Struct, frozen=True, gc=False):
    """A seat that a leaver still holds; it becomes free on `until`, None is never."""

    municipality: str
    license: str
    until: date | None


def seats_ahead(
    store: Store, cluster: Cluster, towns: Sequence[Municipality], now: datetime
) -> dict[str, tuple[SeatsAhead, ...]]:
    """Each licence of these municipalities by slug; `now` is in UTC.

    Taken are the seats of active people and of leavers to whom we gave one and have not
    taken it. A leaver's becomes free when the policy of the cluster says so.
    """
    today = now.astimezone(ZoneInfo(cluster.calendar.time_zone)).date()
    by_slug = {one.slug: one for one in towns}
    moves = [
        move
        for request in store.requests.unrecorded(frozenset(by_slug))
        for move in _asked(request, by_slug[request.municipality], cluster, today)
    ]
    held = list(_held(store, by_slug, cluster, today))
    moves += [
        Move(one.municipality, one.license, one.until, -1) for one in held if one.until
    ]
    return {one.slug: _of(one, held, moves, today) for one in towns}


def _of(
    town: Municipality, held: Iterable[Held], moves: Iterable[Move], today: date
) -> tuple[SeatsAhead, ...]:
    mine = [one for one in moves if one.municipality == town.slug]
    taken = Counter(one.license for one in town.people if one.state == "active")
    taken.update(one.license for one in held if one.municipality == town.slug)
    names = sorted({*town.seats, *taken, *(one.license for one in mine)} - {""})
    return tuple(
        reckon(
            name,
            town.seats.get(name, 0),
            taken[name],
            [one for one in mine if one.license == name],
            today,
        )
        for name in names
    )


def _asked(
    request: Request, town: Municipality, cluster: Cluster, today: date
) -> Iterator[Move]:
    """What a request that is not in the inventory yet will take or give back."""
    day, wish = request.start or today, request.wish
    if not isinstance(wish, PersonLeaves):
        for name, count in seats_of(wish, town).items():
            yield Move(town.slug, name, day, count)
        return
    after = cluster.leavers.free_seat_after_days
    address = whole(wish.address, town.domain)
    for one in town.people:
        if after is not None and one.address == address and one.state == "active":
            yield Move(town.slug, one.license, day + timedelta(days=after), -1)


def _held(
    store: Store, towns: dict[str, Municipality], cluster: Cluster, today: date
) -> Iterator[Held]:
    """The seats of leavers, by what we last gave them and did not take away."""
    zone = ZoneInfo(cluster.calendar.time_zone)
    days = cluster.leavers.free_seat_after_days
    since = _departures(store, towns)
    for key, entry in store.last_applied.entries(since).items():
        left = since[key]
        day = left.astimezone(zone).date() if left else today
        until = None if days is None else day + timedelta(days=days)
        for name in msgspec.json.decode(entry.spec_json).get("licenses", ()):
            yield Held(entry.municipality, name, until)


def _departures(
    store: Store, towns: dict[str, Municipality]
) -> dict[str, datetime | None]:
    """Keys of those who left, with since when; None where no run has seen it yet."""
    gone: dict[str, dict[str, datetime | None]] = {slug: {} for slug in towns}
    for key, body in store.sightings.read("departures").items():
        slug, _, name = key.split("/", 2)
        if slug in gone:
            gone[slug][name] = msgspec.json.decode(body, type=Departure).since
    for slug, town in towns.items():
        for one in town.people:
            if one.state == "active":
                gone[slug].pop(one.address, None)
            else:
                gone[slug].setdefault(one.address, None)
    return {
        key_of(slug, _KIND, name): since
        for slug, some in gone.items()
        for name, since in some.items()
    }
