"""`/groups/delta`: groups and who is in them, tracked by a token.

Members come as `members@delta`, each with its type; one that left carries `@removed`.
The vendor spreads the members of a large group over several rows, here they are in one.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import msgspec

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.changes import Change
from provisioner.sandbox.tenant.delta import answer_delta, removed, shown_names
from provisioner.sandbox.tenant.group_collection import GROUPS
from provisioner.sandbox.tenant.grouping import Grouping, grouping_value
from provisioner.sandbox.tenant.objects import Objects, kind_of
from provisioner.sandbox.tenant.query import selected
from provisioner.sandbox.tenant.replica import Reader

_MEMBERS = "members"


def groups_delta(call: Call) -> Answer:
    return answer_delta(call, _Groups(call))


class _Groups:
    path = "groups"

    def __init__(self, call: Call) -> None:
        self.call = call
        self.log = call.directory.group_log
        # The slowest replica, as with users.
        self.reader = Reader(call.directory, call.now, 1.0)
        self.objects = Objects(self.reader)

    def names(self, call: Call) -> tuple[str, ...]:
        """By default everything and the members; with `$select` these if it has them."""
        given = call.options.get("select")
        names = selected(given, GROUPS.default, GROUPS)
        wanted = {one.strip().lower() for one in (given or _MEMBERS).split(",")}
        if wanted == {_MEMBERS} and given:
            names = ("id",)
        return (*names, _MEMBERS) if _MEMBERS in wanted else names

    def snapshot(
        self, names: tuple[str, ...], after: int, size: int
    ) -> tuple[list[bytes], int]:
        shelf = self.call.directory.groups
        live = (
            one
            for one in shelf.seen(self.reader.now, self.reader.share)
            if one.deleted is None and one.seq > after
        )
        groups = list(islice(live, size + 1))
        rows = [self._whole(one, names) for one in groups[:size]]
        return rows, groups[size - 1].seq if len(groups) > size else -1

    def changed(self, changes: list[Change], names: tuple[str, ...]) -> bytes:
        identifier = changes[0].id
        shelf = self.call.directory.groups
        group = shelf.version(identifier, self.reader.now, self.reader.share)
        if group is None or group.deleted is not None:
            # Ties of administrative units are in the log, too.
            if all(change.tied for change in changes):
                return b""
            return removed(identifier, for_good=group is None)
        if any("*" in change.names for change in changes):
            return self._whole(group, names)
        plain = tuple(name for name in names if name != _MEMBERS)
        shown, cleared = shown_names(self.call, changes, plain)
        ties = dict.fromkeys(one.tied for one in changes if one.tied)
        if not shown and not (ties and _MEMBERS in names):
            return b""
        row = _properties(group, shown or ("id",), cleared)
        if ties and _MEMBERS in names:
            there = self.objects.members(identifier)
            row["members@delta"] = [self._tie(one, one in there) for one in ties]
        return msgspec.json.encode(row)

    def _whole(self, group: Grouping, names: tuple[str, ...]) -> bytes:
        row = _properties(group, tuple(n for n in names if n != _MEMBERS), ())
        if _MEMBERS in names:
            there = self.objects.members(group.id)
            found = [self._tie(one, True) for one in there if self.objects.find(one)]
            if found:
                row["members@delta"] = found
        return msgspec.json.encode(row)

    def _tie(self, identifier: str, there: bool) -> dict[str, Any]:
        one = self.objects.find(identifier)
        kind = kind_of(one) if one is not None else "user"
        row = {"@odata.type": f"#microsoft.graph.{kind}", "id": identifier}
        if there and one is not None:
            return row
        return {**row, "@removed": {"reason": "deleted"}}


def _properties(
    group: Grouping, names: tuple[str, ...], cleared: tuple[str, ...]
) -> dict[str, Any]:
    row = {}
    for name in (*(one for one in names if one != "id"), "id"):
        value = grouping_value(group, name)
        if name in cleared or value not in (None, [], ()):
            row[name] = value
    return row
