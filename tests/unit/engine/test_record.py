"""What a run writes down of its outcomes bears no secret, whoever quoted one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from provisioner.engine.listener import Silence
from provisioner.engine.record import Recorder
from provisioner.engine.scope import Order
from provisioner.model.change import Action
from provisioner.model.outcome import Outcome, Status
from provisioner.model.run import Run
from provisioner.store import open_store

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = "hunter2" + "secret"


def test_a_reason_is_masked_in_report_store_and_audit(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        store.runs.start(Run("run-1", "apply", "dana", NOW))
        recorder = Recorder(
            store, "run-1", Order("apply"), {}, Silence(), lambda: NOW, None
        )
        with recorder:
            recorder.take(
                Outcome(
                    "rameh",
                    "website",
                    "main",
                    Action.UPDATE,
                    Status.FAILED,
                    f"mysql: Access denied, password={SECRET}",
                )
            )
        (shown,) = recorder.outcomes
        (kept,) = store.outcomes.of_run("run-1")
        (audited,) = store.audit.latest(1)
    assert shown.reason == kept.reason == "mysql: Access denied, password=•••"
    assert SECRET not in str(audited)
