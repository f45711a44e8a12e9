"""Step 4: the difference, one plan for each municipality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provisioner.engine.desired import Desired
from provisioner.engine.observe import World
from provisioner.kind import Kind, LastApplied, Scope
from provisioner.model.change import Change, Finding
from provisioner.model.municipality import Municipality
from provisioner.model.plan import Plan


@dataclass(frozen=True)
class Draft:
    """A plan before the guards have seen it, and the keys found to be as desired."""

    plan: Plan
    confirmed: tuple[str, ...]


def draft_plans(
    scope: Scope,
    kinds: Sequence[Kind],
    desired: Desired,
    world: World,
    last_applied: Mapping[str, LastApplied],
) -> dict[str, Draft]:
    """Plans by municipality slug; pure, so plan and apply cannot disagree."""
    return {
        one.slug: _draft(scope, kinds, desired, world, one, last_applied[one.slug])
        for one in scope.municipalities
    }


def _draft(
    scope: Scope,
    kinds: Sequence[Kind],
    desired: Desired,
    world: World,
    municipality: Municipality,
    last_applied: LastApplied,
) -> Draft:
    changes: list[Change] = []
    findings: list[Finding] = []
    confirmed: list[str] = []
    managed: dict[str, int] = {}
    in_sync: dict[str, int] = {}
    for kind in (one for one in kinds if one.owned_by(municipality)):
        wanted = desired[kind.name][municipality.slug]
        seen = world.of(kind.name, municipality.slug)
        found = kind.changes(scope, municipality, wanted, seen, last_applied)
        changes += found.changes
        findings += found.findings
        confirmed += found.confirmed
        if not wanted and kind.realm == "hosts":
            continue  # most municipalities have no hosts: that is nothing to tell
        managed[kind.name] = len(wanted)
        in_sync[kind.name] = len(found.confirmed)
    plan = Plan(
        municipality.slug,
        tuple(changes),
        tuple(findings),
        managed=managed,
        in_sync=in_sync,
    )
    return Draft(plan, tuple(confirmed))
