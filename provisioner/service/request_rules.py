"""What holds of requests besides the inventory's own rules: seats, addresses, policy. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from provisioner.inventory.addresses import propose
from provisioner.model.cluster import Cluster, RequestPolicy
from provisioner.model.municipality import Municipality
from provisioner.model.place import Fault, Place
from provisioner.model.request import Request
from provisioner.model.seats_left import SeatsLeft
from provisioner.model.viewer import Viewer
from provisioner.model.wish import (
    PERSON_FIELDS,
    WEBSITE_FIELDS,
    NewMailboxes,
    NewPerson,
    PersonChange,
    PersonLeaves,
    WebsiteChange,
    Wish,
    addresses_of,
    sort_of,
    whole,
)

_FORMULA = ("=", "+", "-", "@")
_ZONE = ZoneInfo("Asia/Jerusalem")
_LONGEST_AHEAD = timedelta(days=2 * 365)
POLICY = "policy"
"""Who approves where the policy does."""


def seats_left(town: Municipality, pending: Iterable[Wish]) -> tuple[SeatsLeft, ...]:
    """Each licence of the budget (or asked for without one), by name."""
    used = Counter(one.license for one in town.people if one.state == "active")
    asked: Counter[str] = Counter()
    for wish in pending:
        asked.update(seats_of(wish, town))
    names = sorted({*town.seats, *used, *asked})
    return tuple(
        SeatsLeft(one, town.seats.get(one, 0), used[one], max(0, asked[one]))
        for one in names
    )


def seats_of(wish: Wish, town: Municipality) -> Counter[str]:
    """Seats that a wish takes by licence; one that it gives back counts below zero."""
    if isinstance(wish, NewMailboxes):
        return Counter(one.license for one in wish.people)
    if not isinstance(wish, PersonChange):
        return Counter()
    address = whole(wish.address, town.domain)
    person = next((one for one in town.people if one.address == address), None)
    license_name = wish.fields.get("license") or (person.license if person else "")
    seats: Counter[str] = Counter({license_name: 1})
    if person is not None and person.state == "active":
        seats[person.license] -= 1
    return seats


def taken_addresses(town: Municipality, pending: Iterable[Wish]) -> set[str]:
    """Every address in the municipality's domain that is in use or asked for."""
    taken = {x for one in town.people for x in (one.address, *one.aliases)}
    taken |= {x for one in town.shared_mailboxes for x in (one.address, *one.aliases)}
    for wish in pending:
        taken.update(addresses_of(wish, town.domain))
    return taken


def with_addresses(wish: Wish, town: Municipality, pending: Iterable[Wish]) -> Wish:
    """The wish with an address proposed for each new person who has none."""
    if not isinstance(wish, NewMailboxes):
        return wish
    taken = taken_addresses(town, pending)
    taken.update(
        whole(x.address, town.domain) for x in wish.people if x.address.strip()
    )
    people = []
    for one in wish.people:
        address = one.address.strip()
        if not address:
            address = propose(one.given_name, one.surname, town.domain, taken)
            taken.add(address)
        people.append(_with_address(one, whole(address, town.domain)))
    return NewMailboxes(tuple(people))


def _with_address(person: NewPerson, address: str) -> NewPerson:
    values = {name: getattr(person, name) for name in NewPerson.__struct_fields__}
    return NewPerson(**values | {"address": address})


def own_faults(
    wish: Wish, town: Municipality, pending: Iterable[Request]
) -> tuple[Fault, ...]:
    """What the inventory's check cannot know: other requests, formulas, emptiness."""
    faults = [_formula(number, name) for number, name in _formulas(wish)]
    wanted = {*addresses_of(wish, town.domain)}
    for other in pending:
        for address in sorted(wanted & {*addresses_of(other.wish, town.domain)}):
            what = f"The address {address} is asked for by request {other.id}."
            remedy = "Write another, or withdraw that request."
            faults.append(Fault(Place("request"), what, remedy, "duplicate-address"))
    fields = wish.fields if isinstance(wish, PersonChange | WebsiteChange) else {"": ""}
    if not fields or (isinstance(wish, NewMailboxes) and not wish.people):
        what = "The request asks for nothing."
        faults.append(
            Fault(Place("request"), what, "Fill something in.", "empty-value")
        )
    return tuple(faults)


def start_faults(start: date | None, now: datetime) -> tuple[Fault, ...]:
    """A first day that has been (in Israel), or that nobody can mean."""
    today = now.astimezone(_ZONE).date()
    last = today + _LONGEST_AHEAD
    if start is None or today <= start <= last:
        return ()
    what = f"The first day {start} is over already."
    if start > last:
        what = f"The first day {start} is more than two years ahead."
    remedy = f"Choose a day from {today} to {last}, or leave it empty."
    return (Fault(Place("request"), what, remedy, "wrong-days"),)


