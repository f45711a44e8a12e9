"""What must hold within `cluster.yml` and between municipalities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from provisioner.inventory.characters import shown
from provisioner.inventory.definition.cluster import ClusterFile
from provisioner.inventory.definition.schedule import ScheduleEntry
from provisioner.inventory.documents import Checked
from provisioner.inventory.draft import Draft
from provisioner.inventory.faults import Faults, suggestion
from provisioner.inventory.people import WRONG
from provisioner.model.place import Place


def check_cluster(checked: Checked[ClusterFile], faults: Faults) -> None:
    """Names and ids that may stand only once in `cluster.yml`."""
    parts, place = checked.parts, checked.document.place
    tenants, roles = parts.get("tenants", ()), parts.get("roles", ())
    for key in ("name", "tenant_id"):
        values = [getattr(one, key) for one in tenants]
        _once(enumerate(values), "tenants", key, "duplicate-tenant", place, faults)
    names = [one.name for one in roles]
    _once(enumerate(names), "roles", "name", "duplicate-role", place, faults)
    schedules = [*_schedules(checked)]
    given = [(number, one.name) for number, one in schedules]
    _once(given, "schedules", "name", "duplicate-schedule", place, faults)
    for number, one in schedules:
        for code, what, remedy in one.contradictions():
            told = f"schedules[{number + 1}]: {what}"
            faults.add(place("schedules", number), code, told, remedy)
    names = [one.name for one in parts.get("notify", ())]
    _once(enumerate(names), "notify", "name", "duplicate-recipient", place, faults)
    _check_zones(checked, faults)
    if "requests" in parts and "roles" in parts:
        _roles_given(checked, [one.name for one in roles], faults)


def _schedules(checked: Checked[ClusterFile]) -> Iterator[tuple[int, ScheduleEntry]]:
    """The schedules that can be read, by number: one that is wrong hides no other's faults."""
    given = checked.document.value.get("schedules")
    for number, one in enumerate(given if isinstance(given, list) else ()):
        with suppress(ValidationError):
            yield number, ScheduleEntry.model_validate(one)


def _roles_given(
    checked: Checked[ClusterFile], known: Sequence[str], faults: Faults
) -> None:
    """Roles that requests may give without a person must be the cluster's."""
    for number, role in enumerate(checked.parts["requests"].automatic_roles or ()):
        if role not in known:
            where = checked.document.place("requests", "automatic_roles", number)
            what = f"The cluster has no role {shown(role)}."
            remedy = suggestion(role, known, "Name one of its roles.")
            faults.add(where, "unknown-role", what, remedy)


def check_named(
    checked: Checked[ClusterFile], slugs: Sequence[str], faults: Faults
) -> None:
    """The municipalities that schedules, freezes and recipients name must be there."""
    parts, place = checked.parts, checked.document.place
    calendar = parts.get("calendar")
    groups: list[tuple[tuple[str, ...], Iterable[tuple[int, Any]]]] = [
        (("schedules",), _schedules(checked)),
        (("notify",), enumerate(parts.get("notify", ()))),
        (("calendar", "freezes"), enumerate(calendar.freezes if calendar else ())),
    ]
    for path, entries in groups:
        for number, entry in entries:
            for position, slug in enumerate(entry.municipalities):
                if slug not in slugs:
                    where = place(*path, number, "municipalities", position)
                    what = f"There is no municipality {shown(slug)}."
                    remedy = suggestion(slug, slugs, "Name one that is there.")
                    faults.add(where, "unknown-municipality", what, remedy)


def _check_zones(checked: Checked[ClusterFile], faults: Faults) -> None:
    """The zones that schedules name must be there."""
    parts, place = checked.parts, checked.document.place
    zones = [one.name for one in parts.get("zones", ())]
    for number, entry in _schedules(checked):
        if entry.zone is not None and entry.zone not in zones:
            what = f"There is no zone {shown(entry.zone)}."
            remedy = suggestion(entry.zone, zones, "Name one that is there.")
            faults.add(place("schedules", number, "zone"), "unknown-zone", what, remedy)


def _once(
    values: Iterable[tuple[int, str]],
    group: str,
    key: str,
    code: str,
    place: Callable[..., Place],
    faults: Faults,
) -> None:
    first: dict[str, int] = {}
    for number, value in values:
        if first.setdefault(value, number) != number:
            other = place(group, first[value], key)
            what = f"This {key} stands in {group} already ({other})."
            faults.add(place(group, number, key), code, what, "Each has its own.")


def check_between(
    cluster_slug: str | None, drafts: Sequence[Draft], faults: Faults
) -> None:
    """Slugs, domains and addresses that may exist only once."""
    for draft in drafts:
        if draft.slug == cluster_slug:
            what = f"The cluster itself has the slug {shown(draft.slug)}."
            remedy = "Rename the folder or the cluster: keys begin with the slug."
            faults.add(Place(draft.file), "duplicate-slug", what, remedy)
    _domains(drafts, faults)
    by_tenant: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        by_tenant[draft.parts.get("tenant", f"/{draft.slug}")].append(draft)
    for members in by_tenant.values():
        if _has_twins(members):
            _report_twins(members, faults)


def _domains(drafts: Iterable[Draft], faults: Faults) -> None:
    first: dict[str, Draft] = {}
    for draft in drafts:
        if draft.domain and first.setdefault(draft.domain, draft) is not draft:
            other = first[draft.domain].place("domain")
            what = (
                f"The domain {draft.domain} is that of another municipality ({other})."
            )
            remedy = "Each municipality has a domain of its own."
            faults.add(draft.place("domain"), "duplicate-domain", what, remedy)


def _has_twins(members: Iterable[Draft]) -> bool:
    """Whether any address is there twice, without keeping where each one is."""
    seen: set[Any] = set()
    count = 0
    for draft in members:
        seen.update(draft.addresses)
        count += len(draft.addresses)
        for aliases in draft.aliases:
            if aliases and aliases is not WRONG:
                seen.update(aliases)
                count += len(aliases)
        shared = [address for address, _ in draft.shared_addresses]
        seen.update(shared)
        count += len(shared)
    return len(seen) != count


def _report_twins(members: Iterable[Draft], faults: Faults) -> None:
    first: dict[str, Place] = {}
    for draft in members:
        for address, place in _placed(draft):
            other = first.setdefault(address, place)
            if other is not place:
                what = f"The address {address} is taken already ({other})."
                remedy = f"Write another, for example {_next(address, first)}."
                faults.add(place, "duplicate-address", what, remedy)


def _placed(draft: Draft) -> Iterator[tuple[str, Place]]:
    """Each address with a place of its own: `_report_twins` tells them by identity."""
    rows = zip(draft.lines, draft.addresses, draft.aliases, strict=True)
    for line, address, aliases in rows:
        if address is not WRONG:
            yield address, Place(draft.people_file, line, 1)
        if aliases and aliases is not WRONG:
            for alias in aliases:
                yield alias, Place(draft.people_file, line)
    yield from draft.shared_addresses


def _next(address: str, taken: dict[str, Place]) -> str:
    local, _, domain = address.partition("@")
    number = 2
    while f"{local}{number}@{domain}" in taken:
        number += 1
    return f"{local}{number}@{domain}"
