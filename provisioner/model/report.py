"""What a run found and did: the one value every renderer and exit code is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from provisioner.model.backup_report import BackupReport
from provisioner.model.change import Change, Finding
from provisioner.model.drift_item import DriftItem
from provisioner.model.municipality import Level, Municipality, Names
from provisioner.model.outcome import Outcome, Proof, Status
from provisioner.model.plan import Plan, Refusal
from provisioner.model.resource import Seats

Mode = Literal["plan", "apply", "drift"]

SCHEMA_VERSION = 1


class MunicipalityReport(Struct, frozen=True):
    """One municipality in a report, or the cluster itself (`level`, without a domain).

    `error` is set where the municipality could not be worked on at all; the others went on.
    """

    slug: str
    names: Names
    domain: str
    plan: Plan
    checksum: str
    outcomes: tuple[Outcome, ...] = ()
    proofs: tuple[Proof, ...] = ()
    drift: tuple[DriftItem, ...] = ()
    resolved: tuple[DriftItem, ...] = ()
    error: str = ""
    level: Level = "municipality"

    @classmethod
    def of(
        cls,
        owner: Municipality,
        plan: Plan,
        outcomes: Sequence[Outcome] = (),
        proofs: Sequence[Proof] = (),
        drift: Sequence[DriftItem] = (),
        resolved: Sequence[DriftItem] = (),
    ) -> MunicipalityReport:
        """What is told of an owner as the inventory knows it."""
        return cls(
            owner.slug,
            owner.names,
            owner.domain,
            plan,
            plan.checksum,
            tuple(outcomes),
            tuple(proofs),
            tuple(drift),
            tuple(resolved),
            level=owner.level,
        )

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.plan.changes

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return self.plan.refusals

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.plan.findings


class TenantSeats(Struct, frozen=True):
    """Seats of one tenant as counted by the provider at the start of the run."""

    tenant: str
    seats: tuple[Seats, ...]


class Asked(Struct, frozen=True):
    """What a run was narrowed to; nothing named is everything.

    `deep` is true where it read the settings of every mailbox.
    """

    municipalities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    deep: bool = False

    @property
    def options(self) -> str:
        """As a command takes it, with a space before each option."""
        return "".join(
            (
                *(f" --municipality {one}" for one in self.municipalities),
                *(f" --kind {one}" for one in self.kinds),
                " --deep" if self.deep else "",
            )
        )


class Report(Struct, frozen=True):
    """One run over a scope, ready to be rendered; times are UTC.

    `remarks` are sentences about the run as a whole: what it could not find out, and why.
    `backups` is what was known of them at its end, where the run looked at backup jobs.
    `asked` is what a command must name to look at the same again.
    """

    run_id: str
    mode: Mode
    cluster: Names
    commit: str
    started: datetime
    finished: datetime
    checksum: str
    municipalities: tuple[MunicipalityReport, ...]
    seats: tuple[TenantSeats, ...] = ()
    schema: int = SCHEMA_VERSION
    remarks: tuple[str, ...] = ()
    backups: BackupReport | None = None
    asked: Asked = Asked()

    def tally(self) -> dict[str, int]:
        """Changes planned, and outcomes by status, for the list of runs."""
        every = (one for town in self.municipalities for one in town.outcomes)
        outcomes = Counter(one.status.value for one in every)
        changes = sum(len(one.changes) for one in self.municipalities)
        return {"changes": changes, **dict(sorted(outcomes.items()))}

    @property
    def exit_code(self) -> int:
        """0 nothing to do or all proven; 2 changes, drift or waiting; 1 error or unknown."""
        if any(self._has_error(one) for one in self.municipalities):
            return 1
        if self.mode == "apply":
            return 2 if any(self._unfinished(one) for one in self.municipalities) else 0
        return 2 if any(self._differs(one) for one in self.municipalities) else 0

    def _has_error(self, one: MunicipalityReport) -> bool:
        failed = any(outcome.status is Status.FAILED for outcome in one.outcomes)
        unknown = any(finding.drift == "unknown" for finding in one.findings)
        return bool(one.error) or failed or unknown

    def _unfinished(self, one: MunicipalityReport) -> bool:
        undone = any(outcome.status is not Status.DONE for outcome in one.outcomes)
        unproven = any(not proof.proven for proof in one.proofs)
        by_hand = any(not change.writes for change in one.changes)
        return undone or unproven or by_hand or bool(one.refusals)

    def _differs(self, one: MunicipalityReport) -> bool:
        if self.mode == "drift":
            return bool(one.drift or one.changes or one.findings)
        return bool(one.changes or one.refusals)
