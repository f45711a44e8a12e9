"""Plans, outcomes and proofs, read back by run."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from provisioner.errors import StoreError
from provisioner.model.change import Action, Change, Drift, FieldChange
from provisioner.model.municipality import Names
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.place import Place
from provisioner.model.plan import Plan, Refusal
from provisioner.model.run import Run
from provisioner.store import Store


@pytest.fixture
def run_id(store: Store, now: datetime) -> str:
    store.runs.start(Run("run1", "apply", "dana", now))
    return "run1"


def plan(municipality: str = "rameh") -> Plan:
    change = Change(
        municipality,
        "mailbox",
        "nur",
        Action.UPDATE,
        Drift.DRIFTED,
        (FieldChange("aliases", ["a", None], ["ב"], None, Drift.CONFLICT),),
        spec=Names("א", "ا", "a"),
        object_id="42",
        place=Place("mailboxes.csv", 7),
        seats={"EXCHANGESTANDARD": 1},
        writes=2,
    )
    refusal = Refusal("seats", municipality, change.key, "no seat", waits=True)
    return Plan(municipality, (change,), refusals=(refusal,), managed={"mailbox": 3})


def test_a_saved_plan_has_its_checksum_and_everything_but_the_specs(
    store: Store, run_id: str
) -> None:
    store.plans.save(run_id, plan(), "abc123")
    (saved,) = store.plans.of_run(run_id)
    assert saved.checksum == plan().checksum == saved.plan.checksum
    assert saved.commit == "abc123"
    assert saved.plan.changes[0].fields == plan().changes[0].fields
    assert saved.plan.changes[0].place == Place("mailboxes.csv", 7)
    assert saved.plan.refusals == plan().refusals
    assert saved.plan.managed == {"mailbox": 3}


def test_plans_are_kept_by_municipality_and_the_last_one_counts(
    store: Store, run_id: str
) -> None:
    store.plans.save(run_id, plan("rameh"), "first")
    store.plans.save(run_id, plan("acre"), "first")
    store.plans.save(run_id, plan("rameh"), "second")
    found = store.plans.of_run(run_id)
    assert [(one.municipality, one.commit) for one in found] == [
        ("acre", "first"),
        ("rameh", "second"),
    ]
    assert store.plans.of_run("another") == []


def test_outcomes_and_proofs_come_back_in_order(
    store: Store, run_id: str, now: datetime
) -> None:
    outcomes = [
        Outcome(
            "rameh", "mailbox", f"p{n}", Action.CREATE, Status.DONE, secret_id=f"s{n}"
        )
        for n in range(3)
    ]
    waits = Outcome(
        "rameh",
        "mailbox",
        "p9",
        Action.CREATE,
        Status.WAITING,
        "no seat",
        True,
        now + timedelta(minutes=5),
    )
    proof = Proof("rameh", "mailbox", "p0", now, (Check("mailbox answers", True),))
    store.outcomes.append(run_id, outcomes, [])
    store.outcomes.append(run_id, [waits], [proof])
    assert store.outcomes.of_run(run_id) == [*outcomes, waits]
    assert store.outcomes.proofs_of_run(run_id) == [proof]
    assert store.outcomes.of_resource("rameh/mailbox/p9") == [(run_id, waits)]


def test_outcomes_of_a_run_that_never_started_are_refused(store: Store) -> None:
    outcome = Outcome("rameh", "mailbox", "p", Action.CREATE, Status.DONE)
    with pytest.raises(StoreError):
        store.outcomes.append("nobody", [outcome])
    assert store.outcomes.of_run("nobody") == []
