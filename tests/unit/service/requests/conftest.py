"""The desk over the sample cluster, in a git repository of the test's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asking import Clock

from provisioner.inventory import load
from provisioner.sandbox.sample import write_sample
from provisioner.service.requests import Desk
from provisioner.store import Store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sample") / "inventory"
    write_sample(root)
    return root


@pytest.fixture
def root(sample: Path, tmp_path: Path) -> Path:
    """The sample cluster in a repository of the test's own."""
    subprocess.run(["cp", "-r", sample, tmp_path / "inventory"], check=True)
    for words in (
        ("init", "--quiet"),
        ("add", "."),
        ("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-mx"),
    ):
        subprocess.run(["git", *words], cwd=tmp_path / "inventory", check=True)
    return tmp_path / "inventory"


@pytest.fixture
def desk(store: Store, root: Path, clock: Clock) -> Desk:
    return Desk(store, lambda: load(root), root, clock)
