"""Step 7: one value with all that the run found and did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from provisioner.engine.observe import World
from provisioner.engine.run import RunFacts
from provisioner.engine.scope import Order
from provisioner.model.drift_item import DriftItem
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.plan import Plan, total_checksum
from provisioner.model.report import Asked, MunicipalityReport, Report, TenantSeats

DriftOf = Mapping[str, tuple[Sequence[DriftItem], Sequence[DriftItem]]]


def make_report(
    facts: RunFacts,
    plans: Mapping[str, Plan],
    world: World,
    outcomes: Sequence[Outcome] = (),
    proofs: Sequence[Proof] = (),
    drift: DriftOf | None = None,
    remarks: Sequence[str] = (),
) -> Report:
    """The report of a run; `drift` holds current and resolved items by municipality.

    `remarks` tell what the run as a whole could not find out, and why.
    """
    outcomes_of: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        outcomes_of[outcome.municipality].append(outcome)
    proofs_of: dict[str, list[Proof]] = defaultdict(list)
    for proof in proofs:
        proofs_of[proof.municipality].append(proof)
    nothing: tuple[Sequence[DriftItem], Sequence[DriftItem]] = ((), ())
    return Report(
        facts.run_id,
        facts.order.mode,
        facts.scope.cluster.names,
        facts.scope.cluster.commit,
        facts.started,
        facts.finished,
        total_checksum(plans.values()),
        tuple(
            MunicipalityReport.of(
                one,
                plans[one.slug],
                outcomes_of[one.slug],
                proofs_of[one.slug],
                *(drift or {}).get(one.slug, nothing),
            )
            for one in facts.scope.municipalities
        ),
        tuple(TenantSeats(name, seats) for name, seats in sorted(world.seats.items())),
        remarks=tuple(remarks),
        backups=facts.backups,
        asked=_asked(facts.order),
    )


def _asked(order: Order) -> Asked:
    return Asked(order.municipalities, order.kinds, order.refresh is None)
