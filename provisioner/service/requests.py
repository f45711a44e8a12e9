"""The desk: everything that people do with requests, whoever asks and wherever they sit.

    desk = Desk(store, load, inventory, now, nudge=…)

    desk.examine(viewer, municipality, wish)              → (Wish, faults)   nothing is sent
    desk.submit(viewer, municipality, wish, key=…, start=…) → Request
    desk.approve(viewer, id, version, reason="")          → Request   recorded, or why not
    desk.reject(viewer, id, version, reason)              → Request
    desk.withdraw(viewer, id, version, reason="")         → Request
    desk.close(viewer, id, version, reason="")            → Request
    desk.get(viewer, id)                                  → Request
    desk.find(viewer, states=…, municipality=…, before=…, limit=…) → list[Request]
    desk.steps(viewer, id)                                → list[Step]   the time line
    desk.diff(viewer, id)                                 → str   what would be written
    desk.may_approve(viewer, request)                     → bool
    desk.seats(viewer, municipality)                      → tuple[SeatsLeft, …]
    desk.propose(viewer, municipality, given, surname)    → str   an address nobody has
    desk.preview(viewer, municipality, name, data)        → Preview   of a CSV or XLSX file
    desk.hand_over(viewer, id)                            → dict[address, SecretEntry]
    desk.password(viewer, id, address, secrets)           → str   once

`version` is the one the person looked at. Raised are `RequestUnknown` (also for another
municipality's: it is as if it were not there), `RequestStale`, `RequestRefused` (from this
state, or by this person), `RequestInvalid` (with faults), `UploadRefused`, `StoreError`
and `InventoryInvalid` (the inventory itself is broken). What goes on without people is in
`provisioner.service.request_progress`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec

from provisioner.errors import (
    RecordingHeld,
    RequestInvalid,
    RequestRefused,
    RequestStale,
    RequestUnknown,
    SecretUnavailable,
)
from provisioner.inventory.addresses import propose
from provisioner.inventory.upload.preview import read_upload
from provisioner.inventory.write_back.record import (
    drafted,
    is_there,
    judged,
    read_file,
    relative_file,
)
from provisioner.inventory.write_back.wishes import seen
from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality
from provisioner.model.place import Fault, Place
from provisioner.model.request import (
    Act,
    Request,
    State,
    Step,
    WrongStep,
    move,
    new_request_id,
    submitted,
)
from provisioner.model.resource import key_of
from provisioner.model.seats_left import SeatsLeft
from provisioner.model.upload import Preview
from provisioner.model.viewer import EVERYTHING, Scope, Viewer, sees
from provisioner.model.wish import (
    PERSON_FIELDS,
    WEBSITE_FIELDS,
    NewMailboxes,
    NewPerson,
    PersonChange,
    PersonLeaves,
    WebsiteChange,
    Wish,
    resources_of,
    whole,
)
from provisioner.service import request_rules as rules
from provisioner.service.request_progress import Progress, entry_of
from provisioner.store import Store
from provisioner.store.one_time_secrets import OneTimeSecrets
from provisioner.store.secret_entries import SecretEntry, SecretState

_KEY_LIMIT = 200


@dataclass(frozen=True)
class Desk:
    """See the module. `now` is the time in UTC; `nudge` tells a worker of a new run."""

    store: Store
    load: Callable[[], Cluster]
    inventory: Path
    now: Callable[[], datetime]
    nudge: Callable[[], None] = lambda: None

    @property
    def progress(self) -> Progress:
        """What goes on without people, with the same collaborators."""
        return Progress(self.store, self.load, self.inventory, self.now, self.nudge)

    def examine(
        self, viewer: Viewer, municipality: str, wish: Wish
    ) -> tuple[Wish, tuple[Fault, ...]]:
        """The wish as it would be submitted, and every fault; writes nothing.

        Missing addresses are proposed; a person or website is noted as it is now. Faults
        are those of `provisioner check` with the wish in place, and of other requests.
        A budget that is too small is a fault here, though `submit` lets it wait.
        """
        town = self._town(viewer, municipality)
        pending = self._pending(municipality)
        wish = rules.with_addresses(wish, town, [one.wish for one in pending])
        strange = _strange_fields(wish)
        if strange:
            return wish, strange
        data = read_file(self.inventory, wish, municipality)
        try:
            wish = seen(wish, data, town)
            new, faults = drafted(self.inventory, wish, town, data)
        except RecordingHeld as error:
            fault = Fault(Place("request"), error.message, error.remedy, error.cause)
            return wish, (fault,)
        faults += rules.own_faults(wish, town, pending)
        if new == data and not faults:
            what = "The inventory says so already."
            faults += (Fault(Place("request"), what, "Nothing to do.", "no-change"),)
        return wish, faults

    def submit(
        self,
        viewer: Viewer,
        municipality: str,
        wish: Wish,
        *,
        key: str,
        start: date | None = None,
    ) -> Request:
        """Put a request in; the same key of the same person is the same request.

        The policy may approve it at once. Raises `RequestInvalid` with every fault, and
        `RequestRefused` for a key that stands for another wish.
        """
        if not 0 < len(key) <= _KEY_LIMIT:
            raise RequestRefused("A request needs a key of 1 to 200 characters.")
        twin = self.store.requests.of_key(viewer.name, key)
        if twin is not None:
            return self._the_same(twin, viewer, municipality, wish)
        asked = wish
        wish, faults = self.examine(viewer, municipality, wish)
        if faults and {one.code for one in faults} != {"over-budget"}:
            raise RequestInvalid(faults)
        now = self.now()
        request = Request(
            id=new_request_id(now),
            municipality=municipality,
            wish=wish,
            requester=viewer.name,
            submitted=now,
            changed=now,
            key=key,
            mail=viewer.mail,
            language=viewer.language,
            start=start,
        )
        step = submitted(request)
        kept = self.store.requests.submit(request, step, entry_of(request, step))
        if kept.id != request.id:
            return self._the_same(kept, viewer, municipality, asked)
        return request if faults else self._decided_by_policy(request)

    def _the_same(
        self, twin: Request, viewer: Viewer, municipality: str, wish: Wish
    ) -> Request:
        same = twin.municipality == municipality and _alike(twin.wish, wish)
        if not same or not sees(viewer.scope, municipality):
            raise RequestRefused(
                "This key belongs to another request.",
                remedy="Send each new request with a key of its own.",
            )
        return twin

    def _decided_by_policy(self, request: Request) -> Request:
        cluster = self.load()
        town = cluster.municipality(request.municipality)
        others = [
            one.wish
            for one in self._pending(request.municipality)
            if one.id != request.id
        ]
        policy = cluster.requests
        if not rules.approved_by_policy(policy, request.wish, town, others):
            return request
        marked = msgspec.structs.replace(request, automatic=True)
        moved, step = move(marked, Act.APPROVE, rules.POLICY, self.now())
        self.store.requests.save(moved, step, entry_of(moved, step))
        return self.progress.record(request.id)

    def approve(
        self, viewer: Viewer, request_id: str, version: int, reason: str = ""
    ) -> Request:
        """Approve, and write into the inventory at once where that is possible.

        What is in the way is the `reason` of the request that comes back; it is tried
        again by itself. Raises `RequestRefused` for who may not.
        """
        request = self.get(viewer, request_id)
        if not rules.may_approve(self.load(), viewer):
            raise RequestRefused(f"{viewer.name} may not approve requests.")
        if not self.may_approve(viewer, request):
            raise RequestRefused(
                f"It takes two people: {viewer.name} submitted this request.",
                remedy="Let somebody else approve it.",
            )
        self._moved(viewer, request, version, Act.APPROVE, reason)
        return self.progress.record(request_id)

    def may_approve(self, viewer: Viewer, request: Request) -> bool:
        """Whether somebody may decide on this request (whatever its state)."""
        cluster = self.load()
        own = cluster.requests.four_eyes and rules.is_own(request, viewer)
        return rules.may_approve(cluster, viewer) and not own

    def reject(
        self, viewer: Viewer, request_id: str, version: int, reason: str
    ) -> Request:
        """Turn a request down; the reason goes to the requester."""
        request = self.get(viewer, request_id)
        if not rules.may_approve(self.load(), viewer):
            raise RequestRefused(f"{viewer.name} may not reject requests.")
        return self._ended(viewer, request, version, Act.REJECT, reason)

    def withdraw(
        self, viewer: Viewer, request_id: str, version: int, reason: str = ""
    ) -> Request:
        """Take a request back; whoever submitted it, or may approve, until it is recorded."""
        request = self.get(viewer, request_id)
        self._require_hand_in(viewer, request)
        return self._ended(viewer, request, version, Act.WITHDRAW, reason)

    def close(
        self, viewer: Viewer, request_id: str, version: int, reason: str = ""
    ) -> Request:
        """File a request that is ready, or that somebody has dealt with otherwise."""
        request = self.get(viewer, request_id)
        self._require_hand_in(viewer, request)
        return self._moved(viewer, request, version, Act.CLOSE, reason)

    def get(self, viewer: Viewer, request_id: str) -> Request:
        """One request. Raises `RequestUnknown`."""
        found = self.store.requests.get(request_id, viewer.scope)
        if found is None:
            raise RequestUnknown(
                f"There is no request {request_id}.",
                remedy="See: provisioner requests list.",
            )
        return found

    def find(
        self,
        viewer: Viewer,
        *,
        states: Collection[State] = (),
        municipality: str = "",
        before: str = "",
        limit: int = 50,
    ) -> list[Request]:
        """What somebody may see, newest first; `before` is the last id of a page."""
        return self.store.requests.find(
            viewer.scope,
            states=states,
            municipality=municipality,
            before=before,
            limit=limit,
        )

    def steps(self, viewer: Viewer, request_id: str) -> list[Step]:
        """The time line, oldest first. Raises `RequestUnknown`."""
        self.get(viewer, request_id)
        return self.store.requests.steps(request_id, viewer.scope)

    def diff(self, viewer: Viewer, request_id: str) -> str:
        """What approving would write, as a unified diff; "" once it is recorded.

        Raises `RecordingHeld` where it could not be written now.
        """
        request = self.get(viewer, request_id)
        if request.recorded is not None or request.state.is_final:
            return ""
        town = self._town(viewer, request.municipality)
        name = relative_file(request.wish, request.municipality)
        data = read_file(self.inventory, request.wish, request.municipality)
        new, faults = drafted(self.inventory, request.wish, town, data)
        if faults:
            raise judged(faults)
        before, after = (
            one.decode("utf-8").splitlines(keepends=True) for one in (data, new)
        )
        return "".join(difflib.unified_diff(before, after, name, name))

    def seats(self, viewer: Viewer, municipality: str) -> tuple[SeatsLeft, ...]:
        """The budget by licence with what is used and what open requests ask for."""
        town = self._town(viewer, municipality)
        pending = [one.wish for one in self._pending(municipality)]
        return rules.seats_left(town, pending)

    def propose(
        self, viewer: Viewer, municipality: str, given_name: str, surname: str
    ) -> str:
        """An address from names in any script that nobody has and nobody asks for."""
        town = self._town(viewer, municipality)
        pending = [one.wish for one in self._pending(municipality)]
        taken = rules.taken_addresses(town, pending)
        return propose(given_name, surname, town.domain, taken)

    def preview(
        self, viewer: Viewer, municipality: str, name: str, data: bytes
    ) -> Preview:
        """An uploaded list of people as it was understood, with a fault for each cell.

        Raises `UploadRefused` for what is no list of people at all. Nothing is sent:
        whoever looks at it submits `Preview.wish`.
        """
        cluster = self.load()
        town = self._town(viewer, municipality)
        pending = [one.wish for one in self._pending(municipality)]
        taken = rules.taken_addresses(town, pending)
        return read_upload(name, data, cluster, town, taken)

    def hand_over(self, viewer: Viewer, request_id: str) -> dict[str, SecretEntry]:
        """By address, the one-time secret of each new mailbox that has one; not the secret."""
        request = self.get(viewer, request_id)
        found = {}
        for kind, address in self._resources(request):
            key = key_of(request.municipality, kind, address)
            made = self.store.secret_entries.of_resource(key)
            mine = [
                one
                for one in made
                if one.created >= request.submitted
                and one.state is not SecretState.PREPARED
            ]
            if mine:
                found[address] = mine[-1]
        return found

    def password(
        self, viewer: Viewer, request_id: str, address: str, secrets: OneTimeSecrets
    ) -> str:
        """The first password of a new mailbox, once, for who may see its municipality.

        Raises `SecretUnavailable` where it was read, has expired or is not there yet.
        """
        entry = self.hand_over(viewer, request_id).get(address)
        if entry is None:
            raise SecretUnavailable
        secret = secrets.show(entry.id)
        self.store.audit.append(
            viewer.name, "secret.read", entry.id, {"request": request_id}
        )
        return secret

    def _ended(
        self, viewer: Viewer, request: Request, version: int, act: Act, reason: str
    ) -> Request:
        """Reject or withdraw, unless it is being recorded or was a moment ago."""
        if request.state is State.SUBMITTED:
            return self._moved(viewer, request, version, act, reason)
        with self.progress.alone(request.id):
            town = self._town(viewer, request.municipality)
            there = request.is_due and is_there(self.inventory, request.wish, town)
            if not there:
                return self._moved(viewer, request, version, act, reason)
        self.progress.record(request.id)
        raise RequestRefused("The request is in the inventory already.")

    def _moved(
        self, viewer: Viewer, request: Request, version: int, act: Act, reason: str
    ) -> Request:
        if request.version != version:
            raise RequestStale
        try:
            moved, step = move(request, act, viewer.name, self.now(), reason)
        except WrongStep as error:
            raise RequestRefused(str(error)) from error
        self.store.requests.save(moved, step, entry_of(moved, step))
        return moved

    def _require_hand_in(self, viewer: Viewer, request: Request) -> None:
        if not rules.is_own(request, viewer) and not viewer.approves:
            raise RequestRefused(
                f"{viewer.name} has not submitted this request.",
                remedy="Whoever did, or who approves, can do that.",
            )

    def _town(self, viewer: Viewer, municipality: str) -> Municipality:
        known = {one.slug: one for one in self.load().municipalities}
        if not sees(viewer.scope, municipality) or municipality not in known:
            raise RequestUnknown(f"There is no municipality {municipality}.")
        return known[municipality]

    def _pending(self, municipality: str) -> list[Request]:
        """Open requests of a municipality, whoever submitted them."""
        own: Scope = frozenset({municipality})
        return self.store.requests.unrecorded(own)

    def _resources(self, request: Request) -> tuple[tuple[str, str], ...]:
        domain = self.load().municipality(request.municipality).domain
        return resources_of(request.wish, domain)


def _alike(kept: Wish, asked: Wish) -> bool:
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


def _strange_fields(wish: Wish) -> tuple[Fault, ...]:
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


def everything(name: str, *, approves: bool = True, mail: str = "") -> Viewer:
    """Somebody at a terminal of the cluster's IT, who sees every municipality."""
    return Viewer(name, EVERYTHING, mail=mail, language="en", approves=approves)
