"""What must change of a municipality's domain, and what a person must enter in DNS. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.kind import Differences, LastApplied
from provisioner.kinds.domain.spec import (
    MAIL_SERVICE,
    DomainSpec,
    by_field,
    found_records,
    satisfied,
    wanted_values,
    zone_lines,
)
from provisioner.model.change import Action, Change, Drift, FieldChange, Finding
from provisioner.model.municipality import Municipality
from provisioner.model.resource import Observation, Resource
from provisioner.model.three_way import drift_of, overall
from provisioner.providers.dns import DnsRecord


def compare_domains(
    municipality: Municipality,
    desired: Sequence[Resource[Any]],
    observed: Observation[Any],
    last_applied: LastApplied,
) -> Differences:
    """The domain changes of one municipality."""
    changes: list[Change] = []
    findings: list[Finding] = []
    confirmed: list[str] = []
    for resource in desired:
        if reason := observed.unknown_reason(resource.name):
            findings.append(
                Finding(
                    municipality.slug, "domain", resource.name, Drift.UNKNOWN, reason
                )
            )
            continue
        found = observed.present.get(resource.name)
        if found is not None and _as_wanted(resource, found.spec):
            confirmed.append(resource.key)
            continue
        last = last_applied.get(resource.key)
        if found is None:
            changes.append(_create(resource, last))
        else:
            changes.append(_update(resource, found.spec, last))
    return Differences(tuple(changes), tuple(findings), tuple(confirmed))


def _as_wanted(resource: Resource[Any], found: DomainSpec) -> bool:
    """Whether there is nothing to compare with what was last applied, so to read it."""
    return (
        found.verified
        and set(resource.spec.services) <= set(found.services)
        and not any(_unanswered(found))
    )


def _create(resource: Resource[Any], last: Mapping[str, Any] | None) -> Change:
    fields = (
        FieldChange("verified", None, True),
        FieldChange("services", None, list(resource.spec.services)),
    )
    drift = Drift.MISSING if last else Drift.PENDING
    return _change(resource, Action.CREATE, drift, fields, "", 3)


def _update(
    resource: Resource[Any], found: DomainSpec, last: Mapping[str, Any] | None
) -> Change:
    fields: list[FieldChange] = []
    if not found.verified:
        fields.append(_field("verified", True, False, last))
    missing = [s for s in resource.spec.services if s not in found.services]
    if missing:
        fields.append(_services(found.services, missing, last))
    writes = len(fields)
    records, to_add = _record_fields(found, last)
    fields += records
    by_hand = zone_lines(to_add)
    if not found.verified:
        by_hand = (f'{resource.name}. 3600 IN TXT "{found.verification}"',)
    return _change(
        resource,
        Action.UPDATE,
        overall(fields),
        tuple(fields),
        resource.name,
        writes,
        by_hand,
    )


def _record_fields(
    found: DomainSpec, last: Mapping[str, Any] | None
) -> tuple[list[FieldChange], list[DnsRecord]]:
    """Record fields that DNS does not answer as wanted, and the records to enter.

    What DNS should say is the tenant's word, not the inventory's; so a difference is
    drift once the domain has been proven, and pending before.
    """
    fields: list[FieldChange] = []
    to_add: list[DnsRecord] = []
    for name, records, here, want in _unanswered(found):
        drift = Drift.DRIFTED if last else Drift.PENDING
        proven = list(want) if last else None
        fields.append(FieldChange(name, list(here), list(want), proven, drift))
        to_add += records
    return fields, to_add


def _unanswered(
    found: DomainSpec,
) -> Iterator[tuple[str, list[DnsRecord], Sequence[str], Sequence[str]]]:
    """Record fields by name: the records, the values that answer, those that should."""
    have = found_records(found)
    for name, records in by_field(found.wanted).items():
        want, here = wanted_values(records), have[name] or ()
        if not satisfied(name, here, want):
            yield name, records, here, want


def _services(
    have: Sequence[str], missing: Sequence[str], last: Mapping[str, Any] | None
) -> FieldChange:
    """Services somebody else switched on stay on; ours that is off is switched on."""
    before = list(last["services"]) if last else None
    ours = last is not None and set(missing) <= set(last["services"])
    drift = Drift.DRIFTED if ours else Drift.PENDING
    return FieldChange("services", list(have), sorted({*have, *missing}), before, drift)


def _field(
    name: str, want: object, have: object, last: Mapping[str, Any] | None
) -> FieldChange:
    if last is None:
        return FieldChange(name, have, want)
    before = last.get(name)
    return FieldChange(name, have, want, before, drift_of(want, have, before))


def _change(
    resource: Resource[Any],
    action: Action,
    drift: Drift,
    fields: tuple[FieldChange, ...],
    object_id: str,
    writes: int,
    by_hand: tuple[str, ...] = (),
) -> Change:
    spec: Struct = resource.spec
    return Change(
        resource.municipality,
        "domain",
        resource.name,
        action,
        drift,
        fields,
        spec,
        object_id,
        resource.place,
        writes=writes,
        by_hand=by_hand,
        reason="only DNS differs: a person enters the records" if not writes else "",
    )


WANTED = DomainSpec(verified=True, services=(MAIL_SERVICE,))
