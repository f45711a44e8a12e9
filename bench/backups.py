"""Backups: what our job takes beside bare restic, of the same files into fresh repositories."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.row import Figure, Measure, Sizes
from bench.timing import alternate, seconds
from provisioner.inventory import load
from provisioner.kinds.host.backup_jobs import desired_backup_jobs
from provisioner.kinds.host.merge import merge
from provisioner.model.hosts import BackupJob
from provisioner.providers.ansible.hosts import Hosts
from provisioner.providers.ansible.reach import Reach
from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.image import image_of
from provisioner.sandbox.lab.state import LabHost, LabState
from provisioner.sandbox.sample import write_sample
from provisioner.settings import load_settings

_EACH = 20_000  # bytes of a file: 50,000 of them are a gigabyte
_HOST, _NAME, _UNIT = "saved1", "karmiel-all", "provisioner-backup-karmiel-all.service"
_DATA, _OURS, _BARE = "/srv/papers", "/srv/ours", "/srv/bare"
_WORD = "made up for the bench"  # opens repositories that live for minutes
_REPETITIONS = 3
_FILES = f"""
python3 - <<'END'
import os
for number in range(COUNT):
    home = "{_DATA}/%d" % (number // 500)
    os.makedirs(home, exist_ok=True)
    with open("%s/%d.bin" % (home, number), "wb") as file:
        file.write(os.urandom({_EACH}))
END
"""
# Both begin with nothing: no repository, no cache, no report of an earlier run.
_CLEAR = f"""
rm -rf {_OURS} {_BARE} ~root/.cache/restic
rm -f /var/lib/provisioner/backup/{_NAME}/*.json
sync
"""
_RESTIC = f"""
export RESTIC_PASSWORD_FILE=/etc/provisioner/backup/{_NAME}/password
export RESTIC_REPOSITORY={_BARE} HOME=/root
restic init --quiet
nice -n 10 ionice -c 3 restic backup --quiet --one-file-system {_DATA}
"""


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    with _place(folder, sizes.saved) as place:
        floor, subject = alternate(
            place.bare, place.ours, min(sizes.repetitions, _REPETITIONS)
        )
        place.look(sizes.saved)
    yield Figure(
        f"backup_{sizes.saved}_files_over_bare_restic",
        subject / floor,
        limit=1.1,
        detail=f"{subject:.2f} s over {floor:.2f} s, {sizes.saved * _EACH / 1e9:.2g} GB",
    )


@dataclass(frozen=True)
class _Place:
    """A host with the files and the job."""

    lab: LabState
    host: LabHost

    def bare(self) -> float:
        """Seconds of restic alone."""
        self.as_root(_CLEAR)
        return seconds(lambda: self.as_root(_RESTIC))

    def ours(self) -> float:
        """Seconds of the job, as its timer starts it."""
        self.as_root(_CLEAR)
        return seconds(lambda: self.as_root(f"systemctl start {_UNIT}"))

    def look(self, files: int) -> None:
        """Raise where the job has not saved everything: it would be fast for nothing."""
        told = self.as_root(f"provisioner-backup list {_NAME}")
        (listed,) = msgspec.json.decode(told)["jobs"].values()
        assert listed["copies"] == 1, told
        assert listed["size"] == files * _EACH, told

    def as_root(self, script: str) -> str:
        """What a script prints, run as root; raises where it fails."""
        return subprocess.run(
            ["ssh", "-F", self.lab.ssh_config, self.host.name, "sudo sh -eu"],
            input=script,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout


@contextmanager
def _place(folder: Path, files: int) -> Iterator[_Place]:
    """A lab host on which the job was made, and nothing saved yet."""
    settings = load_settings()
    image = image_of(settings.lab_images_dir, settings.lab_debian)
    lab_folder = folder / "lab"
    try:
        lab = process.up(lab_folder, [_HOST], image)
        (host,) = lab.hosts
        place = _Place(lab, host)
        place.as_root(_FILES.replace("COUNT", str(files)))
        _made(folder / "inventory", host)
        yield place
    finally:
        process.down(lab_folder, purge=True)


def _made(inventory: Path, host: LabHost) -> None:
    """Make the job on its host as an apply does."""
    write_sample(inventory, municipalities=1, people=12)
    cluster = load(inventory)
    job = BackupJob("all", _HOST, _OURS, "env/PASSWORD", paths=(_DATA,))
    town = msgspec.structs.replace(
        cluster.municipalities[0], backups=(job,), websites=()
    )
    (wanted,) = desired_backup_jobs(cluster, town)
    key = host.known_hosts.partition(" ")[2]
    reach = Reach(
        host.name, host.ssh_address, host.ssh_port, host.user, host.key_file, (key,)
    )
    hosts = Hosts({_HOST: reach}, resolve=lambda _: _WORD)
    state = merge([(wanted.key, wanted.spec)])
    assert asyncio.run(hosts.apply({_HOST: state})) == {_HOST: None}


MEASURE = Measure("backups", "a job of 50,000 files beside bare restic", run)
