"""What a run says of a request: its outcomes, its proofs, or that nothing was to be done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from provisioner.model.change import Action, Change, Drift, Finding
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.plan import Plan, Refusal
from provisioner.model.request import Act, Request, State, WaitsFor
from provisioner.model.run import Run, RunStatus
from provisioner.model.wish import PersonLeaves
from provisioner.service.request_verdict import Evidence, Verdict, verdict_of

AT = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
REQUEST = Request(
    "R1", "rameh", PersonLeaves("a"), "sami", AT, AT, "k", state=State.RECORDED
)
ONE, TWO = ("mailbox", "a@rameh.example"), ("mailbox", "b@rameh.example")


def key(of: tuple[str, str]) -> str:
    return f"rameh/{of[0]}/{of[1]}"


def outcome(
    of: tuple[str, str], status: Status, reason: str = "", **more: Any
) -> Outcome:
    return Outcome("rameh", *of, Action.CREATE, status, reason, **more)


def proof(of: tuple[str, str], *, holds: bool) -> Proof:
    return Proof("rameh", *of, AT, (Check("mailbox answers", holds=holds),))


def evidence(
    *parts: Outcome | Proof,
    plan: Plan | None = None,
    status: RunStatus = RunStatus.SUCCEEDED,
    asks: bool = False,
    kinds: tuple[str, ...] = (),
) -> Evidence:
    run = Run("run", "apply", "x", AT, ("rameh",), kinds, status=status, finished=AT)
    return Evidence(
        run,
        {one.key: one for one in parts if isinstance(one, Outcome)},
        {one.key: one for one in parts if isinstance(one, Proof)},
        {"rameh": plan or Plan("rameh", in_sync={"mailbox": 9})},
        asks,
    )


def verdict(found: Evidence, *resources: tuple[str, str]) -> Verdict | None:
    return verdict_of(REQUEST, resources or (ONE,), found)


def test_done_is_ready_only_with_a_proof() -> None:
    done = outcome(ONE, Status.DONE)
    assert verdict(evidence(done, proof(ONE, holds=True))) == Verdict(Act.READY)
    for found in (evidence(done), evidence(done, proof(ONE, holds=False))):
        told = verdict(found)
        assert told is not None
        assert (told.act, told.waits_for) == (Act.WAIT, WaitsFor.TIME)


@pytest.mark.parametrize(
    ("reason", "waits_for"),
    [
        ("waiting for a seat: SPB has 2 seats and 2 are taken", WaitsFor.SEAT),
        ("waits for domain rameh.example: waiting for DNS", WaitsFor.DOMAIN),
        ("the mailbox does not answer yet", WaitsFor.TIME),
    ],
)
def test_waiting_says_for_what_and_when_to_look(
    reason: str, waits_for: WaitsFor
) -> None:
    told = verdict(evidence(outcome(ONE, Status.WAITING, reason, next_look=AT)))
    assert told == Verdict(Act.WAIT, f"a@rameh.example: {reason}", waits_for, AT)


@pytest.mark.parametrize(
    ("status", "transient", "next_step"),
    [
        (Status.FAILED, True, "The next run tries again."),
        (Status.FAILED, False, "A person must act"),
        (Status.SKIPPED, False, "The next run tries again."),
        (Status.REFUSED, False, "A person must act"),
    ],
)
def test_failed_says_what_happens_next(
    status: Status, transient: bool, next_step: str
) -> None:
    told = verdict(evidence(outcome(ONE, status, "no", transient=transient)))
    assert told is not None
    assert told.act is Act.FAIL
    assert next_step in told.reason


def test_what_a_guard_held_back_waits_for_a_second_person_where_one_is_asked() -> None:
    held = Plan("rameh", refusals=(Refusal("removals", "rameh", "", "too many"),))
    told = verdict(evidence(plan=held, asks=True))
    assert told is not None
    assert (told.act, told.waits_for) == (Act.WAIT, WaitsFor.SECOND_PERSON)
    told = verdict(evidence(plan=held))
    assert told is not None
    assert told.act is Act.FAIL
    seats = Refusal("seats", "rameh", key(ONE), "no seat", waits=True)
    told = verdict(evidence(plan=Plan("rameh", refusals=(seats,))))
    assert told is not None
    assert (told.act, told.waits_for) == (Act.WAIT, WaitsFor.SEAT)


def test_nothing_to_do_is_ready_and_nothing_looked_at_is_nothing_said() -> None:
    assert verdict(evidence()) == Verdict(Act.READY)
    assert verdict(evidence(kinds=("website",))) is None
    assert verdict(evidence(plan=Plan("rameh", in_sync={"domain": 1}))) is None
    assert verdict(evidence(status=RunStatus.CANCELLED, kinds=("website",))) is not None


def test_what_could_not_be_read_is_unknown_and_never_ready() -> None:
    for name in ("a@rameh.example", ""):
        finding = Finding("rameh", "mailbox", name, Drift.UNKNOWN, "403")
        told = verdict(evidence(plan=Plan("rameh", findings=(finding,))))
        assert told is not None
        assert (told.act, told.waits_for) == (Act.WAIT, WaitsFor.TIME)
        assert "403" in told.reason


def test_a_change_the_run_did_not_come_to_is_not_ready() -> None:
    change = Change("rameh", *ONE, Action.CREATE, Drift.PENDING, (), None)
    plan = Plan("rameh", changes=(change,))
    told = verdict(evidence(plan=plan, status=RunStatus.CANCELLED))
    assert told is not None
    assert told.act is Act.FAIL
    assert "cancelled" in told.reason
    told = verdict(evidence(plan=plan))
    assert told is not None
    assert told.act is Act.WAIT


def test_of_many_people_the_worst_decides_and_all_must_be_ready() -> None:
    ready = (outcome(ONE, Status.DONE), proof(ONE, holds=True))
    waits = outcome(TWO, Status.WAITING, "later")
    told = verdict(evidence(*ready, waits), ONE, TWO)
    assert told is not None
    assert told.act is Act.WAIT
    fails = outcome(TWO, Status.FAILED, "no")
    told = verdict(evidence(outcome(ONE, Status.WAITING, "x"), fails), ONE, TWO)
    assert told is not None
    assert told.act is Act.FAIL
    assert verdict(evidence(*ready), ONE, TWO) == Verdict(Act.READY)
