"""The seven steps in order: the table of contents of the engine."""

from __future__ import annotations

from provisioner.engine.apply import apply
from provisioner.engine.attribute import attribute
from provisioner.engine.desired import by_key, desire
from provisioner.engine.drift import keep_drift, resolve, settled
from provisioner.engine.guard import guard, limit
from provisioner.engine.guards.permissions import hold_back
from provisioner.engine.observe import observe
from provisioner.engine.places import kept_to
from provisioner.engine.plan import draft_plans
from provisioner.engine.report import make_report
from provisioner.engine.run import Collaborators, CurrentRun
from provisioner.engine.scope import Order, kinds_of, left_out, scope_of
from provisioner.engine.verify import verify
from provisioner.model.report import Report


def reconcile(order: Order, given: Collaborators) -> Report:
    """One walk through the steps; raises before any write where it must not go on.

    Raises `InventoryInvalid`, `PlanChanged`, `RunInProgress`, `RunStopped` and
    `StoreError`; what goes wrong with one municipality or one resource is in the report.
    """
    cluster = given.load()  # ① load
    hosts = given.open_hosts is not None
    scope = scope_of(order, cluster, given.now(), hosts=hosts)
    kinds = kinds_of(order, hosts=hosts)
    whole = desire(scope, kinds)  # ② desired
    desired, elsewhere = kept_to(whole, kinds, cluster, order.zone)
    left = left_out(order, cluster, hosts=hosts)
    with CurrentRun(order, scope, kinds, given, desired) as run:
        world = run.wait(observe(scope, kinds, desired, run.providers))  # ③ observe
        drafts = draft_plans(scope, kinds, desired, world, run.last_applied)  # ④ plan
        plans = limit(order, guard(scope, drafts, world), by_key(desired))
        run.planned(plans)
        if order.mode == "apply":
            plans = hold_back(scope, run.approve(plans), world)
            run.settle(drafts, desired)
            recorder = run.recorder(desired)
            with recorder:
                run.applying(
                    apply(scope, kinds, plans, run.providers, recorder)
                )  # ⑤ apply
            run.listener.phase("verify", 0)
            done = recorder.outcomes
            proofs = run.wait(verify(scope, kinds, desired, done, run.providers))  # ⑥
            recorder.keep_proofs(proofs)
            recorder.require_lease()
            now = given.now()
            over = resolve(
                run.store, settled(drafts, done, proofs, run.started, now), now
            )
            report = make_report(  # ⑦ report
                run.facts(), plans, world, done, proofs, over, remarks=left
            )
        else:
            kept = keep_drift(order, run.store, plans, kinds, run.started, elsewhere)
            who = attribute(scope, run.store, plans, kept, run.providers, run.started)
            drift, remarks = run.wait(who)
            report = make_report(
                run.facts(), plans, world, drift=drift, remarks=(*left, *remarks)
            )
        run.end(report)
        return report
