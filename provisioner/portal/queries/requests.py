"""Requests as the pages show them: the list, one with its time line, what it asks for."""

from __future__ import annotations

from msgspec import Struct

from provisioner.errors import RecordingHeld
from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality, Names
from provisioner.model.request import Act, Request, State, Step, WaitsFor, acts
from provisioner.model.viewer import Viewer as Asker
from provisioner.model.wish import (
    PERSON_FIELDS,
    NewMailboxes,
    NewPerson,
    NewSharedMailbox,
    PersonChange,
    PersonLeaves,
    Wish,
)
from provisioner.portal.viewer import May, Viewer
from provisioner.service.requests import Desk
from provisioner.store.secret_entries import SecretEntry

PAGE = 50
_NO_DIFF = (State.REJECTED, State.WITHDRAWN, State.CLOSED)


class RequestList(Struct, frozen=True):
    """Requests, newest first, and how many are in each state; `after` as in `RunList`."""

    requests: tuple[Request, ...]
    counts: dict[State, int]
    after: str


def listed(
    desk: Desk,
    asker: Asker,
    state: str,
    municipality: str,
    before: str,
    limit: int = PAGE,
) -> RequestList:
    """A page of what somebody may see."""
    states = [one for one in State if one.value == state]
    found = desk.find(
        asker,
        states=states,
        municipality=municipality,
        before=before,
        limit=limit + 1,
    )
    counts = desk.store.requests.count(asker.scope)
    after = found[limit - 1].id if len(found) > limit else ""
    return RequestList(tuple(found[:limit]), counts, after)


class RequestStory(Struct, frozen=True):
    """One request with its time line, what approving would write, and what may be done.

    `approval` is the run whose plan waits for a second person, for who may look at it.
    """

    request: Request
    steps: tuple[Step, ...]
    diff: str
    in_the_way: str
    secrets: dict[str, SecretEntry]
    may: frozenset[Act]
    approval: str = ""


def story(desk: Desk, asker: Asker, viewer: Viewer, request_id: str) -> RequestStory:
    """A request by its id. Raises `RequestUnknown`."""
    request = desk.get(asker, request_id)
    diff = in_the_way = ""
    if asker.approves and request.recorded is None and request.state not in _NO_DIFF:
        try:
            diff = desk.diff(asker, request_id)
        except RecordingHeld as error:
            in_the_way = str(error)
    own = viewer.acts_for(request.municipality)
    return RequestStory(
        request,
        tuple(desk.steps(asker, request_id)),
        diff,
        in_the_way,
        desk.hand_over(asker, request_id) if own else {},
        _allowed(desk, asker, viewer, request),
        _approval(desk, viewer, request),
    )


def _approval(desk: Desk, viewer: Viewer, request: Request) -> str:
    """The run whose plan must be approved before it goes on; "" where that is not so."""
    if request.waits_for is not WaitsFor.SECOND_PERSON or not viewer.may(May.RUNS):
        return ""
    found = desk.store.approvals.get(request.run)
    return found.run_id if found is not None and not found.decided else ""


def _allowed(
    desk: Desk, asker: Asker, viewer: Viewer, request: Request
) -> frozenset[Act]:
    """What the viewer may do to it as it stands."""
    found = acts(request)
    may = set()
    if asker.approves and desk.may_approve(asker, request):
        may |= {Act.APPROVE, Act.REJECT}
    mine = request.requester.casefold() == viewer.address.casefold()
    if mine or asker.approves:
        may |= {Act.WITHDRAW, Act.CLOSE}
    return found & frozenset(may)


def towns_to_ask_for(cluster: Cluster, viewer: Viewer) -> list[Municipality]:
    """The municipalities for which somebody may ask."""
    return [one for one in cluster.municipalities if viewer.acts_for(one.slug)]


class Shown(Struct, frozen=True):
    """One thing a request asks for, as label and text."""

    name: str
    value: str


def contents(wish: Wish) -> list[list[Shown]]:
    """What a wish asks for: a list of fields for each thing."""
    if isinstance(wish, NewMailboxes):
        return [_filled(one) for one in wish.people]
    if isinstance(wish, NewSharedMailbox):
        return [
            [
                Shown("address", wish.address),
                Shown("display_name", " · ".join(_in_all(wish.names))),
                Shown("members", ", ".join(wish.members)),
                Shown("aliases", ", ".join(wish.aliases)),
            ]
        ]
    if isinstance(wish, PersonLeaves):
        return [[Shown("address", wish.address)]]
    if isinstance(wish, PersonChange):
        fields = [Shown(name, value) for name, value in wish.fields.items()]
        return [[Shown("address", wish.address), *fields]]
    labels = {"language": "site_language"}
    fields = [Shown(labels.get(name, name), x) for name, x in wish.fields.items()]
    return [[Shown("website", wish.website), *fields]]


def _in_all(names: Names) -> tuple[str, ...]:
    return names.he, names.ar, names.en


def _filled(person: NewPerson) -> list[Shown]:
    pairs = ((name, getattr(person, name)) for name in PERSON_FIELDS)
    return [Shown(name, value) for name, value in pairs if value]
