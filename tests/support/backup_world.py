"""A host whose belongings are saved and one that keeps them, for tests of backups."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from lab import Lab
from made import Made

from provisioner.engine.run import Collaborators
from provisioner.inventory import load
from provisioner.kind import HostProviders
from provisioner.kinds.backup_job.look import look_at_backups
from provisioner.kinds.backup_job.start import drill_jobs, start_jobs
from provisioner.kinds.backup_job.verify import verify_backups
from provisioner.kinds.host.backup_jobs import desired_backup_jobs
from provisioner.kinds.host.backup_stores import store_part
from provisioner.model.backup import Observation, Side
from provisioner.model.cluster import Cluster
from provisioner.model.hosts import BackupJob, BackupStore, Host, Server
from provisioner.model.outcome import Proof
from provisioner.model.run import Run
from provisioner.providers.ansible.hosts import Authority, Hosts
from provisioner.sandbox.sample import write_sample
from provisioner.service.orders import waiting_errand
from provisioner.service.queue.in_process import InProcess
from provisioner.service.worker import Worker
from provisioner.store import Store

STORE, SOURCE = "keep1", "save1"
URL = "rest:https://keep1.galil.example:8000/karmiel/all"
KEY = "karmiel/backup_job/all"
NAME = "karmiel-all"
UNIT = f"provisioner-backup-{NAME}"


class _NoSecrets:
    """A job has no account whose password is handed over."""

    def prepare(self, keys: Sequence[str], make: Callable[[], str]) -> dict[str, str]:
        raise AssertionError

    def release(self, keys: Sequence[str], expires: datetime) -> dict[str, str]:
        raise AssertionError

    def prepared(self) -> Set[str]:
        return frozenset()

    def expire(self, now: datetime) -> int:
        return 0


class World:
    """Two hosts: one whose belongings are saved, one that keeps them."""

    def __init__(self, lab: Lab, folder: Path, authority: Authority) -> None:
        self.lab = lab
        self.canary = f"canary-{secrets.token_hex(12)}"
        self.authority = authority
        self.folder = folder
        self.cluster = self._cluster(folder)
        (resource,) = desired_backup_jobs(self.cluster, self.cluster.municipalities[0])
        self.resource = resource
        part = store_part(self.cluster.servers[0], self.cluster)
        source, store = lab.hosts(SOURCE, STORE)
        self.store = Made(lab, store, part, self.authority, resolve=self.secret)
        self.source = Made(
            lab, source, resource.spec, self.authority, resolve=self.secret
        )
        reaches = {one.host.name: one.reach for one in (self.store, self.source)}
        hosts = Hosts(reaches, self.authority, resolve=self.secret)
        self.providers = HostProviders(
            hosts,
            lambda slugs: {one: {} for one in slugs},
            lambda: datetime.now(UTC),
            secrets=_NoSecrets(),
            new_password=secrets.token_hex,
        )

    def secret(self, reference: str) -> str:
        if reference.endswith(".pem"):
            return Path(self.authority.certificate).read_text(encoding="ascii").strip()
        return self.canary

    def _cluster(self, folder: Path) -> Cluster:
        write_sample(folder / "inventory", municipalities=1, people=12)
        sample = load(folder / "inventory")
        job = BackupJob(
            "all",
            SOURCE,
            URL,
            "env/KARMIEL_BACKUP_PASSWORD",
            paths=("/srv/papers",),
            mariadb=("town",),
            postgresql=("council",),
        )
        store = Server(
            STORE, f"{STORE}.galil.example", backup_store=BackupStore(ca="file/ca.pem")
        )
        town = msgspec.structs.replace(
            sample.municipalities[0], backups=(job,), servers=(), websites=()
        )
        return msgspec.structs.replace(
            sample,
            municipalities=(town,),
            servers=(store,),
            hosts=tuple(Host(one, "galil", one, ()) for one in (STORE, SOURCE)),
        )

    def look(self) -> dict[Side, Observation]:
        """What each side tells now; of two words the later one."""
        looked = look_at_backups(self.cluster, [KEY], self.providers)
        return {one.side: one for one in asyncio.run(looked)}

    def fact(self, side: Side) -> Any:
        one = self.look()[side]
        assert one.fact is not None, one.reason
        return one.fact

    def start(self) -> dict[str, Any]:
        answer = asyncio.run(start_jobs(self.cluster, [KEY], self.providers))[KEY]
        assert isinstance(answer, dict), answer
        told: dict[str, Any] = answer["job"]
        return told

    def drill(self) -> dict[str, Any]:
        answer = asyncio.run(drill_jobs(self.cluster, [KEY], self.providers))[KEY]
        assert isinstance(answer, dict), answer
        return answer

    def drill_by_schedule(self, store: Store) -> Run:
        """The drill as a worker makes it; the run when it has ended."""
        nothing: Any = None
        given = Collaborators(
            lambda: self.cluster,
            store,
            nothing,
            nothing,
            nothing,
            self.providers.now,
            open_hosts=lambda cluster, may_write: self.providers,
        )
        zones = ("", "galil")
        worker = Worker(store, given, InProcess(store), keep=nothing, zones=zones)
        waiting = waiting_errand("backup_drill", self.providers.now())
        assert store.queue.enqueue(waiting)
        assert worker.drain() == 1
        (run,) = store.runs.latest()
        return run

    def verify(self) -> Proof:
        (proof,) = asyncio.run(
            verify_backups(self.cluster, [self.resource], self.providers)
        )
        return proof
