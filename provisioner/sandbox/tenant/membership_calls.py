"""`…/members` and `…/owners` of groups and units: list, count, add, remove."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provisioner.sandbox.tenant.call import Answer, Call, Handler
from provisioner.sandbox.tenant.group_licences import failing_members
from provisioner.sandbox.tenant.group_writes import (
    create_group,
    own_grouping,
    seen_grouping,
)
from provisioner.sandbox.tenant.grouping import GROUP, UNIT
from provisioner.sandbox.tenant.membership import (
    Side,
    bindable,
    reference,
    relation_of,
    tie,
    untie,
)
from provisioner.sandbox.tenant.object_lists import (
    count_tied,
    list_references,
    list_tied,
    ordered,
)
from provisioner.sandbox.tenant.objects import Objects
from provisioner.sandbox.tenant.refusal import bad_request

_PATHS = {GROUP: "groups", UNIT: "directory/administrativeUnits"}
_GROUP_TYPE = ("#microsoft.graph.group", "microsoft.graph.group")


def _places(call: Call, kind: str, side: Side) -> tuple[str, Mapping[str, int]]:
    one, reader = seen_grouping(call, kind), call.reader
    places = relation_of(call, side).seen(one.id, reader.now, reader.share)
    return f"{_PATHS[kind]}/{one.id}/{side}", places


def lister(kind: str, side: Side, cast: str = "") -> Handler:
    """The handler that lists one side of a grouping, of one type where `cast` is given."""

    def handle(call: Call) -> Answer:
        return list_tied(call, *_places(call, kind, side), cast)

    return handle


def counter(kind: str, side: Side, cast: str = "") -> Handler:
    def handle(call: Call) -> Answer:
        return count_tied(call, _places(call, kind, side)[1], cast)

    return handle


def referrer(kind: str, side: Side) -> Handler:
    def handle(call: Call) -> Answer:
        return list_references(call, *_places(call, kind, side))

    return handle


def transitive(cast: str = "") -> Handler:
    """The handler that lists members of a group and of the groups in it, each once."""

    def handle(call: Call) -> Answer:
        group = seen_grouping(call, GROUP)
        path = f"groups/{group.id}/transitiveMembers"
        return list_tied(call, path, ordered(_reached(call, group.id)), cast)

    return handle


def count_transitive(call: Call) -> Answer:
    return count_tied(call, ordered(_reached(call, seen_grouping(call, GROUP).id)))


def _reached(call: Call, start: str) -> list[str]:
    """Everything below a group, breadth first; a ring of groups ends where it began."""
    return walk(start, Objects(call.reader).members)


def walk(start: str, following: Callable[[str], Mapping[str, int]]) -> list[str]:
    """All that can be reached from one object, each once, the nearest first."""
    found: dict[str, None] = {}
    waiting = [start]
    for identifier in waiting:
        for one in following(identifier):
            if one not in found and one != start:
                found[one] = None
                waiting.append(one)
    return list(found)


def adder(kind: str, side: Side) -> Handler:
    """The handler of `POST …/$ref`."""

    def handle(call: Call) -> Answer:
        one = own_grouping(call, kind)
        tie(call, one, bindable(call, kind, one.unified, [reference(call)], side), side)
        return Answer(204)

    return handle


def remover(kind: str, side: Side) -> Handler:
    """The handler of `DELETE …/{id}/$ref`."""

    def handle(call: Call) -> Answer:
        untie(call, own_grouping(call, kind), call.params[1].lower(), side)
        return Answer(204)

    return handle


def list_failing(call: Call) -> Answer:
    """Members whom the group could not give its licences."""
    group = seen_grouping(call, GROUP)
    path = f"groups/{group.id}/membersWithLicenseErrors"
    return list_tied(call, path, ordered(failing_members(call.directory, group.id)))


def create_in_unit(call: Call) -> Answer:
    """`POST …/members` with a whole object: a group made inside the unit."""
    unit = own_grouping(call, UNIT)
    if call.document().get("@odata.type") not in _GROUP_TYPE:
        raise bad_request("Only a group can be created in an administrative unit.")
    answer = create_group(call)
    made = answer.headers["Location"].rpartition("/")[2]
    tie(call, unit, [call.directory.groups.items[made]])
    # Among members of several types each says which it is.
    typed = b'{"@odata.type":"#microsoft.graph.group",' + answer.body[1:]
    return Answer(answer.status, typed, answer.headers)
