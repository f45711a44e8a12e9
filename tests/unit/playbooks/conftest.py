"""A sample cluster to point the plays at, and Ansible run as a person would run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner import shipped
from provisioner.sandbox.sample import write_sample

Ansible = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    folder = tmp_path / "inventory"
    write_sample(folder, municipalities=3, people=40)
    return folder


@pytest.fixture
def environment(tmp_path: Path, cluster: Path) -> dict[str, str]:
    """This Python first on the path, and nothing written outside `tmp_path`."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_CONFIG": str(shipped.playbooks() / "ansible.cfg"),
        "PROVISIONER_INVENTORY": str(cluster),
    }


@pytest.fixture
def hosts(environment: dict[str, str]) -> Ansible:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = shipped.sample_inventory() / "hosts.py"
        return _run([str(script), *arguments], environment)

    return run


@pytest.fixture
def ansible(environment: dict[str, str]) -> Ansible:
    def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _run([program, *arguments], environment)

    return run


def _run(
    command: list[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
