"""What people may see of requests, and what they may know before they submit one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from provisioner.errors import RecordingHeld, RequestUnknown, SecretUnavailable
from provisioner.inventory.addresses import propose
from provisioner.inventory.upload.preview import read_upload
from provisioner.inventory.write_back.record import (
    drafted,
    judged,
    read_file,
    relative_file,
)
from provisioner.inventory.write_back.wishes import seen
from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality
from provisioner.model.place import Fault, Place
from provisioner.model.request import Act, Request, State, Step
from provisioner.model.resource import key_of
from provisioner.model.seats_left import SeatsLeft
from provisioner.model.upload import Preview
from provisioner.model.viewer import Scope, Viewer, sees
from provisioner.model.wish import Wish, resources_of
from provisioner.service import request_rules as rules
from provisioner.service.request_verdict import Evidence, verdict_of
from provisioner.store import Store
from provisioner.store.one_time_secrets import OneTimeSecrets
from provisioner.store.secret_entries import SecretEntry, SecretState


@dataclass(frozen=True)
class FrontDesk:
    """The side of the desk at which nothing is changed; see `provisioner.service.requests`.

    `now` is the time in UTC; `nudge` tells a worker of a new run.
    """

    store: Store
    load: Callable[[], Cluster]
    inventory: Path
    now: Callable[[], datetime]
    nudge: Callable[[], None] = lambda: None

    def examine(
        self, viewer: Viewer, municipality: str, wish: Wish, start: date | None = None
    ) -> tuple[Wish, tuple[Fault, ...]]:
        """The wish as it would be submitted, and every fault; writes nothing.

        Missing addresses are proposed; a person or website is noted as it is now. Faults
        are those of `provisioner check` with the wish in place, and of other requests.
        A budget that is too small is a fault here, though `submit` lets it wait.
        """
        town = self.town_of(viewer, municipality)
        pending = self.pending(municipality)
        wish = rules.with_addresses(wish, town, [one.wish for one in pending])
        strange = rules.strange_fields(wish)
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
        faults += rules.start_faults(start, self.now())
        if new == data and not faults:
            what = "The inventory says so already."
            faults += (Fault(Place("request"), what, "Nothing to do.", "no-change"),)
        return wish, faults

    def may_approve(self, viewer: Viewer, request: Request) -> bool:
        """Whether somebody may decide on this request (whatever its state)."""
        cluster = self.load()
        own = cluster.requests.four_eyes and rules.is_own(request, viewer)
        return rules.may_approve(cluster, viewer) and not own

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
        town = self.town_of(viewer, request.municipality)
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
        town = self.town_of(viewer, municipality)
        pending = [one.wish for one in self.pending(municipality)]
        return rules.seats_left(town, pending)

    def propose(
        self, viewer: Viewer, municipality: str, given_name: str, surname: str
    ) -> str:
        """An address from names in any script that nobody has and nobody asks for."""
        town = self.town_of(viewer, municipality)
        pending = [one.wish for one in self.pending(municipality)]
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
        town = self.town_of(viewer, municipality)
        pending = [one.wish for one in self.pending(municipality)]
        taken = rules.taken_addresses(town, pending)
        return read_upload(name, data, cluster, town, taken)

    def hand_over(
        self, viewer: Viewer, request_id: str, *, proven: bool = True
    ) -> dict[str, SecretEntry]:
        """By address, the one-time secret of each new mailbox that has one; not the secret.

        Only of those that were proven to answer: before that, nobody can sign in with it.
        With `proven=False` also of those that were not.
        """
        request = self.get(viewer, request_id)
        waiting = self._first_passwords(request)
        if not proven or request.state is State.READY:
            return waiting
        answering = self._answering(request, waiting)
        return {one: entry for one, entry in waiting.items() if one in answering}

    def _first_passwords(self, request: Request) -> dict[str, SecretEntry]:
        """The newest released secret of each mailbox that a request made, by address."""
        found = {}
        for kind, address in self._resources(request):
            key = key_of(request.municipality, kind, address)
            mine = [
                one
                for one in self.store.secret_entries.of_resource(key)
                if one.created >= request.submitted
                and one.state is not SecretState.PREPARED
            ]
            if mine:
                found[address] = mine[-1]
        return found

    def _answering(
        self, request: Request, waiting: Mapping[str, SecretEntry]
    ) -> set[str]:
        """Whose mailbox was proven to answer: of a list, one can be ahead of the others."""
        since = {one.key: (address, one.created) for address, one in waiting.items()}
        found = {
            since[one.key][0]
            for one in self.store.outcomes.proofs_of_resources(since)
            if one.proven and one.at >= since[one.key][1]
        }
        run = self.store.runs.get(request.run) if request.run else None
        if run is None or len(found) == len(waiting):
            return found
        # Who was as wanted already was not made, and has no proof of a making.
        evidence = Evidence.of(self.store, run)
        for kind, address in self._resources(request):
            verdict = verdict_of(request, ((kind, address),), evidence)
            if verdict is not None and verdict.act is Act.READY:
                found.add(address)
        return found

    def password(
        self, viewer: Viewer, request_id: str, address: str, secrets: OneTimeSecrets
    ) -> str:
        """The first password of a new mailbox, once, for who may see its municipality.

        Raises `SecretUnavailable` where it was read, has expired or is not there yet, and
        while the mailbox was not proven to answer.
        """
        entry = self.hand_over(viewer, request_id).get(address)
        if entry is None:
            raise SecretUnavailable
        secret = secrets.show(entry.id)
        self.store.audit.append(
            viewer.name, "secret.read", entry.id, {"request": request_id}
        )
        return secret

    def town_of(self, viewer: Viewer, municipality: str) -> Municipality:
        """A municipality that somebody may see. Raises `RequestUnknown`."""
        known = {one.slug: one for one in self.load().municipalities}
        if not sees(viewer.scope, municipality) or municipality not in known:
            raise RequestUnknown(f"There is no municipality {municipality}.")
        return known[municipality]

    def pending(self, municipality: str) -> list[Request]:
        """Open requests of a municipality, whoever submitted them."""
        own: Scope = frozenset({municipality})
        return self.store.requests.unrecorded(own)

    def _resources(self, request: Request) -> tuple[tuple[str, str], ...]:
        domain = self.load().municipality(request.municipality).domain
        return resources_of(request.wish, domain)
