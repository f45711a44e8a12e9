"""`/directory/deletedItems` of groups and administrative units."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from provisioner.sandbox.tenant.call import Answer, Call, Handler
from provisioner.sandbox.tenant.group_collection import COLLECTIONS
from provisioner.sandbox.tenant.group_writes import shelf_of
from provisioner.sandbox.tenant.grouping import GROUP, UNIT, Grouping, grouping_json
from provisioner.sandbox.tenant.listing import answer_list
from provisioner.sandbox.tenant.query import selected
from provisioner.sandbox.tenant.recording import (
    category_of,
    grouping_target,
    record,
)
from provisioner.sandbox.tenant.refusal import conflict
from provisioner.sandbox.tenant.users import entity

_WORDS = {GROUP: "group", UNIT: "administrative unit"}
_CONTEXTS = {GROUP: "groups", UNIT: "administrativeUnits"}


def _binned(call: Call, kind: str) -> Iterator[Grouping]:
    reader = call.reader
    for one in shelf_of(call.directory, kind).seen(reader.now, reader.share):
        if one.deleted is not None:
            yield one


def lister(kind: str) -> Handler:
    def handle(call: Call) -> Answer:
        return answer_list(
            call,
            COLLECTIONS[kind],
            _binned(call, kind),
            path=f"directory/deletedItems/microsoft.graph.{kind}",
            context=_CONTEXTS[kind],
        )

    return handle


def deleted_grouping(call: Call) -> Grouping | None:
    """The deleted group or unit of the path, None where there is none."""
    key, reader = call.params[0].lower(), call.reader
    for shelf in (call.directory.groups, call.directory.units):
        seen = shelf.version(key, reader.now, reader.share)
        found = shelf.items.get(key)
        if seen is not None and seen.deleted is not None and found is not None:
            return found if found.deleted is not None else None
    return None


def read_grouping(call: Call, one: Grouping) -> Answer:
    described = COLLECTIONS[one.kind]
    names = selected(call.options.get("select"), described.default, described)
    row = grouping_json(one, names)
    return Answer(200, entity(call, "directoryObjects/$entity", row, one.kind))


def purge_grouping(call: Call, one: Grouping) -> Answer:
    lag = call.world.conduct.replication_lag
    shelf_of(call.directory, one.kind).put(one, None, call.now, lag)
    call.directory.untie(one.id, call.now)
    record(
        call,
        f"Hard Delete {_WORDS[one.kind]}",
        grouping_target(one),
        category=category_of(one),
        operation="Delete",
    )
    return Answer(204)


def restore_grouping(call: Call, one: Grouping) -> Answer:
    """Bring it back with its members and owners; refused where its address is taken."""
    for address in one.properties.get("proxyAddresses", ()):
        if call.directory.owner(address.partition(":")[2]) is not None:
            raise conflict("mailNickname")
    new = msgspec.structs.replace(one, deleted=None)
    lag = call.world.conduct.replication_lag
    shelf_of(call.directory, one.kind).put(one, new, call.now, lag)
    record(
        call,
        f"Restore {_WORDS[one.kind]}",
        grouping_target(new),
        category=category_of(new),
    )
    return read_grouping(call, new)
