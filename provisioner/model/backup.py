"""What is known of a backup, from the job and from its repository, and the judgement of it.

The job's word is one source; what the repository lists is the other, and alone decides.
Nothing here reads or writes anything. Times are UTC.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Literal

from msgspec import Struct

# Jobs run once a day, begin up to a quarter of an hour late, and then take their time.
RUN_EVERY = timedelta(hours=25)
# What was seen longer ago than this says nothing about now once time has run out.
FRESH = timedelta(hours=1)
_CLOCKS_APART = timedelta(minutes=5)
_SUDDEN = 0.5
_SMALL = 1 << 20


class State(StrEnum):
    """How the newest copy stands against the recovery point of the inventory.

    `late`: a run was missed, the recovery point still holds. `breached`: it does not.
    `never`: the repository was read and has no copy. `unknown`: it could not be read.
    """

    OK = "ok"
    LATE = "late"
    BREACHED = "breached"
    NEVER = "never"
    UNKNOWN = "unknown"


class Disagreement(StrEnum):
    """How the job and the repository contradict each other."""

    NOTHING_OF_IT = "the job says done, the repository has nothing of it"
    NEWER_THAN_TOLD = "the repository has a copy that the job does not know of"
    FUTURE = "the repository has copies from the future"


class JobSaid(Struct, frozen=True, tag="job"):
    """The job's own report of its last run; `ended` is None while it runs."""

    result: Literal["done", "failed", "running", "never"]
    started: datetime | None = None
    ended: datetime | None = None
    reason: str = ""


class Listed(Struct, frozen=True, tag="repository"):
    """What a repository has of a job, as listed on the side of the repository.

    `newest` is of the source (files, each database) whose newest copy is oldest, None
    where one of them has none; copies from the future are only counted. `size` is what
    the newest copies hold, `stored` what the whole repository takes on disk, bytes both.
    `independent`: listed on another host than the job's.
    """

    newest: datetime | None = None
    oldest: datetime | None = None
    copies: int = 0
    size: int | None = None
    stored: int | None = None
    future: int = 0
    independent: bool = True


class Checked(Struct, frozen=True, tag="check"):
    """The last integrity check; `part` is which share of the bytes was read (`3/14`)."""

    at: datetime
    sound: bool
    part: str = ""
    reason: str = ""


class Drilled(Struct, frozen=True, tag="drill"):
    """The last restore drill: of the copy of `copied`, what was compared and how it ended.

    Of `files` restored, `same` are byte for byte those of the source, `differ` are not
    though they should, `changed` were changed or removed at the source since. `databases`
    were loaded into a scratch server with so many `tables` and `rows`.
    """

    at: datetime
    passed: bool
    copied: datetime | None = None
    files: int = 0
    same: int = 0
    differ: int = 0
    changed: int = 0
    size: int = 0
    databases: int = 0
    tables: int = 0
    rows: int = 0
    reason: str = ""


class Acknowledged(Struct, frozen=True, tag="operator"):
    """Somebody knows that a backup is in danger, says why, and lets it be for a while.

    It makes nothing good: the state stays as it is, and only its notices keep silent.
    """

    until: datetime
    reason: str
    actor: str
    at: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it is in force; it ends by itself."""
        return now < self.until


Side = Literal["job", "repository", "check", "drill", "operator"]
Fact = JobSaid | Listed | Checked | Drilled | Acknowledged


class Observation(Struct, frozen=True):
    """What one side told of a job at a moment; None with a reason where it did not.

    An operator may also speak of something that no job saves, by its own key.
    """

    key: str
    side: Side
    at: datetime
    fact: Fact | None
    reason: str = ""


class Known(Struct, frozen=True):
    """All that is known of one job: the last word of each side, and since when.

    `unread` are the sides that did not answer when last asked, with why. `sizes` are
    those of earlier listings, newest first.
    """

    job: JobSaid | None = None
    listed: Listed | None = None
    listed_at: datetime | None = None
    checked: Checked | None = None
    drilled: Drilled | None = None
    acknowledged: Acknowledged | None = None
    unread: dict[Side, str] = {}
    sizes: tuple[tuple[datetime, int], ...] = ()


class Trend(Struct, frozen=True):
    """How much the newest copy holds against the median of those before it.

    `change` is a share: 0.1 is a tenth more. `sudden`: somebody should look.
    """

    usual: int
    change: float
    sudden: bool


class Judgement(Struct, frozen=True):
    """Where a backup stands; `age` is that of the newest copy known, maybe long ago.

    `acknowledged` is the operator's word as long as it is in force.
    """

    state: State
    age: timedelta | None = None
    reason: str = ""
    disagreements: tuple[Disagreement, ...] = ()
    trend: Trend | None = None
    acknowledged: Acknowledged | None = None


def judge(known: Known, recovery_point: timedelta, now: datetime) -> Judgement:
    """The state of a backup from what is known of it; the job's word never makes it ok."""
    listed = known.listed
    age = now - listed.newest if listed and listed.newest else None
    state, reason = _state(known, recovery_point, now)
    word = known.acknowledged
    return Judgement(
        state,
        age,
        reason,
        tuple(_disagreements(known)),
        _trend(known.sizes),
        word if word and word.holds(now) else None,
    )


def _state(known: Known, recovery_point: timedelta, now: datetime) -> tuple[State, str]:
    if "repository" in known.unread:
        return State.UNKNOWN, known.unread["repository"]
    if known.listed is None or known.listed_at is None:
        return State.UNKNOWN, "Nobody has looked yet."
    if known.listed.newest is None:
        state = State.NEVER
    else:
        state = _by_age(now - known.listed.newest, recovery_point)
        then = _by_age(known.listed_at - known.listed.newest, recovery_point)
        if state is not then and now - known.listed_at > FRESH:
            return State.UNKNOWN, "Nobody has looked since a new copy was due."
    return state, ""


def _by_age(age: timedelta, recovery_point: timedelta) -> State:
    if age > recovery_point:
        return State.BREACHED
    return State.LATE if age > RUN_EVERY else State.OK


def _disagreements(known: Known) -> list[Disagreement]:
    found = []
    job, listed = known.job, known.listed
    if listed is not None and listed.future:
        found.append(Disagreement.FUTURE)
    both = not known.unread.keys() & {"job", "repository"}
    if job is None or listed is None or not both:
        return found
    newest = listed.newest
    if job.result == "done" and _lacks(newest, job):
        found.append(Disagreement.NOTHING_OF_IT)
    elif newest is not None and _unknown_to(job, newest):
        found.append(Disagreement.NEWER_THAN_TOLD)
    return found


def _lacks(newest: datetime | None, job: JobSaid) -> bool:
    if job.started is None:
        return False
    return newest is None or newest < job.started - _CLOCKS_APART


def _unknown_to(job: JobSaid, newest: datetime) -> bool:
    """Whether a copy is newer than all that the job speaks of."""
    if job.result == "done":
        return job.ended is not None and newest > job.ended + _CLOCKS_APART
    if job.result == "failed":
        return job.started is not None and newest > job.started
    return job.result == "never"


def _trend(sizes: tuple[tuple[datetime, int], ...]) -> Trend | None:
    """None where there is nothing to compare with."""
    if len(sizes) < 2:
        return None
    last, *before = [size for _, size in sizes]
    usual = int(median(before))
    change = (last - usual) / usual if usual else 0.0
    sudden = abs(change) > _SUDDEN and abs(last - usual) > _SMALL
    return Trend(usual, round(change, 3), sudden)
