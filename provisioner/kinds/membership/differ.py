"""What must change of objects with members. Pure; the same for every such kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.kind import Differences, LastApplied
from provisioner.kinds.mailbox.spec import read_mark
from provisioner.kinds.membership.description import describe
from provisioner.kinds.membership.roster import ROSTER_FIELDS, roster_fields
from provisioner.model.change import Action, Change, Drift, FieldChange, Finding
from provisioner.model.resource import Observation, Observed, Resource
from provisioner.model.three_way import field_changes, overall

_TEXTS = ("display_name", "description")


@dataclass(frozen=True)
class Terms:
    """How one kind compares.

    `joins_per_write` is how many members one write adds; `invites` whether a guest
    without an account may be invited; `left_over` says of an object of ours that nobody
    wants any more what a person can do.
    """

    kind: str
    joins_per_write: int
    invites: bool = False
    left_over: str = ""


class Differ:
    """Compares one owner's desired objects with the observed ones."""

    def __init__(
        self, terms: Terms, owner: str, seen: Observation[Any], last: LastApplied
    ) -> None:
        self._terms = terms
        self._owner = owner
        self._seen = seen
        self._last = last
        self._changes: list[Change] = []
        self._findings: list[Finding] = []
        self._confirmed: list[str] = []

    def compare(self, desired: Sequence[Resource[Any]]) -> Differences:
        if everything := self._seen.unknown_reason(""):
            self._tell("", Drift.UNKNOWN, everything)
            return self._differences()
        for resource in desired:
            self._one(resource)
        wanted = {one.name for one in desired}
        for name, found in sorted(self._seen.present.items()):
            if name not in wanted and read_mark(found.mark):
                self._tell(
                    name, Drift.UNMANAGED, self._terms.left_over, found.object_id
                )
        return self._differences()

    def _differences(self) -> Differences:
        return Differences(
            tuple(self._changes), tuple(self._findings), tuple(self._confirmed)
        )

    def _tell(self, name: str, drift: Drift, reason: str, object_id: str = "") -> None:
        self._findings.append(
            Finding(self._owner, self._terms.kind, name, drift, reason, object_id)
        )

    def _one(self, resource: Resource[Any]) -> None:
        if reason := self._seen.unknown_reason(resource.name):
            self._tell(resource.name, Drift.UNKNOWN, reason)
            return
        found = self._seen.present.get(resource.name)
        if found is None:
            self._absent(resource)
        elif read_mark(found.mark) or self._made(resource, found):
            self._ours(resource, found)
        else:
            reason = "exists in the tenant and bears no mark of ours"
            fields = self._fields(resource, found, None)
            self._change(resource, Action.ADOPT, fields, reason, found)

    def _made(self, resource: Resource[Any], found: Observed[Any]) -> bool:
        """Whether it is ours by our own record, though somebody wiped the mark away."""
        return self._last.object_id(resource.key) == found.object_id

    def _absent(self, resource: Resource[Any]) -> None:
        gone = self._seen.deleted.get(resource.name)
        was_ours = resource.key in self._last
        fields = (
            *(FieldChange(name, None, getattr(resource.spec, name)) for name in _TEXTS),
            *_owner_fields(resource.spec, (), None),
            *roster_fields(self._wanted(resource.spec, None), frozenset(), None),
        )
        reason = "deleted for good" if was_ours else "new in the inventory"
        if gone is not None:
            reason = "deleted, and still in the recycle bin"
        action = Action.CREATE if gone is None else Action.RESTORE
        missing = gone is not None or was_ours
        self._change(
            resource,
            action,
            fields,
            reason,
            gone,
            drift=Drift.MISSING if missing else Drift.PENDING,
        )

    def _ours(self, resource: Resource[Any], found: Observed[Any]) -> None:
        last = None if self._same(resource, found) else self._last.get(resource.key)
        fields = self._fields(resource, found, last)
        if not found.mark and not any(one.field == "description" for one in fields):
            fields = (self._mark_wiped(resource), *fields)
        if fields or self._uninvited(resource.spec, found.spec):
            joins, leaves = (
                sum(len(getattr(one, side)) for one in _rosters(fields))
                for side in ("after", "before")
            )
            reason = f"{joins} join, {leaves} leave" if joins or leaves else ""
            self._change(resource, Action.UPDATE, fields, reason, found)
        else:
            self._confirmed.append(resource.key)

    def _mark_wiped(self, resource: Resource[Any]) -> FieldChange:
        """Only our mark was taken out of the description; the text is as it was."""
        text = resource.spec.description
        whole = describe(self._owner, resource.name, text)
        return FieldChange("description", text, whole, whole, Drift.DRIFTED)

    def _same(self, resource: Resource[Any], found: Observed[Any]) -> bool:
        """Equal at a glance: saves decoding what was last applied, thousands of names."""
        want, have = resource.spec, found.spec
        texts = all(getattr(want, name) == getattr(have, name) for name in _TEXTS)
        owners = set(getattr(want, "owners", ())) == set(getattr(have, "owners", ()))
        return texts and owners and self._wanted(want, have) == frozenset(have.members)

    def _fields(
        self,
        resource: Resource[Any],
        found: Observed[Any],
        last: Mapping[str, Any] | None,
    ) -> tuple[FieldChange, ...]:
        want, have = resource.spec, found.spec
        texts = {name: getattr(want, name) for name in _TEXTS}
        known = {name: getattr(have, name) for name in _TEXTS}
        fields = list(field_changes(texts, known, last, _TEXTS))
        members = None
        if last is not None:
            members = frozenset([*last["members"], *last.get("guests", ())])
        return (
            *fields,
            *_owner_fields(want, getattr(have, "owners", ()), last),
            *roster_fields(self._wanted(want, have), frozenset(have.members), members),
        )

    def _wanted(self, want: Any, have: Any) -> frozenset[str]:
        """Members, leavers who are in, and guests but those whom nobody may invite."""
        guests = frozenset(getattr(want, "guests", ()))
        leavers = frozenset(getattr(want, "leavers", ()))
        invited = guests - frozenset(self._uninvited(want, have))
        return (
            frozenset(want.members)
            | invited
            | (leavers & frozenset(have.members if have else ()))
        )

    def _uninvited(self, want: Any, have: Any) -> list[str]:
        if self._terms.invites or not getattr(want, "guests", ()):
            return []
        known = {*have.guests, *have.members} if have else set()
        return [one for one in want.guests if one not in known]

    def _change(
        self,
        resource: Resource[Any],
        action: Action,
        fields: tuple[FieldChange, ...],
        reason: str,
        found: Observed[Any] | None,
        drift: Drift | None = None,
    ) -> None:
        if drift is None:
            drift = Drift.UNMANAGED if action is Action.ADOPT else overall(fields)
        uninvited = self._uninvited(resource.spec, found.spec if found else None)
        self._changes.append(
            Change(
                self._owner,
                self._terms.kind,
                resource.name,
                action,
                drift,
                fields,
                resource.spec,
                found.object_id if found else "",
                resource.place,
                writes=self._writes(action, fields),
                by_hand=tuple(f"invite {one} as a guest" for one in uninvited),
                reason=reason,
            )
        )

    def _writes(self, action: Action, fields: Sequence[FieldChange]) -> int:
        texts = any(one.field in _TEXTS for one in fields)
        writes = int(texts or action is not Action.UPDATE)
        writes += sum(1 for one in fields if one.field == "owners")
        joins = sum(len(one.after) for one in _rosters(fields))
        leaves = sum(len(one.before) for one in _rosters(fields))
        if action is Action.CREATE and self._terms.joins_per_write > 1:
            # A create takes its first members along.
            joins = max(0, joins - self._terms.joins_per_write)
        return writes + -(-joins // self._terms.joins_per_write) + leaves


def _rosters(fields: Sequence[FieldChange]) -> list[FieldChange]:
    return [one for one in fields if one.field in ROSTER_FIELDS]


def _owner_fields(
    want: Any, have: Sequence[str], last: Mapping[str, Any] | None
) -> tuple[FieldChange, ...]:
    """Owners that the inventory names or named; those that others made stay."""
    named = tuple(getattr(want, "owners", ()))
    ours = {*named, *(last or {}).get("owners", ())}
    there = [one for one in have if one in ours]
    if sorted(there) == sorted(named):
        return ()
    return field_changes({"owners": list(named)}, {"owners": there}, last, ("owners",))
