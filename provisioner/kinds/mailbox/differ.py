"""What must change in one municipality's mailboxes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from provisioner.kind import Differences, LastApplied, Scope
from provisioner.kinds.mailbox.leaver_notes import LeaverNotes
from provisioner.kinds.mailbox.leavers import (
    Leaving,
    as_left,
    brought_about,
    deletion_due,
    handed_over,
    left_before,
    steps_due,
)
from provisioner.kinds.mailbox.planned import (
    deleted,
    departed,
    seats_of,
    updated,
    writes_of,
)
from provisioner.kinds.mailbox.spec import (
    FIELDS,
    SETTINGS_FIELDS,
    MailboxSpec,
    plain,
)
from provisioner.model.change import Action, Change, Drift, FieldChange, Finding
from provisioner.model.municipality import Municipality
from provisioner.model.place import Place
from provisioner.model.resource import Observation, Observed, Resource, key_of
from provisioner.model.three_way import field_changes, overall

# A person who has left keeps licence and settings as they are: nobody answers there.
_OF_LEAVERS = tuple(
    name for name in FIELDS if name not in SETTINGS_FIELDS and name != "licenses"
)


class Differ:
    """Compares one municipality's desired mailboxes with the observed ones."""

    def __init__(
        self,
        scope: Scope,
        municipality: Municipality,
        observed: Observation[Any],
        last_applied: LastApplied,
    ) -> None:
        self._people = LeaverNotes(scope, municipality, observed)
        self._slug = municipality.slug
        self._file = municipality.people_file
        self._observed = observed
        self._last = last_applied
        self.changes: list[Change] = []
        self.findings: list[Finding] = []
        self.confirmed: list[str] = []
        self._used: set[str] = set()

    def differences(self) -> Differences:
        return Differences(
            tuple(self.changes), tuple(self.findings), tuple(self.confirmed)
        )

    def compare(self, desired: Sequence[Resource[Any]]) -> None:
        if everything := self._observed.unknown_reason(""):
            self._unknown("", everything)
            return
        unknown = {one.name: one.reason for one in self._observed.unknown}
        renamed = self._renamed({one.name for one in desired})
        for resource in desired:
            if resource.name in unknown:
                self._used.add(resource.name)
                self._unknown(resource.name, unknown[resource.name])
                continue
            found = self._observed.present.get(resource.name)
            if found is None:
                found = renamed.get(resource.spec.employee_id)
            if found is None:
                self._absent(resource)
            else:
                self._used.add(found.name)
                self._present(resource, found)
        self._others(unknown)

    def _renamed(self, wanted: set[str]) -> dict[str, Observed[Any]]:
        """Mailboxes of ours whose name nobody wants any more, by employee id.

        A person whose address changed keeps the mailbox: the employee id tells.
        """
        return {
            one.spec.employee_id: one
            for name, one in self._observed.present.items()
            if name not in wanted and one.spec.employee_id and one.mark
        }

    def _present(self, resource: Resource[Any], found: Observed[Any]) -> None:
        if not found.mark:
            self._adopt(resource, found)
            return
        spec = resource.spec
        if not spec.enabled:
            self._left(resource, found)
            return
        steps, lines = self._people.to_return(found)
        fields = steps
        if spec != found.spec:
            differing = self._compare(spec, found.spec, self._before(found.name))
            fields = differing + steps
        if fields:
            change = updated(resource, found, fields, spec, overall(fields))
            self.changes.append(msgspec.structs.replace(change, by_hand=lines))
        elif unread := self._people.unread(found.name):
            self._unknown(resource.name, unread)
        elif note := self._people.still_to_undo(found, resource.place):
            self.changes.append(note)
        else:
            self.confirmed.append(resource.key)

    def _left(self, resource: Resource[Any], found: Observed[Any]) -> None:
        """A row that says leaver: switched off, then what the policy asks for."""
        leaving = self._people.leaving(found, resource.spec)
        last = self._before(found.name)
        differing = self._compare(resource.spec, found.spec, last)
        differing += handed_over(leaving, last)
        fields = differing + steps_due(leaving)
        if fields:
            spec = as_left(resource.spec, found.spec, fields, leaving.kept)
            drift = overall(differing or fields)
            change = updated(resource, found, fields, spec, drift)
            self._with_notes(change, leaving, found)
        elif not self._ends(leaving, found, resource.place):
            self.confirmed.append(resource.key)

    def _with_notes(
        self, change: Change, leaving: Leaving, found: Observed[Any]
    ) -> None:
        lines = self._people.lines(leaving, found, change)
        self.changes.append(msgspec.structs.replace(change, by_hand=lines))

    def _ends(self, leaving: Leaving, found: Observed[Any], place: Place) -> bool:
        """Whether something is left for who is switched off already."""
        if leaving.unread:
            self._unknown(found.name, leaving.unread)
        elif deletion_due(leaving):
            self.changes.append(deleted(self._slug, found, place))
        elif note := self._people.still_to_do(leaving, found, place):
            self.changes.append(note)
        else:
            return False
        return True

    def _before(self, name: str) -> Mapping[str, Any] | None:
        return brought_about(self._last.get(key_of(self._slug, "mailbox", name)))

    def _compare(
        self, want: MailboxSpec, have: MailboxSpec, last: Mapping[str, Any] | None
    ) -> tuple[FieldChange, ...]:
        names = FIELDS if want.enabled else _OF_LEAVERS
        return field_changes(plain(want), plain(have), last, names)

    def _absent(self, resource: Resource[Any]) -> None:
        if not resource.spec.enabled:
            return
        gone = self._observed.deleted.get(resource.name)
        have = plain(gone.spec) if gone else {}
        last = self._before(resource.name) if gone else None
        came_back = self._came_back(resource)
        was_ours = resource.key in self._last and not came_back
        fields = field_changes(plain(resource.spec), have, last, FIELDS)
        if gone and resource.spec.licenses:
            fields += self._people.to_return(gone)[0]
        self.changes.append(
            Change(
                self._slug,
                "mailbox",
                resource.name,
                Action.RESTORE if gone else Action.CREATE,
                Drift.MISSING
                if was_ours or (gone and not came_back)
                else Drift.PENDING,
                fields,
                resource.spec,
                gone.object_id if gone else "",
                resource.place,
                seats=dict.fromkeys(resource.spec.licenses, 1),
                writes=3 if resource.spec.licenses else 2,
                reason="deleted, and still in the recycle bin"
                if gone
                else ("deleted for good" if was_ours else "new in the inventory"),
            )
        )

    def _came_back(self, resource: Resource[Any]) -> bool:
        """Whether they had left, as far as we know: then that they are gone is no drift."""
        away = resource.name in self._observed.departures
        return away or left_before(self._last.get(resource.key))

    def _adopt(self, resource: Resource[Any], found: Observed[Any]) -> None:
        fields = self._compare(resource.spec, found.spec, None)
        self.changes.append(
            Change(
                self._slug,
                "mailbox",
                resource.name,
                Action.ADOPT,
                Drift.UNMANAGED,
                fields,
                resource.spec,
                found.object_id,
                resource.place,
                seats=seats_of(fields),
                writes=1 + writes_of(fields),
                reason="exists in the tenant and bears no mark of ours",
            )
        )

    def _others(self, unknown: Mapping[str, str]) -> None:
        """What is there and nobody wants: ours is switched off, the rest is reported."""
        for name, found in sorted(self._observed.present.items()):
            if name in self._used or name in unknown:
                continue
            if found.mark:
                self._leave(found)
            else:
                self._unmanaged(found)

    def _leave(self, found: Observed[Any]) -> None:
        """No row any more: switched off, then what the policy asks for."""
        leaving = self._people.leaving(found, found.spec)
        last = self._last.get(key_of(self._slug, "mailbox", found.name)) or {}
        fields = handed_over(leaving, last) + steps_due(leaving)
        if found.spec.enabled:
            off = FieldChange("enabled", True, False, last.get("enabled"))
            fields = (off, *fields)
        place = Place(self._file)
        if fields:
            spec = as_left(found.spec, found.spec, fields, leaving.kept)
            drift = overall(fields)
            change = departed(self._slug, found, fields, spec, place, drift)
            self._with_notes(change, leaving, found)
        else:
            self._ends(leaving, found, place)

    def _unmanaged(self, found: Observed[Any]) -> None:
        spec = found.spec
        self.findings.append(
            Finding(
                self._slug,
                "mailbox",
                spec.address,
                Drift.UNMANAGED,
                "is in the municipality's domain and nobody declared it",
                found.object_id,
                {"display_name": spec.display_name, "enabled": spec.enabled},
            )
        )

    def _unknown(self, name: str, reason: str) -> None:
        self.findings.append(
            Finding(self._slug, "mailbox", name, Drift.UNKNOWN, reason)
        )


def compare_mailboxes(
    scope: Scope,
    municipality: Municipality,
    desired: Sequence[Resource[Any]],
    observed: Observation[Any],
    last_applied: LastApplied,
) -> Differences:
    """The mailbox changes of one municipality, in the order of the inventory."""
    differ = Differ(scope, municipality, observed, last_applied)
    differ.compare(desired)
    return differ.differences()
