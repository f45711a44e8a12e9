"""Who made it so: drift items get actor, time and activity from the tenant's own audit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from provisioner.engine.observe import Opened
from provisioner.engine.ports import Store
from provisioner.engine.report import DriftOf
from provisioner.errors import ProviderError
from provisioner.kind import Providers, Scope
from provisioner.kinds import KINDS
from provisioner.model.applied import LastAppliedEntry
from provisioner.model.change import Drift
from provisioner.model.cluster import Tenant
from provisioner.model.drift_item import DriftItem
from provisioner.model.plan import Plan
from provisioner.providers.graph.audits import (
    KEPT,
    PERMISSION,
    AuditTrail,
    DirectoryAudit,
)

_log = logging.getLogger(__name__)
# The audit's clock is the service's and may tell whole seconds; ours is this machine's.
_APART = timedelta(minutes=2)
_BY_OTHERS = frozenset({Drift.DRIFTED, Drift.CONFLICT, Drift.MISSING, Drift.UNMANAGED})
# A tenant's audit knows nothing of hosts.
_ON_HOSTS = frozenset(kind.name for kind in KINDS if kind.realm == "hosts")


async def attribute(
    scope: Scope,
    store: Store,
    plans: Mapping[str, Plan],
    drift: DriftOf,
    providers: Opened,
    now: datetime,
) -> tuple[DriftOf, tuple[str, ...]]:
    """The drift with who, when and by which activity; and remarks where that is not known.

    Reads a tenant's audit only where somebody else changed something there of which the
    author is not known yet. Not being able to read it fails nothing.
    """
    found = [
        _Search(scope, tenant, drift, plans, store)
        for tenant in scope.cluster.tenants
        if isinstance(providers.get(tenant.name), Providers)
    ]
    searches = [one for one in found if one.items]
    told = await asyncio.gather(*(one.run(providers, now) for one in searches))
    named = {item.key: item for one in searches for item in one.named}
    if not named:
        return drift, tuple(remark for remark in told if remark)
    store.drift.attribute(list(named.values()))
    attributed = {
        slug: ([named.get(one.key, one) for one in current], resolved)
        for slug, (current, resolved) in drift.items()
    }
    return attributed, tuple(remark for remark in told if remark)


class _Search:
    """The items of one tenant whose author is looked for."""

    def __init__(
        self,
        scope: Scope,
        tenant: Tenant,
        drift: DriftOf,
        plans: Mapping[str, Plan],
        store: Store,
    ) -> None:
        self._tenant = tenant
        slugs = [one.slug for one in scope.in_tenant(tenant) if one.slug in drift]
        self.items = [
            item
            for slug in slugs
            for item in drift[slug][0]
            if item.drift in _BY_OTHERS and item.name and not item.who
            if item.kind not in _ON_HOSTS
        ]
        self._applied = store.last_applied.entries(one.key for one in self.items)
        self._ids = _object_ids([plans[slug] for slug in slugs])
        self.named: list[DriftItem] = []

    async def run(self, providers: Opened, now: datetime) -> str:
        """Look every item up; returns a remark, "" where there is nothing to say."""
        opened = providers[self._tenant.name]
        assert isinstance(opened, Providers)  # noqa: S101  chosen so by `attribute`
        oldest = min(self._since(item, now) for item in self.items)
        try:
            trail = await opened.directory.audits.since(
                oldest, without_app=self._tenant.client_id
            )
        except ProviderError as error:
            _log.warning("audit of tenant %s: %s", self._tenant.name, error)
            return _unknown(self._tenant, error)
        for item in self.items:
            author = self._author(item, trail, self._since(item, now))
            if author is not None:
                self.named.append(
                    replace(
                        item,
                        who=author.who,
                        when=author.activity_date_time,
                        activity=author.activity,
                    )
                )
        if trail.whole or len(self.named) == len(self.items):
            return ""
        return (
            f"Who changed what in tenant {self._tenant.name} is known in part: its audit"
            " has more entries than are read at once."
        )

    def _since(self, item: DriftItem, now: datetime) -> datetime:
        applied = self._applied.get(item.key)
        return max(now - KEPT, applied.at - _APART) if applied else now - KEPT

    def _author(
        self, item: DriftItem, trail: AuditTrail, since: datetime
    ) -> DirectoryAudit | None:
        object_id = self._ids.get(item.key) or _recorded(self._applied.get(item.key))
        names = [name for name in (object_id, item.name) if name]
        matching = (
            one
            for one in trail.of(*names)
            if one.activity_date_time >= since and one.who and _explains(one, item)
        )
        return next(matching, None)


def _recorded(entry: LastAppliedEntry | None) -> str:
    return entry.object_id if entry is not None else ""


def _object_ids(plans: Sequence[Plan]) -> dict[str, str]:
    found = {one.key: one.object_id for plan in plans for one in plan.findings}
    return found | {one.key: one.object_id for plan in plans for one in plan.changes}


def _explains(entry: DirectoryAudit, item: DriftItem) -> bool:
    """True where the entry is about what differs, not about something else there."""
    if item.drift is Drift.MISSING:
        return entry.removes()
    if item.drift is Drift.UNMANAGED:
        return entry.brings()
    by_others = (Drift.DRIFTED, Drift.CONFLICT)
    return any(
        entry.touches(one.field) for one in item.fields if one.drift in by_others
    )


def _unknown(tenant: Tenant, error: ProviderError) -> str:
    if error.status in (403, 404):
        return (
            f"Who changed what in tenant {tenant.name} is not known: the permission"
            f" {PERMISSION} would tell."
        )
    return f"Who changed what in tenant {tenant.name} is not known: {error.message}"
