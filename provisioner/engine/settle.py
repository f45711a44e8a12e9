"""Before an apply: what is as desired is remembered, first passwords of a killed run freed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from provisioner.engine.desired import Desired, by_key
from provisioner.engine.plan import Draft
from provisioner.engine.ports import Store
from provisioner.engine.record import entry
from provisioner.kind import InitialSecrets, LastApplied, Scope
from provisioner.model.applied import LastAppliedEntry
from provisioner.model.change import Action
from provisioner.model.resource import Resource


def remember_confirmed(
    store: Store,
    drafts: Mapping[str, Draft],
    desired: Desired,
    last_applied: Mapping[str, LastApplied],
    now: datetime,
) -> None:
    """Write down as last applied what is found to be as desired and was not so written."""
    resources = by_key(desired)
    store.last_applied.record(_changed(drafts, resources, last_applied, now))


def _changed(
    drafts: Mapping[str, Draft],
    resources: Mapping[str, Resource[Any]],
    last_applied: Mapping[str, LastApplied],
    now: datetime,
) -> Iterator[LastAppliedEntry]:
    for slug, draft in drafts.items():
        last = last_applied[slug]
        for key in draft.confirmed:
            resource = resources[key]
            if last.spec_json(key) != msgspec.json.encode(resource.spec):
                yield entry(resource, last.object_id(key), now)


def release_passwords(
    secrets: InitialSecrets, drafts: Mapping[str, Draft], scope: Scope, now: datetime
) -> None:
    """Make first passwords readable whose user exists, though no run said so.

    A run killed between creating a user and writing that down leaves its password
    prepared; the user's mark, seen now, is the evidence that it was used.
    """
    prepared = secrets.prepared()
    if not prepared:
        return
    there = [
        key for draft in drafts.values() for key in _existing(draft) if key in prepared
    ]
    days = scope.cluster.defaults.secret_days
    secrets.release(there, now + timedelta(days=days))


def _existing(draft: Draft) -> Iterator[str]:
    yield from draft.confirmed
    for change in draft.plan.changes:
        if change.action is Action.UPDATE and not change.makes_account:
            yield change.key
