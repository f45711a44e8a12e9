"""Pages of objects tied to another: members, owners, memberships, direct reports."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.collection import Collection
from provisioner.sandbox.tenant.filter_values import Predicate
from provisioner.sandbox.tenant.group_collection import GROUPS, OBJECTS, UNITS
from provisioner.sandbox.tenant.listing import predicates
from provisioner.sandbox.tenant.objects import (
    Objects,
    Rows,
    Shown,
    kind_of,
    selected_any,
)
from provisioner.sandbox.tenant.query import (
    link,
    page,
    page_size,
    page_start,
    refuse_options,
    refuse_unknown_options,
)
from provisioner.sandbox.tenant.refusal import bad_request
from provisioner.sandbox.tenant.user_collection import USERS

_CASTS: dict[str, tuple[str, str, Collection]] = {
    "user": ("user", "users", USERS),
    "group": ("group", "groups", GROUPS),
    "administrativeunit": ("administrativeUnit", "administrativeUnits", UNITS),
    "directoryrole": ("directoryRole", "directoryRoles", OBJECTS),
    "serviceprincipal": ("servicePrincipal", "servicePrincipals", OBJECTS),
}
_ENTRA = "https://graph.microsoft.com/v2"
_TITLES = {"user": "User", "group": "Group", "administrativeUnit": "AdministrativeUnit"}


def ordered(ids: Iterable[str]) -> dict[str, int]:
    """Ids with their places, for those that have no places of their own."""
    return {identifier: at for at, identifier in enumerate(ids, 1)}


def list_tied(
    call: Call, path: str, places: Mapping[str, int], cast: str = ""
) -> Answer:
    """A page of the live objects among `places`; `path` is that of the whole list."""
    refuse_unknown_options(call)
    refuse_options(call, "expand", "skip", "orderby")
    kind, context, _ = _CASTS[cast.lower()] if cast else ("", "directoryObjects", None)
    size, after = page_size(call.options.get("top")), page_start(call)
    objects, fits = Objects(call.reader), _fits(call, cast)
    found = list(islice(_live(objects, places, after, kind, fits), size + 1))
    shown, more = found[:size], len(found) > size
    rows = Rows(call.directory, selected_any(call.options.get("select")))
    here = f"{path}/microsoft.graph.{kind}" if kind else path
    counted = call.eventual and not after
    everyone = _live(objects, places, 0, kind, fits) if counted else iter(())
    return page(
        call,
        context,
        rows.many((one for _, one in shown), typed=not kind),
        here=link(call, here, after),
        following=link(call, here, shown[-1][0]) if more else None,
        count=sum(1 for _ in everyone) if counted else None,
    )


def _fits(call: Call, cast: str, *, advanced: bool = False) -> list[Predicate]:
    described = _CASTS[cast.lower()][2] if cast else OBJECTS
    return predicates(call, described, advanced=advanced)


def _live(
    objects: Objects,
    places: Mapping[str, int],
    after: int,
    kind: str,
    fits: list[Predicate],
) -> Iterator[tuple[int, Shown]]:
    """Places and objects behind `after`; those deleted meanwhile are passed over."""
    start = bisect_right(list(places.values()), after) if after else 0
    for identifier, place in islice(places.items(), start, None):
        one = objects.find(identifier)
        if one is None or (kind and kind_of(one) != kind):
            continue
        if all(fit(one) for fit in fits):
            yield place, one


def count_tied(call: Call, places: Mapping[str, int], cast: str = "") -> Answer:
    """`…/$count`: plain text, and only with the eventual index."""
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise bad_request("$count is not currently supported.")
    kind = _CASTS[cast.lower()][0] if cast else ""
    fits = _fits(call, cast, advanced=True)
    live = _live(Objects(call.reader), places, 0, kind, fits)
    number = sum(1 for _ in live)
    return Answer(200, str(number).encode(), content_type="text/plain")


def list_references(call: Call, path: str, places: Mapping[str, int]) -> Answer:
    """`…/$ref`: the addresses of the objects."""
    size, after = page_size(call.options.get("top")), page_start(call)
    live = _live(Objects(call.reader), places, after, "", [])
    found = list(islice(live, size + 1))
    shown, more = found[:size], len(found) > size
    return page(
        call,
        "Collection($ref)",
        [b'{"@odata.id":"%s"}' % _address(call, one).encode() for _, one in shown],
        here=link(call, f"{path}/$ref", after),
        following=link(call, f"{path}/$ref", shown[-1][0]) if more else None,
    )


def _address(call: Call, one: Shown) -> str:
    title = _TITLES.get(kind_of(one), "DirectoryObject")
    return (
        f"{_ENTRA}/{call.directory.tenant_id}/directoryObjects/{one.id}/"
        f"Microsoft.DirectoryServices.{title}"
    )
