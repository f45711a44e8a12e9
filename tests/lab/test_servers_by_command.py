"""Servers through the whole program: planned, applied, killed in the middle, repaired."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from lab import Lab
from rehearsal import Ended, Rehearsal, Rehearse

from provisioner.engine.scope import Order
from provisioner.model.outcome import Status
from provisioner.model.run import RunStatus
from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.state import lab_folder
from provisioner.service.orders import waiting_run

KIND = ("--kind", "server")


class World:
    """A rehearsal whose sandbox has one host, `web-1`, and an inventory that says so."""

    def __init__(self, rehearsal: Rehearsal, image: Path) -> None:
        self.rehearsal = rehearsal
        self.lab = Lab(lab_folder(rehearsal.var / "sandbox"), image)
        self.host = self.lab.host("web-1")
        self._amend(
            rehearsal.inventory / "cluster.yml",
            servers=lambda some: [one for one in some if one["host"] == "web-1"],
        )
        town = rehearsal.inventory / "municipalities" / "karmiel" / "municipality.yml"
        self._amend(town, servers=lambda some: [])

    def _amend(self, path: Path, **changes: Any) -> None:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key, change in changes.items():
            content[key] = change(content[key])
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")

    def children(self) -> list[int]:
        """Processes of any run of Ansible that this world began."""
        found = []
        for one in psutil.process_iter():
            with suppress(psutil.Error):
                given = one.environ()
                if "PROVISIONER_RUN" in given and self._ours(one):
                    found.append(one.pid)
        return found

    def _ours(self, one: psutil.Process) -> bool:
        """Whether it talks to our host: the port stands in what it was started with."""
        home = one.environ().get("HOME", "")
        with suppress(OSError):
            inventory = Path(home, "inventory", "hosts.json").read_text("utf-8")
            return str(self.host.ssh_port) in inventory
        return False


@pytest.fixture
def world(rehearse: Rehearse, lab_image: Path) -> Iterator[World]:
    one = World(rehearse(municipalities=1, people=12), lab_image)
    yield one
    process.down(one.lab.folder, purge=True)


def test_a_run_killed_in_the_middle_is_repaired_by_the_next_and_then_drift_is_told(
    world: World,
) -> None:
    run = world.rehearsal.run
    planned = run("plan", "--all", *KIND)
    assert planned.code == 2, planned.err
    assert "+PasswordAuthentication no" in planned.out

    begun = world.rehearsal.start("apply", *KIND, "--yes")
    world.rehearsal.wait_until(
        lambda: bool(world.lab.run(world.host, "pgrep -x dpkg || true").stdout),
        "packages are being installed",
    )
    begun.kill()
    begun.communicate()
    ends = time.monotonic() + 15
    while world.children():
        assert time.monotonic() < ends, "Ansible outlives the program that began it"
        time.sleep(0.2)

    carry_out_by_the_zone(world.rehearsal, run("plan", *KIND, "--json"))
    assert run("drift", *KIND).code == 0

    world.lab.run(world.host, "echo '# mine' | sudo tee -a /etc/timezone")
    drifted = run("drift", *KIND, "--json")
    assert drifted.code == 2, drifted.err
    assert drifted.drift() == {"web-1": "drifted"}

    process.stop(world.lab.folder, ["web-1"])
    lost = run("drift", *KIND, "--json")
    assert lost.code == 1, lost.err
    findings = [f for m in lost.report["municipalities"] for f in m["findings"]]
    assert [(one["name"], one["drift"]) for one in findings] == [("web-1", "unknown")]
    assert lost.drift() == {"web-1": "drifted"}, "what was open stays open"


def carry_out_by_the_zone(rehearsal: Rehearsal, planned: Ended) -> None:
    """Let the plan wait as somebody approved it: who reaches no host leaves it to the zone."""
    checksum = planned.report["checksum"]
    order = Order("apply", kinds=("server",), checksum=checksum, actor="dana")
    whole = waiting_run(order, datetime.now(UTC))
    with rehearsal.store() as store:
        store.queue.enqueue(whole)
    assert rehearsal.run("worker", "--drain").code == 0
    with rehearsal.store() as store:
        (_, (part,)) = store.parts.whole_of(whole) or (None, ())
        assert (part.zone, part.status) == ("galil", RunStatus.QUEUED)
        assert store.runs.get(whole.id).status is RunStatus.WAITING  # type: ignore[union-attr]
    ended = rehearsal.run("worker", "--drain", "--zone", "galil", timeout=300)
    assert ended.code == 0, ended.err
    with rehearsal.store() as store:
        (outcome,) = store.outcomes.of_run(part.id)
        assert outcome.status is Status.DONE
        assert store.runs.get(whole.id).status is RunStatus.SUCCEEDED  # type: ignore[union-attr]


def test_without_a_lab_hosts_are_left_out_and_that_is_said(rehearse: Rehearse) -> None:
    world = rehearse(municipalities=1, people=12)
    planned = world.run("plan", "--json")
    assert planned.code == 2, planned.err
    assert "Hosts were left out: this sandbox has none." in planned.report["remarks"]
    kinds = {
        one["kind"] for m in planned.report["municipalities"] for one in m["changes"]
    }
    assert "server" not in kinds
