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
state, or by this person), `RequestInvalid` (with faults), `RecordingHeld` (by `diff`, and
where another recording takes long), `UploadRefused`, `SecretUnavailable`, `StoreError`
and `InventoryInvalid` (the inventory itself is broken). What goes on without people is in
`provisioner.service.request_progress`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import msgspec

from provisioner.errors import RequestInvalid, RequestRefused, RequestStale
from provisioner.inventory.write_back.record import is_there
from provisioner.model.request import (
    Act,
    Request,
    State,
    WrongStep,
    move,
    new_request_id,
    submitted,
)
from provisioner.model.viewer import EVERYTHING, Viewer, sees
from provisioner.model.wish import Wish
from provisioner.service import request_rules as rules
from provisioner.service.front_desk import FrontDesk
from provisioner.service.request_progress import Progress, entry_of

_KEY_LIMIT = 200


@dataclass(frozen=True)
class Desk(FrontDesk):
    """See the module."""

    @property
    def progress(self) -> Progress:
        """What goes on without people, with the same collaborators."""
        return Progress(self.store, self.load, self.inventory, self.now, self.nudge)

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
        wish, faults = self.examine(viewer, municipality, wish, start)
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
        same = twin.municipality == municipality and rules.alike(twin.wish, wish)
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
            for one in self.pending(request.municipality)
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

    def _ended(
        self, viewer: Viewer, request: Request, version: int, act: Act, reason: str
    ) -> Request:
        """Reject or withdraw, unless it is being recorded or was a moment ago."""
        if request.state is State.SUBMITTED:
            return self._moved(viewer, request, version, act, reason)
        with self.progress.alone(request.id):
            town = self.town_of(viewer, request.municipality)
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


def everything(name: str, *, approves: bool = True, mail: str = "") -> Viewer:
    """Somebody at a terminal of the cluster's IT, who sees every municipality."""
    return Viewer(name, EVERYTHING, mail=mail, language="en", approves=approves)
