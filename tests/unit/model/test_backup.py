"""How a backup is judged: by what the repository has, never by the job's own word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec import Struct

from provisioner.model.backup import (
    Disagreement,
    Drilled,
    JobSaid,
    Known,
    Listed,
    State,
    judge,
)
from provisioner.model.backup_report import Asset, BackupReport, JobStanding

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POINT = timedelta(hours=26)


def listed(hours: float | None, future: int = 0) -> Listed:
    newest = None if hours is None else NOW - hours * HOUR
    return Listed(newest, copies=3, future=future)


def done(hours: float, took: float = 0.1) -> JobSaid:
    return JobSaid("done", NOW - hours * HOUR, NOW - (hours - took) * HOUR)


class Case(Struct):
    """What is known, how long ago the repository was read, and the verdict."""

    state: State
    listed: Listed | None = None
    looked: float = 0
    job: JobSaid | None = None
    unread: str = ""
    disagreements: tuple[Disagreement, ...] = ()
    point: timedelta = POINT


CASES = {
    "a copy of last night is fine": Case(State.OK, listed(10), job=done(10)),
    "a missed run is late while the recovery point holds": Case(
        State.LATE, listed(25.5), job=done(25.5)
    ),
    "a copy older than the recovery point is a breach": Case(
        State.BREACHED, listed(26.5), job=done(26.5)
    ),
    "a wide recovery point is late for longer": Case(
        State.LATE, listed(70), point=timedelta(hours=72)
    ),
    "a narrow recovery point is breached before a run is missed": Case(
        State.BREACHED, listed(13), point=timedelta(hours=12)
    ),
    "a repository without a copy never had one": Case(State.NEVER, listed(None)),
    "nobody has looked": Case(State.UNKNOWN),
    "the job alone makes nothing good": Case(State.UNKNOWN, job=done(1)),
    "an unreachable repository is unknown however new its last copy": Case(
        State.UNKNOWN, listed(1), unread="The host cannot be reached."
    ),
    "an old look cannot tell a breach": Case(State.UNKNOWN, listed(40), looked=30),
    "an old look that saw the breach tells it still": Case(
        State.BREACHED, listed(90), looked=30
    ),
    "an old look at a copy still young is enough": Case(
        State.OK, listed(20), looked=10
    ),
    "the job says done and the repository is empty": Case(
        State.NEVER,
        listed(None),
        job=done(2),
        disagreements=(Disagreement.NOTHING_OF_IT,),
    ),
    "the job says done and the repository has only older ones": Case(
        State.BREACHED,
        listed(50),
        job=done(2),
        disagreements=(Disagreement.NOTHING_OF_IT,),
    ),
    "the job never ran and the repository has a copy": Case(
        State.OK,
        listed(3),
        job=JobSaid("never"),
        disagreements=(Disagreement.NEWER_THAN_TOLD,),
    ),
    "the job failed and the repository has all of it": Case(
        State.OK,
        listed(3),
        job=JobSaid("failed", NOW - 4 * HOUR, NOW - 2 * HOUR, "rc 3"),
        disagreements=(Disagreement.NEWER_THAN_TOLD,),
    ),
    "a copy after the job's last end is not the job's": Case(
        State.OK,
        listed(3),
        job=done(9),
        disagreements=(Disagreement.NEWER_THAN_TOLD,),
    ),
    "a failed job and an old copy agree": Case(
        State.BREACHED, listed(30), job=JobSaid("failed", NOW - HOUR, NOW)
    ),
    "a job at work contradicts nobody": Case(
        State.OK, listed(20), job=JobSaid("running", NOW - HOUR)
    ),
    "clocks a minute apart are no news": Case(
        State.OK, listed(2.02), job=done(2), disagreements=()
    ),
    "copies from the future are told": Case(
        State.OK, listed(2, future=1), disagreements=(Disagreement.FUTURE,)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_backup_is_judged(name: str) -> None:
    case = CASES[name]
    known = Known(
        case.job,
        case.listed,
        None if case.listed is None else NOW - case.looked * HOUR,
        unread={"repository": case.unread} if case.unread else {},
    )
    found = judge(known, case.point, NOW)
    assert found.state is case.state
    assert found.disagreements == case.disagreements
    assert bool(found.reason) == (case.state is State.UNKNOWN)
    if case.listed and case.listed.newest:
        assert found.age == NOW - case.listed.newest, "the last known age is told"


@pytest.mark.parametrize(
    ("sizes", "change", "sudden"),
    [
        ((100, 100, 100), 0.0, False),
        ((110, 100, 90, 100), 0.1, False),
        ((20, 100, 100), -0.8, True),
        ((300, 100, 100, 100), 2.0, True),
        ((40, 100, 4000, 100), -0.6, True),
    ],
)
def test_the_size_is_held_against_the_usual_one(
    sizes: tuple[int, ...], change: float, sudden: bool
) -> None:
    megabytes = tuple((NOW, size << 20) for size in sizes)
    trend = judge(Known(sizes=megabytes), POINT, NOW).trend
    assert trend is not None
    assert trend.change == pytest.approx(change)
    assert trend.sudden is sudden


def test_one_size_is_no_trend_and_a_small_one_is_never_sudden() -> None:
    assert judge(Known(sizes=((NOW, 5),)), POINT, NOW).trend is None
    tiny = judge(Known(sizes=((NOW, 900), (NOW, 100))), POINT, NOW).trend
    assert tiny is not None
    assert not tiny.sudden


def _report(*states: State, drilled: Drilled | None = None) -> BackupReport:
    fine = judge(Known(), POINT, NOW)
    jobs = tuple(
        JobStanding(
            f"rameh/backup_job/{number}",
            "rameh",
            str(number),
            "web-1",
            "/r",
            POINT,
            Known(drilled=drilled),
            msgspec.structs.replace(fine, state=state),
        )
        for number, state in enumerate(states)
    )
    return BackupReport(NOW, {}, (), jobs)


def test_the_exit_code_tells_the_worst() -> None:
    assert _report().exit_code == 0
    assert _report(State.OK).exit_code == 0
    for state in (State.LATE, State.BREACHED, State.NEVER):
        assert _report(State.OK, state).exit_code == 2
    assert _report(State.BREACHED, State.UNKNOWN).exit_code == 1
    assert _report(State.OK, drilled=Drilled(NOW, passed=False)).exit_code == 2


def test_a_website_without_a_backup_is_missing_one_and_a_server_is_not() -> None:
    bare = (
        Asset("rameh", "website", "main"),
        Asset("rameh", "server", "web-1"),
        Asset("rameh", "mailboxes", "", count=12),
    )
    assert [one.missing for one in bare] == [True, False, False]
    assert BackupReport(NOW, {}, bare, ()).exit_code == 2
    assert BackupReport(NOW, {}, bare[1:], ()).exit_code == 0


def test_a_report_is_kept_to_some_owners() -> None:
    told = msgspec.structs.replace(
        _report(State.OK, State.LATE),
        assets=(
            Asset("rameh", "website", "main", ("rameh/backup_job/0",)),
            Asset("yarka", "website", "main", ("yarka/backup_job/0",)),
        ),
    )
    kept = told.kept_to("rameh".__eq__)
    assert [one.owner for one in kept.assets] == ["rameh"]
    assert kept.jobs == told.jobs
    none = told.kept_to("yarka".__eq__)
    assert none.jobs == ()
    assert [one.owner for one in none.assets] == ["yarka"]
