"""`/groups` and `/directory/administrativeUnits`: list, count, read and `$expand`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call, Handler
from provisioner.sandbox.tenant.collection import Collection, Expandable
from provisioner.sandbox.tenant.expansion import (
    MOST_EXPANDED,
    expansions_of,
    with_expansions,
)
from provisioner.sandbox.tenant.group_collection import COLLECTIONS, GROUPS, UNITS
from provisioner.sandbox.tenant.group_writes import seen_grouping, shelf_of
from provisioner.sandbox.tenant.grouping import GROUP, UNIT, Grouping
from provisioner.sandbox.tenant.listing import answer_count, answer_list, context_of
from provisioner.sandbox.tenant.membership import Side, relation_of
from provisioner.sandbox.tenant.objects import Objects, Rows, selected_any
from provisioner.sandbox.tenant.query import refuse_unknown_options, selected
from provisioner.sandbox.tenant.user_collection import USERS
from provisioner.sandbox.tenant.users import entity

_PATHS = {GROUP: "groups", UNIT: "directory/administrativeUnits"}


def live(call: Call, kind: str) -> Iterator[Grouping]:
    """Groups or units that are not deleted, as a replica shows them."""
    reader = call.reader
    for one in shelf_of(call.directory, kind).seen(reader.now, reader.share):
        if one.deleted is None:
            yield one


def lister(kind: str) -> Handler:
    def handle(call: Call) -> Answer:
        return answer_list(call, COLLECTIONS[kind], live(call, kind), path=_PATHS[kind])

    return handle


def counter(kind: str) -> Handler:
    def handle(call: Call) -> Answer:
        return answer_count(call, COLLECTIONS[kind], live(call, kind))

    return handle


def reader(kind: str) -> Handler:
    """The handler that reads one group or unit."""
    described: Collection = COLLECTIONS[kind]

    def handle(call: Call) -> Answer:
        refuse_unknown_options(call)
        names = selected(call.options.get("select"), described.default, described)
        expansions = expansions_of(call, described)
        one = seen_grouping(call, kind)
        row = with_expansions(call, described.row(one, names), one, expansions)
        what = f"{context_of(call, _PATHS[kind], names)}/$entity"
        return Answer(200, entity(call, what, row))

    return handle


def _rows(call: Call, ids: Sequence[str], select: str | None) -> list[bytes]:
    """The first of the live objects, each with its type, for an expanded relation."""
    objects = Objects(call.reader)
    found = (one for one in map(objects.find, ids) if one is not None)
    return Rows(call.directory, selected_any(select)).many(islice(found, MOST_EXPANDED))


def _tied(side: Side) -> Expandable:
    def follow(call: Call, one: Grouping, select: str | None) -> list[bytes]:
        reader = call.reader
        places = relation_of(call, side).seen(one.id, reader.now, reader.share)
        return _rows(call, list(places), select)

    return Expandable(side, True, follow)


def _manager(call: Call, account: Account, select: str | None) -> list[bytes]:
    reader = call.reader
    reports = call.directory.reports
    return _rows(
        call, reports.owners_seen(account.id, reader.now, reader.share), select
    )


def _reports(call: Call, account: Account, select: str | None) -> list[bytes]:
    reader = call.reader
    places = call.directory.reports.seen(account.id, reader.now, reader.share)
    return _rows(call, list(places), select)


def _memberships(call: Call, account: Account, select: str | None) -> list[bytes]:
    return _rows(call, Objects(call.reader).memberships(account.id), select)


GROUPS.relate(_tied("members"))
GROUPS.relate(_tied("owners"))
GROUPS.relate(Expandable("memberOf", True, _memberships))
UNITS.relate(_tied("members"))
USERS.relate(Expandable("manager", False, _manager))
USERS.relate(Expandable("directReports", True, _reports))
USERS.relate(Expandable("memberOf", True, _memberships))
