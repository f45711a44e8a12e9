"""The backup report as a value: assets, jobs, and how they stand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from provisioner.model.backup import Judgement, Known, State
from provisioner.model.municipality import Names

KIND = "backup_job"
AssetKind = Literal["website", "database", "server", "files", "mailboxes", "forums"]
# Microsoft keeps these; nothing of ours can bring them back.
MICROSOFTS: tuple[AssetKind, ...] = ("mailboxes", "forums")


class Asset(Struct, frozen=True):
    """Something of an owner that can be lost; `count` where one line stands for many.

    `jobs` are the keys of the backup jobs that save it.
    """

    owner: str
    kind: AssetKind
    name: str
    jobs: tuple[str, ...] = ()
    count: int = 1

    @property
    def ours(self) -> bool:
        """Whether a backup of it would be ours to make."""
        return self.kind not in MICROSOFTS

    @property
    def missing(self) -> bool:
        """Whether it should have a backup and has none.

        A server without data of its own is made anew from the inventory.
        """
        return self.ours and self.kind != "server" and not self.jobs


class JobStanding(Struct, frozen=True):
    """One backup job: what the inventory wants of it, what is known, the judgement."""

    key: str
    owner: str
    name: str
    host: str
    repository: str
    recovery_point: timedelta
    known: Known
    judgement: Judgement


class BackupReport(Struct, frozen=True):
    """All assets and all jobs at a moment (UTC); `names` are those of owners by slug."""

    at: datetime
    names: dict[str, Names]
    assets: tuple[Asset, ...]
    jobs: tuple[JobStanding, ...]

    def job(self, key: str) -> JobStanding:
        return next(one for one in self.jobs if one.key == key)

    @property
    def exit_code(self) -> int:
        """1 where something is unknown; 2 late, breached, never, or no backup; else 0."""
        states = {one.judgement.state for one in self.jobs}
        if State.UNKNOWN in states:
            return 1
        drills = [one.known.drilled for one in self.jobs]
        bad = states - {State.OK} or any(one.missing for one in self.assets)
        bad = bad or any(one.judgement.disagreements for one in self.jobs)
        return 2 if bad or any(one and not one.passed for one in drills) else 0
