"""Two people: one asks, another one agrees, once and in time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from provisioner.engine.approval import asked
from provisioner.engine.scope import Order
from provisioner.errors import StoreError
from provisioner.model.approval import Approval, PlannedChange
from provisioner.model.run import Run, RunStatus
from provisioner.service.orders import approve, order_of_run
from provisioner.store import Store

CHECKSUM = "c" * 64


@pytest.fixture
def present(store: Store) -> datetime:
    with store.database.read() as connection:
        return store.database.clock(connection)


def requested(store: Store, now: datetime, hours: float = 1) -> Approval:
    """Dana's apply was held back."""
    store.runs.start(Run("held", "apply", "Dana Levi", now))
    order = Order("apply", ("rameh",), checksum=CHECKSUM, actor="Dana Levi")
    approval = Approval(
        "held",
        CHECKSUM,
        asked(order) | {"release": ["removals"]},
        ("removals",),
        (PlannedChange("rameh/mailbox/nur", "delete", "0" * 16),),
        "Dana Levi",
        now,
        now + timedelta(hours=hours),
    )
    store.approvals.request(approval)
    return approval


def test_another_person_agrees_and_a_bound_run_waits(
    store: Store, present: datetime
) -> None:
    approval = requested(store, present)
    assert store.approvals.open() == [approval]
    following = store.runs.get(approve(store, "held", "Noa", present))
    assert following is not None
    assert following.status is RunStatus.QUEUED
    assert (following.follows, following.not_after) == ("held", approval.expires)
    order = order_of_run(following)
    assert (order.checksum, order.release) == (CHECKSUM, frozenset({"removals"}))
    assert (order.actor, order.approved_by) == ("Dana Levi", "Noa")
    found = store.approvals.get("held")
    assert found is not None
    assert (found.decided_by, found.followed_by) == ("Noa", following.id)
    assert store.approvals.open() == []
    (row,) = store.audit.latest()
    assert (row.actor, row.action, row.subject) == ("Noa", "approved", CHECKSUM)


@pytest.mark.parametrize("name", ["Dana Levi", "dana  LEVI"])
def test_nobody_approves_what_they_asked_for(
    name: str, store: Store, present: datetime
) -> None:
    requested(store, present)
    with pytest.raises(StoreError, match="takes two people"):
        approve(store, "held", name, present)
    assert [run.id for run in store.runs.latest()] == ["held"]
    assert store.audit.latest() == []


def test_an_approval_is_given_once(store: Store, present: datetime) -> None:
    requested(store, present)
    first = approve(store, "held", "Noa", present)
    with pytest.raises(StoreError, match=f"Noa has approved run held already.*{first}"):
        approve(store, "held", "Avi", present)
    assert [row.actor for row in store.audit.latest()] == ["Noa"]


def test_an_approval_that_comes_too_late_is_none(
    store: Store, present: datetime
) -> None:
    requested(store, present, hours=-1)
    assert store.approvals.open() == []
    with pytest.raises(StoreError, match="has expired"):
        approve(store, "held", "Noa", present)


def test_what_nobody_asked_for_cannot_be_approved(
    store: Store, present: datetime
) -> None:
    with pytest.raises(StoreError, match="asked for no approval"):
        approve(store, "other", "Noa", present)
    assert store.runs.latest() == []
