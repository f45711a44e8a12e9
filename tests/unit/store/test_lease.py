"""The heartbeat of a lease when the store behind it fails for a while, or for good."""

from __future__ import annotations

import time

import pytest

from provisioner.errors import RunInProgress, StoreBusy, StoreError
from provisioner.store.lease import Lease


class Keeper:
    """Answers a heartbeat with what the test put in; a fault made on purpose."""

    def __init__(self, answer: bool | StoreError) -> None:
        self.answer = answer
        self.beats = 0
        self.released = 0

    def renew(self, lease: Lease) -> bool:
        self.beats += 1
        if isinstance(self.answer, StoreError):
            raise self.answer
        return self.answer

    def release(self, lease: Lease) -> None:
        self.released += 1
        if isinstance(self.answer, StoreError):
            raise self.answer


def lease(keeper: Keeper, seconds: float = 0.15) -> Lease:
    return Lease(keeper, ("rameh/mailbox",), "run1", 7, seconds)


def test_a_store_that_is_busy_for_a_moment_costs_no_lease() -> None:
    keeper = Keeper(StoreBusy())
    with lease(keeper, 0.6).kept() as held:
        while not keeper.beats:
            time.sleep(0.01)
        keeper.answer = True
        while keeper.beats < 4:
            time.sleep(0.01)
        held.require()
    assert keeper.released == 1


def test_a_lease_without_a_heartbeat_in_its_time_is_lost() -> None:
    with lease(Keeper(StoreBusy())).kept() as held:
        time.sleep(0.25)
        assert not held.holds
        with pytest.raises(RunInProgress, match="run1 has lost its hold"):
            held.require()


def test_a_lease_that_another_run_took_is_lost_at_once_and_for_good() -> None:
    keeper = Keeper(False)
    held = lease(keeper, 60)
    with pytest.raises(RunInProgress):
        held.renew()
    assert not held.holds


def test_work_that_fails_is_told_rather_than_a_store_that_cannot_release() -> None:
    with pytest.raises(ZeroDivisionError), lease(Keeper(StoreBusy())).kept():
        raise ZeroDivisionError
