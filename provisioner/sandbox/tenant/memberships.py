"""`memberOf`, `transitiveMemberOf` and the membership questions of users and groups."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from provisioner.sandbox.tenant.call import Answer, Call, Handler
from provisioner.sandbox.tenant.grouping import Grouping
from provisioner.sandbox.tenant.membership_calls import walk
from provisioner.sandbox.tenant.object_lists import count_tied, list_tied, ordered
from provisioner.sandbox.tenant.objects import Objects, Shown
from provisioner.sandbox.tenant.refusal import bad_request, not_found

_MOST_ASKED = 20


def _subject(call: Call) -> Shown:
    """The user or group of the path; users by their name too."""
    key = call.params[0]
    found: Shown | None = None
    if call.template.startswith("/users"):
        found = call.reader.find(key)
    else:
        found = Objects(call.reader).find(key)
    if found is None:
        raise not_found(key)
    return found


def _holders(call: Call, one: Shown, *, all_the_way: bool) -> list[str]:
    objects = Objects(call.reader)
    if not all_the_way:
        return objects.memberships(one.id)
    return walk(one.id, lambda identifier: ordered(objects.memberships(identifier)))


def lister(*, all_the_way: bool, cast: str = "") -> Handler:
    """The handler that lists what the user or group of the path belongs to."""

    def handle(call: Call) -> Answer:
        one = _subject(call)
        root = call.template.split("/")[1]
        name = "transitiveMemberOf" if all_the_way else "memberOf"
        places = ordered(_holders(call, one, all_the_way=all_the_way))
        return list_tied(call, f"{root}/{one.id}/{name}", places, cast)

    return handle


def counter(*, all_the_way: bool, cast: str = "") -> Handler:
    def handle(call: Call) -> Answer:
        ids = _holders(call, _subject(call), all_the_way=all_the_way)
        return count_tied(call, ordered(ids), cast)

    return handle


def _groups(call: Call, ids: Iterable[str], *, security: bool = False) -> list[str]:
    objects = Objects(call.reader)
    found = [one for one in map(objects.find, ids) if isinstance(one, Grouping)]
    return [
        one.id
        for one in found
        if one.kind == "group"
        and (not security or one.properties.get("securityEnabled"))
    ]


def check_groups(call: Call) -> Answer:
    """`checkMemberGroups`: which of the given groups it is in, through others too."""
    asked = call.document().get("groupIds")
    if not isinstance(asked, list) or len(asked) > _MOST_ASKED:
        raise bad_request(
            f"'groupIds' must be a list of at most {_MOST_ASKED} identifiers."
        )
    mine = set(_groups(call, _holders(call, _subject(call), all_the_way=True)))
    return _texts(call, [one for one in asked if str(one).lower() in mine])


def groups_of(call: Call) -> Answer:
    """`getMemberGroups`: all groups it is in, through others too."""
    only = bool(call.document().get("securityEnabledOnly"))
    ids = _holders(call, _subject(call), all_the_way=True)
    return _texts(call, _groups(call, ids, security=only))


def holders_of(call: Call) -> Answer:
    """`getMemberObjects`: groups, units and roles."""
    call.document()
    return _texts(call, _holders(call, _subject(call), all_the_way=True))


def _texts(call: Call, values: list[str]) -> Answer:
    context = call.context("Collection(Edm.String)")
    body = msgspec.json.encode({"@odata.context": context, "value": values})
    return Answer(200, body)
