"""What is watched over: backups, schedules, the audit."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from provisioner.model.backup import State
from provisioner.model.backup_report import AssetKind
from provisioner.portal.api.shapes.base import (
    Hash,
    Key,
    Moment,
    Page,
    Reason,
    Shape,
    Slug,
    Taken,
    Who,
)
from provisioner.service.acknowledging import LONGEST_REASON, SHORTEST_REASON

Standing = Annotated[
    str, Field(json_schema_extra={"enum": [one.value for one in State]})
]


class BackupJob(Shape):
    """The job that saves an asset, as its repository shows it; bytes and seconds."""

    key: Key
    host: Annotated[str, Field(examples=["web1"])]
    repository: Annotated[str, Field(examples=["store1"])]
    state: Standing
    reason: Reason
    recovery_point: Annotated[int, Field(description="Seconds.", examples=[86400])]
    newest: Annotated[Moment | None, Field(description="The newest good copy.")]
    size: Annotated[int | None, Field(description="Bytes.", examples=[52428800])]
    checked: Annotated[Moment | None, Field(description="The last integrity check.")]
    sound: Annotated[bool | None, Field(description="How it ended.", examples=[True])]
    drilled: Annotated[Moment | None, Field(description="The last restore drill.")]
    passed: Annotated[bool | None, Field(description="How it ended.", examples=[True])]
    disagreements: list[Annotated[str, Field(examples=["FUTURE"])]]


class Known(Shape):
    """Who knows of a backup in danger, why it may be, and until when."""

    until: Moment
    reason: Reason
    actor: Who
    at: Moment


class Acknowledgement(Taken):
    """To the end of which day a backup in danger is let be, and why."""

    last_day: Annotated[date, Field(examples=["2026-12-01"])]
    reason: Annotated[
        Reason, Field(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)
    ]


class Backup(Shape):
    """Something that can be lost, with one job that saves it; null where none does.

    `ours` is false for what the vendor keeps; `missing` where it should have a job.
    """

    municipality: Slug
    asset: AssetKind
    name: Annotated[str, Field(examples=["www.rameh.example"])]
    count: Annotated[int, Field(examples=[1])]
    ours: bool
    missing: bool
    job: BackupJob | None


class BackupPage(Page[Backup]):
    """A part of the assets and their jobs."""


class Time(Shape):
    """A time of a schedule, and what would hold its writes back until when."""

    at: Moment
    blocked_by: Reason
    until: Moment | None


class Schedule(Shape):
    """Runs that begin by themselves; `meaning` says in words when."""

    name: Annotated[str, Field(examples=["nightly-drift"])]
    what: Annotated[str, Field(examples=["drift"])]
    meaning: Annotated[str, Field(examples=["at 02:00 on every day"])]
    times: list[Time]
    last_fired: Moment | None


class SchedulePage(Page[Schedule]):
    """A part of the schedules, by name."""


class AuditRow(Shape):
    """What somebody did; `hash` covers this row and all before it."""

    id: Annotated[int, Field(examples=[1042])]
    at: Moment
    actor: Who
    action: Annotated[str, Field(examples=["acknowledged"])]
    subject: Annotated[str, Field(examples=["rameh/mailbox/naomi@rameh.example"])]
    details: Annotated[dict[str, Any], Field(examples=[{"reason": "Agreed."}])]
    hash: Hash


class AuditPage(Page[AuditRow]):
    """A part of the audit, newest first."""
