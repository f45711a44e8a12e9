"""What must change on a host for one resource. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.kind import Differences, LastApplied
from provisioner.model.change import Action, Change, Drift, FieldChange, Finding
from provisioner.model.host_state import File, HostPart, facts, part_of
from provisioner.model.resource import Observation, Observed, Resource
from provisioner.model.three_way import field_changes, overall

BY_ITS_CONDITION = "not here"  # a unit that says itself where it does not run
UNREADABLE = "cannot be read"  # what is in a database that does not run
GONE = "gone"  # a database that we made and that is not there
_LONGEST_DIFF = 200


class SeenPart(Struct, frozen=True):
    """What was found of one resource on its host.

    `facts` by the names of `model.host_state.facts`, None for what is not there; `texts`
    the contents of files that are not as wanted, by path, where they may be shown;
    `undeclared` what is there and nobody wanted, in words by item.
    """

    facts: dict[str, Any]
    texts: dict[str, str] = {}
    undeclared: dict[str, str] = {}


class Differ:
    """Compares the resources of one kind and owner with what was found on their hosts."""

    def __init__(
        self, kind: str, owner: str, seen: Observation[Any], last: LastApplied
    ) -> None:
        self._kind = kind
        self._owner = owner
        self._seen = seen
        self._last = last
        self._changes: list[Change] = []
        self._findings: list[Finding] = []
        self._confirmed: list[str] = []

    def compare(self, desired: Sequence[Resource[Any]]) -> Differences:
        for resource in desired:
            if reason := self._seen.unknown_reason(resource.name):
                self._tell(resource.name, Drift.UNKNOWN, reason)
                continue
            found = self._seen.present[resource.name]
            self._one(resource, found)
            for item, what in sorted(found.spec.undeclared.items()):
                self._tell(f"{resource.name} {item}", Drift.UNMANAGED, what)
        for name, what in sorted(self._seen.left_behind.items()):
            self._tell(name, Drift.UNMANAGED, what)
        return Differences(
            tuple(self._changes), tuple(self._findings), tuple(self._confirmed)
        )

    def _tell(self, name: str, drift: Drift, reason: str) -> None:
        self._findings.append(Finding(self._owner, self._kind, name, drift, reason))

    def _one(self, resource: Resource[Any], found: Observed[Any]) -> None:
        last = self._last.get(resource.key)
        before = None if last is None else part_of(last)
        fields = tuple(compared(resource.spec, found.spec, before))
        if not fields:
            self._confirmed.append(resource.key)
            return
        self._changes.append(
            Change(
                self._owner,
                self._kind,
                resource.name,
                Action.UPDATE,
                overall(fields),
                fields,
                resource.spec,
                found.object_id,
                resource.place,
                writes=len(fields),
                reason=_reason(fields),
            )
        )


def _reason(fields: Sequence[FieldChange]) -> str:
    lost = [one.field for one in fields if one.before == GONE]
    if lost:
        name = lost[0].removeprefix("database ")
        return (
            f"the database {name} is gone: restore it from a backup; an apply makes an"
            f" empty one"
        )
    return f"{len(fields)} field(s) differ"


def compared(
    want: HostPart, seen: SeenPart, before: HostPart | None
) -> Iterator[FieldChange]:
    """One change for each fact that is not as wanted, files with their diff."""
    desired, have = facts(want), dict(seen.facts)
    for name, value in desired.items():
        if have.get(name) == BY_ITS_CONDITION:
            have[name] = value
    last = None if before is None else facts(before)
    files = {file.path: file for file in want.files}
    for one in field_changes(desired, have, last, desired):
        if _told_by_its_whole(one.field, have):
            continue
        if _is_database(one.field) and one.before is None and one.last_applied:
            yield msgspec.structs.replace(one, before=GONE)
            continue
        file = files.get(one.field.removeprefix("file ").removesuffix(" content"))
        if file is not None and one.field == f"file {file.path} content":
            yield msgspec.structs.replace(one, diff=unified(file, seen.texts))
        else:
            yield one
    yield from _left_over(desired, have, last or {})


# The fact that tells whether a thing of several facts is there; the others are None.
_WHOLE = {
    "file": "content",
    "account": "groups",
    "directory": "owner",
    "site": "installed",
}


def _told_by_its_whole(field: str, have: Mapping[str, Any]) -> bool:
    """Of what is not there, or is something else, only that is told."""
    kind, aspect = field.partition(" ")[0], field.rpartition(" ")[2]
    if kind == "database":
        return not _is_database(field) and have.get(field) is None
    return aspect != _WHOLE.get(kind, aspect) and have.get(field) is None


def _is_database(field: str) -> bool:
    """Whether a fact is about a database as a whole: that is named by its name alone."""
    return field.startswith("database ") and field.count(" ") == 1


def _left_over(
    desired: Mapping[str, Any], have: Mapping[str, Any], last: Mapping[str, Any]
) -> Iterator[FieldChange]:
    """Files of ours that nobody wants any more: they go."""
    for name, value in last.items():
        if name in desired or not name.startswith("file "):
            continue
        if name.endswith(" content") and have.get(name) is not None:
            drift = Drift.PENDING if have[name] == value else Drift.CONFLICT
            yield FieldChange(name, have[name], None, value, drift)


def unified(file: File, texts: Mapping[str, str]) -> str:
    """The unified diff from what is there.

    Of a file with secrets that is not shown: the wanted content, secrets by reference.
    """
    now = "now, not shown" if file.secret else "now"
    lines = list(
        difflib.unified_diff(
            texts.get(file.path, "").splitlines(),
            file.content.splitlines(),
            f"{file.path} ({now})",
            f"{file.path} (wanted)",
            lineterm="",
            n=2,
        )
    )
    if len(lines) > _LONGEST_DIFF:
        more = len(lines) - _LONGEST_DIFF
        lines = [*lines[:_LONGEST_DIFF], f"… {more} more lines"]
    return "\n".join(lines)
