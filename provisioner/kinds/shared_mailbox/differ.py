"""What must change of one municipality's shared mailboxes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from provisioner.kind import Differences, LastApplied, Scope
from provisioner.kinds.mailbox.aliases import merged, remembered
from provisioner.kinds.mailbox.spec import plain
from provisioner.kinds.shared_mailbox.commands import by_hand, edit_commands
from provisioner.kinds.shared_mailbox.spec import (
    KIND,
    MEMBER,
    SharedMailboxSpec,
    flat,
    read_mark,
)
from provisioner.model.change import Action, Change, Drift, FieldChange, Finding
from provisioner.model.municipality import Municipality
from provisioner.model.place import Place
from provisioner.model.resource import Observation, Observed, Resource, key_of
from provisioner.model.three_way import field_changes, overall

_UNSEEN = "exchange: off, so it can only be made by hand"
# Without Exchange neither rights nor the reply can be seen, and nothing can be marked.
_ACCOUNT = ("sign_in", "marked")


class Differ:
    """Compares one municipality's desired shared mailboxes with the observed ones."""

    def __init__(
        self,
        municipality: Municipality,
        observed: Observation[Any],
        last_applied: LastApplied,
        *,
        off: bool,
    ) -> None:
        self._home = municipality
        self._observed = observed
        self._last = last_applied
        self._off = off
        self.changes: list[Change] = []
        self.findings: list[Finding] = []
        self.confirmed: list[str] = []

    def compare(self, desired: Sequence[Resource[Any]]) -> None:
        if everything := self._observed.unknown_reason(""):
            self._find("", Drift.UNKNOWN, everything)
            return
        for resource in desired:
            if reason := self._observed.unknown_reason(resource.name):
                self._find(resource.name, Drift.UNKNOWN, reason)
                continue
            found = self._observed.present.get(resource.name)
            if found is None:
                self._absent(resource)
            else:
                self._present(resource, found)
        self._others({one.name for one in desired})

    def _absent(self, resource: Resource[Any]) -> None:
        gone = self._observed.deleted.get(resource.name)
        was_ours = resource.key in self._last
        fields = self._fields(resource.spec, None, None)
        self._change(
            resource,
            Action.RESTORE if gone else Action.CREATE,
            Drift.MISSING if gone or was_ours else Drift.PENDING,
            fields,
            gone.object_id if gone else "",
            "deleted, and still in the recycle bin" if gone else "new in the inventory",
        )

    def _present(
        self, resource: Resource[Any], found: Observed[SharedMailboxSpec]
    ) -> None:
        ours = bool(read_mark(found.mark))
        last = self._last.get(resource.key) if ours else None
        fields = self._fields(resource.spec, found.spec, last)
        if not ours and not self._off:
            reason = "exists in the tenant and bears no mark of ours"
            self._change(
                resource,
                Action.ADOPT,
                Drift.UNMANAGED,
                fields,
                found.object_id,
                reason,
            )
        elif fields:
            reason = f"{len(fields)} field(s) differ"
            self._change(
                resource,
                Action.UPDATE,
                overall(fields),
                fields,
                found.object_id,
                reason,
            )
        elif not self._off:
            self.confirmed.append(resource.key)

    def _fields(
        self, want: SharedMailboxSpec, have: SharedMailboxSpec | None, last: Any
    ) -> tuple[FieldChange, ...]:
        there = have.aliases if have else ()
        aliases = merged(want.aliases, there, last.get("aliases") if last else None)
        desired = flat(plain(msgspec.structs.replace(want, aliases=aliases)))
        observed = flat(plain(have)) if have else {}
        names = [one for one in {**desired, **observed} if not self._passed(one)]
        return field_changes(desired, observed, _memory(last, there, names), names)

    def _passed(self, name: str) -> bool:
        return self._off and name == "marked"

    def _change(
        self,
        resource: Resource[Any],
        action: Action,
        drift: Drift,
        fields: tuple[FieldChange, ...],
        object_id: str,
        reason: str,
    ) -> None:
        change = Change(
            resource.municipality,
            KIND,
            resource.name,
            action,
            drift,
            fields,
            resource.spec,
            object_id,
            resource.place,
            reason=_UNSEEN if self._off else reason,
        )
        self.changes.append(self._weighed(change))

    def _weighed(self, change: Change) -> Change:
        """With the writes it takes, or with what a person types instead."""
        if self._off:
            lines = by_hand(change, self._home.tenant)
            return msgspec.structs.replace(change, by_hand=lines)
        account = any(one.field in _ACCOUNT for one in change.fields)
        makes = change.action in (Action.CREATE, Action.RESTORE)
        adopts = change.action is Action.ADOPT
        writes = makes + (account or adopts) + len(edit_commands(change, change.name))
        return msgspec.structs.replace(change, writes=max(writes, 1))

    def _others(self, wanted: set[str]) -> None:
        """What nobody wants: ours goes out of service, the rest is reported."""
        for name, found in sorted(self._observed.present.items()):
            if name in wanted:
                continue
            if not read_mark(found.mark):
                reason = "is in the municipality's domain and nobody declared it"
                self._find(name, Drift.UNMANAGED, reason, found.object_id)
            elif found.spec.enabled or found.spec.members or found.spec.sign_in:
                self._retire(found)

    def _retire(self, found: Observed[SharedMailboxSpec]) -> None:
        last = self._last.get(key_of(self._home.slug, KIND, found.name))
        out = msgspec.structs.replace(
            found.spec, members={}, enabled=False, sign_in=False
        )
        observed = flat(plain(found.spec))
        names = [one for one in observed if one.startswith(MEMBER)]
        fields = field_changes(
            flat(plain(out)),
            observed,
            flat(last) if last else None,
            ["enabled", "sign_in", *names],
        )
        change = Change(
            self._home.slug,
            KIND,
            found.name,
            Action.UPDATE,
            Drift.PENDING,
            fields,
            None,
            found.object_id,
            Place(self._home.file),
            reason="no longer in the inventory: switched off, not deleted",
        )
        self.changes.append(self._weighed(change))

    def _find(self, name: str, drift: Drift, reason: str, object_id: str = "") -> None:
        finding = Finding(self._home.slug, KIND, name, drift, reason, object_id)
        self.findings.append(finding)


def _memory(
    last: Mapping[str, Any] | None, aliases: Sequence[str], names: Sequence[str]
) -> dict[str, Any] | None:
    """What we last applied, by field; whoever was no member then had no rights."""
    if last is None:
        return None
    members = (one for one in names if one.startswith(MEMBER))
    known = {**dict.fromkeys(members), **flat(last)}
    return known | {"aliases": remembered(known.get("aliases", ()), aliases)}


def compare_shared(
    scope: Scope,
    municipality: Municipality,
    desired: Sequence[Resource[Any]],
    observed: Observation[Any],
    last_applied: LastApplied,
) -> Differences:
    """The changes of one municipality's shared mailboxes, in the inventory's order."""
    off = scope.cluster.tenant(municipality.tenant).exchange == "off"
    differ = Differ(municipality, observed, last_applied, off=off)
    differ.compare(desired)
    return Differences(
        tuple(differ.changes), tuple(differ.findings), tuple(differ.confirmed)
    )
