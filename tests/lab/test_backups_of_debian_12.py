"""A job on Debian 12, whose restic is old: its codes say nothing, its copies no size."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lab import Lab, images
from made import Made

from provisioner.inventory import load
from provisioner.kinds.host.backup_jobs import desired_backup_jobs
from provisioner.model.hosts import BackupJob
from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.image import image_of
from provisioner.sandbox.sample import write_sample

pytestmark = pytest.mark.skipif(
    not os.environ.get("LAB_DEBIAN_12"), reason="builds a second image: LAB_DEBIAN_12=1"
)
JOB = BackupJob(
    "all",
    "old1",
    "/srv/copies",
    "env/KARMIEL_BACKUP_PASSWORD",
    paths=("/srv/papers",),
    mariadb=("town",),
)
MINUTES = "minutes\n"


@pytest.fixture(scope="module")
def made(lab_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("old")
    write_sample(folder / "inventory", municipalities=1, people=12)
    cluster = load(folder / "inventory")
    town = msgspec.structs.replace(
        cluster.municipalities[0], backups=(JOB,), websites=()
    )
    (wanted,) = desired_backup_jobs(cluster, town)
    try:
        lab = Lab(folder / "lab", image_of(images(), "bookworm"))
        host = lab.host("old1")
        one = Made(lab, host, wanted.spec, resolve=lambda _: "made up")
        one.as_root(
            f"mkdir /srv/papers && printf '{MINUTES}' >/srv/papers/minutes.txt",
            "systemctl start mariadb",
            "mariadb -e 'CREATE DATABASE town; CREATE TABLE town.people (n INT)'",
        )
        assert one.repair() is None
        yield one
    finally:
        process.down(folder / "lab", purge=True)


def _told(made: Made, verb: str) -> dict[str, Any]:
    """What the program answers, however it ends."""
    words = f"sudo provisioner-backup {verb} karmiel-all"
    ended = made.lab.run(made.host, words, check=False)
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_it_saves_comes_back_and_tells_its_size(made: Made) -> None:
    assert "restic 0.14" in made.lab.run(made.host, "restic version").stdout
    assert _told(made, "run")["result"] == "done"
    drilled = _told(made, "drill")
    assert drilled["passed"], drilled
    assert (drilled["same"], drilled["tables"]) == (2, 1)
    (listed,) = _told(made, "list")["jobs"].values()
    assert listed["copies"] == 2
    assert listed["size"] == drilled["size"]
    kept = "sudo cat /var/lib/provisioner/backup/karmiel-all/sizes.json"
    sizes = json.loads(made.lab.run(made.host, kept).stdout)
    assert sum(sizes.values()) == listed["size"]
    assert _told(made, "list")["jobs"] == {"karmiel/backup_job/all": listed}


def test_a_dump_that_fails_leaves_no_copy(made: Made) -> None:
    made.as_root("mariadb -e 'DROP DATABASE town'")
    told = _told(made, "run")
    assert told["result"] == "failed"
    assert "The dump of mariadb town ended with" in told["reason"]
    (listed,) = _told(made, "list")["jobs"].values()
    assert listed["copies"] == 3, "the files alone"


def test_a_wrong_password_is_told_as_such(made: Made) -> None:
    made.as_root("echo wrong >/etc/provisioner/backup/karmiel-all/password")
    assert "restic unlock ended with 12" in _told(made, "run")["reason"]
