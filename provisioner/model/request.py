"""A request of a municipality: its states, and the one function that moves it on."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from provisioner.model.language import Language
from provisioner.model.wish import Sort, Wish, sort_of

_LONGEST_REASON = 2000


class State(StrEnum):
    """How a request stands.

    `approved`: it is not in the inventory yet; where something is in the way, `reason`
    says what. `recorded`: it is in the inventory, at `commit` (none without git).
    `provisioning`: a run works on it. `waiting`: nothing is wrong, but time, a date or a
    purchase is needed (`waits_for`); before its recording, for its date or a free seat.
    `ready`: proven to work. `failed`: `reason` says why and what happens next.
    """

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RECORDED = "recorded"
    PROVISIONING = "provisioning"
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"
    CLOSED = "closed"

    @property
    def is_final(self) -> bool:
        return self in (State.REJECTED, State.WITHDRAWN, State.CLOSED)


class Act(StrEnum):
    """What is done to a request; the first four and `close` are people's."""

    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    HOLD = "hold"
    RECORD = "record"
    BEGIN = "begin"
    WAIT = "wait"
    READY = "ready"
    FAIL = "fail"
    CLOSE = "close"


class WaitsFor(StrEnum):
    """What a waiting request waits for; `time` is the tenant's own (a mailbox, a record)."""

    NOTHING = ""
    START_DATE = "start_date"
    SEAT = "seat"
    DOMAIN = "domain"
    SECOND_PERSON = "second_person"
    TIME = "time"


class Request(Struct, frozen=True):
    """One request; times are UTC, `start` is a local date.

    `requester` is who submitted it, `mail` and `language` where and how they are told.
    `version` grows with every step. No two requests of one requester have the same `key`
    (idempotency). `decided_by` approved or rejected it; `automatic` where the policy did.
    `reason` is that of the last step. `commit` is the inventory's commit
    that made it so, `run` the run that works on it.
    """

    id: str
    municipality: str
    wish: Wish
    requester: str
    submitted: datetime
    changed: datetime
    key: str
    mail: str = ""
    language: Language = "he"
    state: State = State.SUBMITTED
    version: int = 1
    start: date | None = None
    decided_by: str = ""
    automatic: bool = False
    reason: str = ""
    waits_for: WaitsFor = WaitsFor.NOTHING
    recorded: datetime | None = None
    commit: str = ""
    run: str = ""

    @property
    def sort(self) -> Sort:
        return sort_of(self.wish)

    @property
    def is_due(self) -> bool:
        """Whether it is approved and not in the inventory yet."""
        decided = self.state in (State.APPROVED, State.WAITING)
        return decided and self.recorded is None


class Step(Struct, frozen=True, gc=False):
    """One entry of a request's time line; `number` is the version it led to."""

    request: str
    number: int
    at: datetime
    who: str
    act: Act
    state: State
    reason: str = ""
    waits_for: WaitsFor = WaitsFor.NOTHING


class WrongStep(ValueError):
    """A request cannot be moved like that from where it is."""


_S, _A = State, Act
_UNRECORDED: Final[dict[Act, State]] = {
    _A.REJECT: _S.REJECTED,
    _A.WITHDRAW: _S.WITHDRAWN,
    _A.HOLD: _S.APPROVED,
    _A.WAIT: _S.WAITING,
    _A.RECORD: _S.RECORDED,
}
_IN_WORK: Final[dict[Act, State]] = {
    _A.BEGIN: _S.PROVISIONING,
    _A.WAIT: _S.WAITING,
    _A.READY: _S.READY,
    _A.FAIL: _S.FAILED,
}
BEFORE_RECORDING: Final[dict[State, dict[Act, State]]] = {
    _S.SUBMITTED: {
        _A.APPROVE: _S.APPROVED,
        _A.REJECT: _S.REJECTED,
        _A.WITHDRAW: _S.WITHDRAWN,
    },
    _S.APPROVED: _UNRECORDED,
    _S.WAITING: _UNRECORDED,
}
"""Where each act leads while the inventory does not have it yet."""
AFTER_RECORDING: Final[dict[State, dict[Act, State]]] = {
    _S.RECORDED: _IN_WORK,
    _S.PROVISIONING: _IN_WORK,
    _S.WAITING: _IN_WORK | {_A.CLOSE: _S.CLOSED},
    _S.FAILED: _IN_WORK | {_A.CLOSE: _S.CLOSED},
    _S.READY: {_A.CLOSE: _S.CLOSED},
}
"""Where each act leads once it is in the inventory."""
NEEDS_REASON: Final = frozenset({_A.REJECT, _A.HOLD, _A.WAIT, _A.FAIL})


def acts(request: Request) -> frozenset[Act]:
    """What may be done to a request as it stands."""
    table = BEFORE_RECORDING if request.recorded is None else AFTER_RECORDING
    return frozenset(table.get(request.state, ()))


def move(
    request: Request,
    act: Act,
    who: str,
    at: datetime,
    reason: str = "",
    *,
    waits_for: WaitsFor = WaitsFor.NOTHING,
    commit: str = "",
    run: str = "",
) -> tuple[Request, Step]:
    """The request one step on, and the entry of its time line. Pure.

    `waits_for` belongs to `wait`, `commit` to `record`, `run` to whatever a run did.
    Raises `WrongStep` where the act is not one of `acts`, or lacks its reason.
    """
    table = BEFORE_RECORDING if request.recorded is None else AFTER_RECORDING
    state = table.get(request.state, {}).get(act)
    if state is None:
        raise WrongStep(f"The request is {request.state}; nobody can {act} it now.")
    reason = _one_line(reason)
    if act in NEEDS_REASON and not reason:
        raise WrongStep(f"To {act} a request takes a reason.")
    if (act is Act.WAIT) == (waits_for is WaitsFor.NOTHING):
        raise WrongStep("Who waits, waits for something; and nobody else does.")
    moved = msgspec.structs.replace(
        request,
        state=state,
        version=request.version + 1,
        changed=at,
        reason=reason,
        waits_for=waits_for,
        decided_by=who if act in (Act.APPROVE, Act.REJECT) else request.decided_by,
        recorded=at if act is Act.RECORD else request.recorded,
        commit=commit or request.commit,
        run=run or request.run,
    )
    return moved, _step(moved, act, who)


def _one_line(reason: str) -> str:
    """A reason as one line of visible characters: it is shown at terminals and in mails."""
    visible = "".join(one if one.isprintable() else " " for one in reason)
    return " ".join(visible.split())[:_LONGEST_REASON]


def submitted(request: Request) -> Step:
    """The first entry of the time line."""
    return _step(request, Act.SUBMIT, request.requester)


def _step(request: Request, act: Act, who: str) -> Step:
    return Step(
        request=request.id,
        number=request.version,
        at=request.changed,
        who=who,
        act=act,
        state=request.state,
        reason=request.reason,
        waits_for=request.waits_for,
    )


def new_request_id(now: datetime) -> str:
    """An id that sorts by time and can be read aloud.

    >>> new_request_id(datetime(2026, 3, 1, 6, 30, tzinfo=UTC))[:19]
    'R20260301-063000-00'
    """
    moment = now.astimezone(UTC)
    tail = secrets.token_hex(3)
    return f"R{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03d}-{tail}"
