"""What an apply may say of open differences: only of what it proved, or found as wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from provisioner.engine.drift import settled
from provisioner.engine.plan import Draft
from provisioner.model.change import Change, Drift, Finding
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.plan import Plan

BEGAN = datetime(2026, 11, 22, tzinfo=UTC)
PROVED = BEGAN + timedelta(minutes=5)
AS_WANTED, ODD = "rameh/mailbox/calm", "rameh/mailbox/odd"
Make = Callable[[int], Change]


def outcome(of: Change, status: Status = Status.DONE) -> Outcome:
    return Outcome(of.municipality, of.kind, of.name, of.action, status)


def proof(of: Change, *, holds: bool = True) -> Proof:
    checks = (Check("mailbox answers", holds=holds),)
    return Proof(of.municipality, of.kind, of.name, PROVED, checks)


def test_only_what_was_proven_or_found_as_wanted_is_settled(create: Make) -> None:
    proven, unproven, unlooked, failed, by_hand, untried = (create(n) for n in range(6))
    by_hand = replace(by_hand, by_hand=("invite a guest",))
    changes = (proven, unproven, unlooked, failed, by_hand, untried)
    odd = Finding("rameh", "mailbox", "odd", Drift.UNKNOWN, "not read")
    draft = Draft(Plan("rameh", changes, (odd,)), (AS_WANTED, ODD))
    outcomes = [outcome(one) for one in (proven, unproven, unlooked, by_hand)]
    outcomes.append(outcome(failed, Status.FAILED))
    proofs = [proof(proven), proof(unproven, holds=False), proof(by_hand)]
    found = settled({"rameh": draft}, outcomes, proofs, BEGAN, PROVED)
    assert found == {AS_WANTED: BEGAN, proven.key: PROVED}
