"""Somebody knows of a backup in danger: kept with who, why and until when, and audited."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from provisioner.errors import AcknowledgementRefused
from provisioner.model.audit import AuditEntry
from provisioner.model.backup import Acknowledged, Observation
from provisioner.model.cluster import Cluster
from provisioner.store import Store

LONGEST = timedelta(days=365)
SHORTEST_REASON, LONGEST_REASON = 3, 500


def acknowledge(
    store: Store,
    cluster: Cluster,
    key: str,
    last_day: date,
    reason: str,
    actor: str,
    now: datetime,
) -> Acknowledged:
    """Let a backup in danger be, to the end of a day of the cluster's calendar.

    `key` is that of a job, or of an asset without one. A later word takes the place of an
    earlier one. Raises `AcknowledgementRefused`.
    """
    if key not in store.backups.report(cluster, now).in_danger:
        raise AcknowledgementRefused(f"No backup is in danger under {key}.")
    zone = ZoneInfo(cluster.calendar.time_zone)
    after = datetime.combine(last_day + timedelta(days=1), time(), zone)
    reason = " ".join(reason.split())
    if not now < after <= now + LONGEST:
        raise AcknowledgementRefused(
            f"{last_day} is not a day from today on and within a year.",
            remedy="Choose another last day.",
        )
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise AcknowledgementRefused(
            f"The reason has {len(reason)} characters.",
            remedy=f"Write {SHORTEST_REASON} to {LONGEST_REASON}.",
        )
    word = Acknowledged(after.astimezone(UTC), reason, actor, now)
    store.backups.record([Observation(key, "operator", now, word)])
    told = {"until": word.until.isoformat(), "reason": reason}
    store.audit.extend([AuditEntry(actor, "acknowledged", key, told)])
    return word
