"""Ids of runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from provisioner.model.run import RunStatus, new_run_id


def test_ids_sort_by_time_and_differ_within_a_moment(now: datetime) -> None:
    ids = [new_run_id(now + timedelta(milliseconds=n)) for n in range(50)]
    assert ids == sorted(ids)
    assert len({new_run_id(now) for _ in range(50)}) == 50
    assert ids[0].startswith("20260301-063000-000-")


def test_only_what_waits_or_is_worked_on_is_not_final() -> None:
    assert [one for one in RunStatus if not one.is_final] == [
        RunStatus.QUEUED,
        RunStatus.CLAIMED,
        RunStatus.RUNNING,
    ]
    assert [one for one in RunStatus if one.is_held] == [
        RunStatus.CLAIMED,
        RunStatus.RUNNING,
    ]