def _formulas(wish: Wish) -> Iterable[tuple[int, str]]:
    """Texts that a spreadsheet would compute when somebody exports them."""
    rows: Sequence[dict[str, str]] = ()
    if isinstance(wish, NewMailboxes):
        names = NewPerson.__struct_fields__
        rows = [{name: getattr(one, name) for name in names} for one in wish.people]
    elif isinstance(wish, PersonChange | WebsiteChange):
        rows = [wish.fields]
    for number, row in enumerate(rows, 1):
        for name, value in row.items():
            if value.lstrip().startswith(_FORMULA) and name != "accessibility.phone":
                yield number, name


def _formula(number: int, name: str) -> Fault:
    what = f"{name} begins as a spreadsheet's formula does."
    remedy = "Write it without = + - or @ at its start."
    return Fault(Place("request", number), what, remedy, "formula")


def approved_by_policy(
    policy: RequestPolicy, wish: Wish, town: Municipality, pending: Iterable[Wish]
) -> bool:
    """Whether a request needs no person: its sort, its size, its roles and its seats.

    `pending` are the other open requests of the municipality.
    """
    if sort_of(wish) not in policy.automatic:
        return False
    people: tuple[NewPerson, ...] = ()
    roles: list[str] = []
    if isinstance(wish, NewMailboxes):
        people = wish.people
        roles = [one.role.strip() for one in people]
    elif isinstance(wish, PersonChange):
        roles = [wish.fields.get("role", "").strip()]
    if len(people) > policy.automatic_people:
        return False
    allowed = policy.automatic_roles
    if allowed is not None and any(one and one not in allowed for one in roles):
        return False
    free = {one.license: one.left for one in seats_left(town, pending)}
    needed = seats_of(wish, town)
    return all(
        count <= free.get(name, 0) for name, count in needed.items() if count > 0
    )


def may_approve(cluster: Cluster, viewer: Viewer) -> bool:
    """Whether somebody may decide on requests at all, by their right and the policy."""
    named = cluster.requests.approvers
    return viewer.approves and (
        not named or viewer.mail.lower() in named or viewer.name.lower() in named
    )


def is_own(request: Request, viewer: Viewer) -> bool:
    """Whether somebody submitted a request themselves, however they write their name."""
    names = {_plain(viewer.name), _plain(viewer.mail)} - {""}
    return bool(names & {_plain(request.requester), _plain(request.mail)})


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def alike(kept: Wish, asked: Wish) -> bool:
    """Whether two wishes ask for the same, but for what the desk fills in."""
    if isinstance(kept, NewMailboxes) and isinstance(asked, NewMailboxes):
        same_number = len(kept.people) == len(asked.people)
        return same_number and all(map(_alike_people, kept.people, asked.people))
    changes = PersonChange | PersonLeaves | WebsiteChange
    if isinstance(kept, changes) and isinstance(asked, changes):
        kept, asked = (
            msgspec.structs.replace(one, before={}, **_whole_address(one, kept))
            for one in (kept, asked)
        )
    return kept == asked


def _alike_people(kept: NewPerson, asked: NewPerson) -> bool:
    domain = kept.address.partition("@")[2]
    blank = not asked.address.strip()
    same = blank or whole(asked.address, domain) == kept.address
    return same and msgspec.structs.replace(kept, address=asked.address) == asked


def _whole_address(one: Wish, kept: Wish) -> dict[str, str]:
    if not isinstance(one, PersonChange | PersonLeaves):
        return {}
    kept_address = getattr(kept, "address", "")
    return {"address": whole(one.address, kept_address.partition("@")[2])}


def strange_fields(wish: Wish) -> tuple[Fault, ...]:
    """Names of fields that no request may set."""
    known: tuple[str, ...] = ()
    fields: dict[str, str] = {}
    if isinstance(wish, PersonChange):
        known, fields = (*PERSON_FIELDS, "state"), wish.fields
    elif isinstance(wish, WebsiteChange):
        known, fields = WEBSITE_FIELDS, wish.fields
    faults = [
        Fault(
            Place("request"),
            f"A request cannot set {name!r}.",
            f"It can set: {', '.join(known)}.",
            "unknown-column",
        )
        for name in fields
        if name not in known
    ]
    if fields.get("state", "active") != "active":
        what = "Who leaves is a request of its own."
        faults.append(
            Fault(Place("request"), what, "Submit a leaver.", "unknown-value")
        )
    return tuple(faults)
