"""Create, change and delete groups and administrative units."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from provisioner.sandbox.tenant.call import Answer, Call, reply
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.group_validation import (
    read_grouping,
    refuse_fixed,
    require_group,
    require_unit,
)
from provisioner.sandbox.tenant.grouping import (
    DEFAULTS,
    GROUP,
    UNIFIED,
    UNIT,
    Grouping,
    grouping_row,
    grouping_value,
)
from provisioner.sandbox.tenant.membership import bindable, bound, tie
from provisioner.sandbox.tenant.recording import (
    category_of,
    grouping_changes,
    grouping_target,
    record,
)
from provisioner.sandbox.tenant.refusal import bad_request, conflict, not_found
from provisioner.sandbox.tenant.shelf import Shelf

_WORDS = {GROUP: "group", UNIT: "administrative unit"}
_PATHS = {GROUP: "groups", UNIT: "directory/administrativeUnits"}


def shelf_of(directory: Directory, kind: str) -> Shelf:
    return directory.groups if kind == GROUP else directory.units


def seen_grouping(call: Call, kind: str) -> Grouping:
    """The live grouping of the path as a replica shows it; refuses with 404."""
    reader, key = call.reader, call.params[0]
    shelf = shelf_of(call.directory, kind)
    found = shelf.version(key.lower(), reader.now, reader.share)
    if found is None or found.deleted is not None:
        raise not_found(key)
    return found


def own_grouping(call: Call, kind: str) -> Grouping:
    """The newest version of what a replica showed, for writing."""
    found = shelf_of(call.directory, kind).current(seen_grouping(call, kind).id)
    if found is None:
        raise not_found(call.params[0])
    return found


def create_group(call: Call) -> Answer:
    """A security or a Microsoft 365 group, with up to twenty members and owners."""
    body = call.document()
    given = read_grouping(GROUP, body)
    require_group(given)
    unified = UNIFIED in (given.get("groupTypes") or ())
    members = bindable(call, GROUP, unified, bound(body, "members"), "members")
    owners = bindable(call, GROUP, unified, bound(body, "owners"), "owners")
    if unified:
        given = {"visibility": "Public", **given, **_address(call, given)}
    group = _created(call, GROUP, given)
    tie(call, group, owners, "owners")
    tie(call, group, members, "members")
    return _told(call, group)


def create_unit(call: Call) -> Answer:
    given = read_grouping(UNIT, call.document())
    require_unit(given)
    return _told(call, _created(call, UNIT, given))


def _address(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Mail of a Microsoft 365 group; refuses a nickname that is taken."""
    directory = call.directory
    domain = next(one.id for one in directory.domains.values() if one.default)
    mail = f"{given['mailNickname']}@{domain}"
    if directory.owner(mail) is not None:
        raise conflict("mailNickname")
    return {"mail": mail, "proxyAddresses": [f"SMTP:{mail}"]}


def _created(call: Call, kind: str, given: dict[str, Any]) -> Grouping:
    properties = {name: value for name, value in given.items() if value is not None}
    directory = call.directory
    new = Grouping(kind, str(uuid.uuid4()), directory.next_seq(), call.now, properties)
    lag = call.world.conduct.replication_lag
    shelf_of(directory, kind).put(None, new, call.now, lag)
    record(
        call,
        f"Add {_WORDS[kind]}",
        grouping_target(new, grouping_changes(None, new, properties)),
        category=category_of(new),
        operation="Add",
    )
    return new


def _told(call: Call, new: Grouping) -> Answer:
    row = grouping_row(new, DEFAULTS[new.kind])
    path = _PATHS[new.kind]
    answer = reply(call, f"{path}/$entity", row, 201)
    answer.headers["Location"] = f"{call.origin}/v1.0/{path}/{new.id}"
    return answer


def change_group(call: Call) -> Answer:
    """Changed properties, and up to twenty further members at a time."""
    group, body = own_grouping(call, GROUP), call.document()
    given = read_grouping(GROUP, body)
    refuse_fixed(group, given)
    nickname = str(given.get("mailNickname") or group.properties["mailNickname"])
    if group.unified and nickname != group.properties["mailNickname"]:
        _address(call, {"mailNickname": nickname})
    ids = bound(body, "members")
    if ids and given:
        # The vendor: members are bound alone, apart from other properties.
        raise bad_request("Members cannot be changed together with other properties.")
    if ids:
        tie(call, group, bindable(call, GROUP, group.unified, ids, "members"))
    _changed(call, group, given)
    return Answer(204)


def change_unit(call: Call) -> Answer:
    unit = own_grouping(call, UNIT)
    given = read_grouping(UNIT, call.document())
    refuse_fixed(unit, given)
    _changed(call, unit, given)
    return Answer(204)


def _changed(call: Call, old: Grouping, given: dict[str, Any]) -> None:
    properties = {**old.properties, **given}
    properties = {
        name: value for name, value in properties.items() if value is not None
    }
    new = msgspec.structs.replace(old, properties=properties)
    names = {n for n in given if grouping_value(old, n) != grouping_value(new, n)}
    if not names:
        return
    lag = call.world.conduct.replication_lag
    shelf_of(call.directory, old.kind).put(old, new, call.now, lag)
    record(
        call,
        f"Update {_WORDS[old.kind]}",
        grouping_target(new, grouping_changes(old, new, names)),
        category=category_of(new),
    )


def delete_group(call: Call) -> Answer:
    """A Microsoft 365 group goes into the recycle bin, a security group for good."""
    group = own_grouping(call, GROUP)
    if group.licences:
        raise bad_request(
            "The group cannot be deleted because it has licenses assigned to it."
        )
    lag = call.world.conduct.replication_lag
    if group.unified:
        binned = msgspec.structs.replace(group, deleted=call.now)
        call.directory.groups.put(group, binned, call.now, lag)
    else:
        call.directory.groups.put(group, None, call.now, lag)
        call.directory.untie(group.id, call.now)
    _record_end(call, group)
    return Answer(204)


def delete_unit(call: Call) -> Answer:
    """A unit goes into the recycle bin; its people and their roles stay what they are."""
    unit = own_grouping(call, UNIT)
    binned = msgspec.structs.replace(unit, deleted=call.now)
    lag = call.world.conduct.replication_lag
    call.directory.units.put(unit, binned, call.now, lag)
    _record_end(call, unit)
    return Answer(204)


def _record_end(call: Call, one: Grouping) -> None:
    record(
        call,
        f"Delete {_WORDS[one.kind]}",
        grouping_target(one),
        category=category_of(one),
        operation="Delete",
    )
