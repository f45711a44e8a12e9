"""Forgetting what is old, so that a store of years answers like a new one."""

from __future__ import annotations

from datetime import timedelta

from provisioner.settings import Settings
from provisioner.store import Store

_NOTICES = timedelta(days=180)
_CONDITIONS = timedelta(days=180)
_WORKERS = timedelta(days=2)  # by then somebody was told that it is gone


def tidy(store: Store, settings: Settings) -> None:
    """Keep runs by age and number, and of notices and workers the recent ones.

    Raises `StoreError`; what was forgotten by then stays forgotten.
    """
    store.runs.prune(
        settings.runs_keep_days, settings.runs_keep_newest, settings.runs_keep_most
    )
    store.notices.forget(_NOTICES)
    store.conditions.forget(_CONDITIONS)
    store.workers.forget(_WORKERS)
