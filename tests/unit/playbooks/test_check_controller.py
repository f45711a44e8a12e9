"""The play that checks the controller, run by the real ansible-playbook."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner import shipped

Ansible = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    "mode", [pytest.param([], id="normal"), pytest.param(["--check"], id="check")]
)
def test_this_controller_passes_and_nothing_is_changed(
    ansible: Ansible, mode: list[str]
) -> None:
    run = ansible(
        "ansible-playbook", str(shipped.playbooks() / "check-controller.yml"), *mode
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "changed=0" in run.stdout
    assert "failed=0" in run.stdout
    assert "3 municipalities" in run.stdout


def test_an_inventory_with_a_fault_stops_ansible_instead_of_matching_no_host(
    ansible: Ansible, cluster: Path
) -> None:
    (cluster / "cluster.yml").write_text("- not a mapping\n")
    run = ansible("ansible-playbook", str(shipped.playbooks() / "check-controller.yml"))
    assert run.returncode != 0
    assert "cluster.yml" in run.stderr
