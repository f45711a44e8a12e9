"""What is watched over: backups, schedules, the audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from provisioner.model.backup_report import BackupReport, JobStanding
from provisioner.portal.api.calls import CONFLICTS, answer, caller
from provisioner.portal.api.listing import (
    Cursor,
    Limit,
    key_of,
    number_key,
    page,
    window,
)
from provisioner.portal.api.problems import Problem
from provisioner.portal.api.shapes import watching as shapes
from provisioner.portal.preferences import language_of
from provisioner.portal.queries import audit, backups, times
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May, Viewer
from provisioner.renderers.language import translator

router = APIRouter(tags=["watching"])
Named = Annotated[str, Query(max_length=100)]
Text = Annotated[str, Query(max_length=200)]


@router.get("/backups", response_model=shapes.BackupPage)
def list_backups(
    request: Request,
    viewer: Annotated[Viewer, caller(May.LOOK)],
    municipality: Named = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Everything that can be lost, the jobs that save it, and how they stand."""
    portal, after = portal_of(request), key_of(request, cursor)
    report = backups.seen(portal, cluster_of(request), viewer, municipality)
    found, key = window(
        list(_lines(report)),
        lambda x: (x.municipality, x.asset, x.name, x.job.key if x.job else ""),
        after,
        limit,
    )
    return page(request, shapes.BackupPage, found, key)


@router.put(
    "/backup-acknowledgements/{key:path}",
    response_model=shapes.Known,
    responses=CONFLICTS,
)
def acknowledge_backup(
    request: Request,
    key: str,
    viewer: Annotated[Viewer, caller(May.BACKUPS)],
    word: shapes.Acknowledgement,
) -> Response:
    """Let a backup in danger be, to the end of a day; its notices are silent until then."""
    portal, cluster = portal_of(request), cluster_of(request)
    words = translator(language_of(request))
    if backups.one(portal, cluster, viewer, words, key) is None:
        raise Problem(404)
    kept = backups.acknowledge(portal, viewer, key, word.last_day, word.reason)
    return answer(shapes.Known.model_validate(kept))


def _lines(report: BackupReport) -> Iterator[shapes.Backup]:
    for asset in report.assets:
        for key in asset.jobs or ("",):
            yield shapes.Backup(
                municipality=asset.owner,
                asset=asset.kind,
                name=asset.name,
                count=asset.count,
                ours=asset.ours,
                missing=asset.missing,
                job=_job(report.job(key)) if key else None,
            )


def _job(job: JobStanding) -> shapes.BackupJob:
    known, judged = job.known, job.judgement
    listed, checked, drilled = known.listed, known.checked, known.drilled
    return shapes.BackupJob(
        key=job.key,
        host=job.host,
        repository=job.repository,
        state=judged.state.value,
        reason=judged.reason,
        recovery_point=int(job.recovery_point.total_seconds()),
        newest=listed.newest if listed else None,
        size=listed.size if listed else None,
        checked=checked.at if checked else None,
        sound=checked.sound if checked else None,
        drilled=drilled.at if drilled else None,
        passed=drilled.passed if drilled else None,
        disagreements=[one.name for one in judged.disagreements],
    )


@router.get("/schedules", response_model=shapes.SchedulePage)
def list_schedules(
    request: Request,
    viewer: Annotated[Viewer, caller(May.RUNS)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """When runs begin by themselves, with the next times of each schedule."""
    portal, after = portal_of(request), key_of(request, cursor)
    table = times.timetable(portal.store, cluster_of(request), portal.now())
    found, key = window(table.schedules, lambda one: (one.name,), after, limit)
    shown = [shapes.Schedule.model_validate(one) for one in found]
    return page(request, shapes.SchedulePage, shown, key)


@router.get("/audit", response_model=shapes.AuditPage)
def list_audit(
    request: Request,
    viewer: Annotated[Viewer, caller(May.AUDIT)],
    words: Text = "",
    actor: Text = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Who did what, newest first."""
    before = number_key(request, cursor)
    found = audit.search(portal_of(request).store, words, actor, before, limit)
    shown = [
        shapes.AuditRow.model_validate(
            msgspec.structs.asdict(one.row) | {"at": one.at, "details": one.details}
        )
        for one in found.lines
    ]
    return page(
        request, shapes.AuditPage, shown, (found.after,) if found.after else None
    )
