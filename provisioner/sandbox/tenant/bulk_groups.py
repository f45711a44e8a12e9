"""Groups and administrative units in bulk, past the front door: for measuring at size."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.group_writes import shelf_of
from provisioner.sandbox.tenant.grouping import GROUP, UNIT, Grouping


class Seeded(Struct, forbid_unknown_fields=True):
    """One object to seed: what it is, its Graph properties, and who is in it by name."""

    kind: str
    properties: dict[str, Any]
    members: list[str] = []
    owners: list[str] = []


def seed_groupings(directory: Directory, some: Iterable[Seeded], now: float) -> int:
    """Create them with their members and owners; how many came.

    Raises ValueError for another kind, and KeyError for a person who is not there.
    """
    number = 0
    for one in some:
        if one.kind not in (GROUP, UNIT):
            raise ValueError(f"A kind to seed is {GROUP} or {UNIT}, not {one.kind}.")
        new = Grouping(
            one.kind, str(uuid.uuid4()), directory.next_seq(), now, one.properties
        )
        shelf_of(directory, one.kind).put(None, new, now, 0.0)
        for relation, names in (
            (directory.members, one.members),
            (directory.owners, one.owners),
        ):
            for name in names:
                relation.add(new.id, directory.by_name[name.lower()], now, 0.0)
        number += 1
    return number
