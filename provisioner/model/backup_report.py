"""The backup report as a value: assets, jobs, and how they stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct

from provisioner.model.backup import Acknowledged, Judgement, Known, State
from provisioner.model.municipality import Names

KIND = "backup_job"
AssetKind = Literal["website", "database", "server", "files", "mailboxes", "forums"]
# Microsoft keeps these; nothing of ours can bring them back.
MICROSOFTS: tuple[AssetKind, ...] = ("mailboxes", "forums")


class Asset(Struct, frozen=True):
    """Something of an owner that can be lost; `count` where one line stands for many.

    `jobs` are the keys of the backup jobs that save it; `acknowledged` is an operator's
    word about its lack of one, as long as that is in force.
    """

    owner: str
    kind: AssetKind
    name: str
    jobs: tuple[str, ...] = ()
    count: int = 1
    acknowledged: Acknowledged | None = None

    @property
    def key(self) -> str:
        """Its name among all assets; that of a job has `backup_job` in the middle."""
        return f"{self.owner}/{self.kind}/{self.name}"

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

    @property
    def endangered(self) -> bool:
        """Whether somebody should look: an age, a contradiction, damage, or no way back."""
        checked, drilled = self.known.checked, self.known.drilled
        return bool(
            self.judgement.state is not State.OK
            or self.judgement.disagreements
            or (checked and not checked.sound)
            or (drilled and not drilled.passed)
        )


class BackupReport(Struct, frozen=True):
    """All assets and all jobs at a moment (UTC); `names` are those of owners by slug."""

    at: datetime
    names: dict[str, Names]
    assets: tuple[Asset, ...]
    jobs: tuple[JobStanding, ...]

    def job(self, key: str) -> JobStanding:
        return next(one for one in self.jobs if one.key == key)

    def kept_to(self, shown: Callable[[str], bool]) -> BackupReport:
        """The same without what belongs to owners that are not shown."""
        jobs = {one.key: one for one in self.jobs if shown(one.owner)}
        assets = (
            msgspec.structs.replace(one, jobs=tuple(k for k in one.jobs if k in jobs))
            for one in self.assets
            if shown(one.owner)
        )
        return msgspec.structs.replace(
            self, assets=tuple(assets), jobs=tuple(jobs.values())
        )

    @property
    def exit_code(self) -> int:
        """1 where something is unknown; 2 where something is in danger; else 0.

        What is acknowledged is in danger all the same.
        """
        if any(one.judgement.state is State.UNKNOWN for one in self.jobs):
            return 1
        return 2 if self.in_danger else 0

    @property
    def in_danger(self) -> dict[str, Acknowledged | None]:
        """Keys of jobs and of assets without one, each with the word about it, if any."""
        jobs = {
            one.key: one.judgement.acknowledged for one in self.jobs if one.endangered
        }
        return jobs | {one.key: one.acknowledged for one in self.assets if one.missing}
