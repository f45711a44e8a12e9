"""What Prometheus reads: computed from the store when it asks, so that it is never stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from provisioner.model.notice import Delivery
from provisioner.model.run import RunStatus
from provisioner.service.errands.backups import BACKUP_AGE
from provisioner.service.errands.scans import CERTIFICATE_DAYS, SEATS_FREE
from provisioner.service.leader import OFFICE
from provisioner.service.orders import RUNS_LOST
from provisioner.service.reasons import ALIVE
from provisioner.store import Store


class Figures(Collector):
    """The figures of one store; `epoch` is that of this process as leader."""

    def __init__(self, store: Store, epoch: Callable[[], int]) -> None:
        self._store = store
        self._epoch = epoch

    def collect(self) -> Iterator[Metric]:
        yield from self._runs()
        yield from self._drift()
        yield from self._people()
        yield from self._outside()

    def _runs(self) -> Iterator[Metric]:
        counts, oldest, now = self._store.figures.runs()
        by_state = GaugeMetricFamily(
            "provisioner_runs",
            "Runs by state: those that are open, and those that ended in the last day.",
            labels=["state"],
        )
        for status in RunStatus:
            by_state.add_metric([status.value], counts.get(status.value, 0))
        yield by_state
        yield _gauge(
            "provisioner_queue_age_seconds",
            "How long the run that is due longest has waited for a worker.",
            _age(oldest, now),
        )
        yield _gauge(
            "provisioner_event_age_seconds",
            "Since when the running run that is quiet longest has told nothing.",
            self._store.figures.quietest(),
        )
        yield CounterMetricFamily(
            "provisioner_runs_lost",
            "Runs whose lease ended before they did.",
            value=sum(self._store.gauges.counts(RUNS_LOST).values()),
        )

    def _drift(self) -> Iterator[Metric]:
        items = GaugeMetricFamily(
            "provisioner_drift_items",
            "Drift items that are open, by state and life.",
            labels=["drift", "life"],
        )
        ages = GaugeMetricFamily(
            "provisioner_drift_oldest_seconds",
            "Age of the oldest open drift item, by state.",
            labels=["drift"],
        )
        found, now = self._store.figures.drift()
        oldest: dict[str, datetime] = {}
        for drift, life, count, since in found:
            items.add_metric([drift, life], count)
            oldest[drift] = min(since, oldest.get(drift, since))
        for drift, since in oldest.items():
            ages.add_metric([drift], _age(since, now))
        yield items
        yield ages
        snapshots = GaugeMetricFamily(
            "provisioner_snapshot_age_seconds",
            "Since when the whole directory of a tenant was not read.",
            labels=["tenant"],
        )
        for tenant, full_at in self._store.figures.snapshots():
            snapshots.add_metric([tenant], _age(full_at, now))
        yield snapshots

    def _people(self) -> Iterator[Metric]:
        yield _gauge(
            "provisioner_approvals_waiting",
            "Plans that wait for a second person.",
            len(self._store.approvals.open()),
        )
        notices = GaugeMetricFamily(
            "provisioner_notices", "Notices by state.", labels=["state"]
        )
        counts = self._store.notices.count()
        for state in Delivery:
            notices.add_metric([state.value], counts.get(state.value, 0))
        yield notices
        workers = GaugeMetricFamily(
            "provisioner_workers", "Workers seen of late, by zone.", labels=["zone"]
        )
        zones = [z for one in self._store.workers.seen_within(ALIVE) for z in one.zones]
        for zone in sorted({"", *zones}):
            workers.add_metric([zone], zones.count(zone))
        yield workers
        yield _gauge(
            "provisioner_workers_silent",
            "Workers that went away without signing off.",
            len(self._store.workers.silent(ALIVE)),
        )
        _, epoch = self._store.leaders.holder(OFFICE)
        yield _gauge("provisioner_leader_epoch", "How often the leader changed.", epoch)
        yield _gauge(
            "provisioner_leads", "1 where this process leads.", self._epoch() > 0
        )

    def _outside(self) -> Iterator[Metric]:
        gauges = self._store.gauges
        for name, words, label in _MEASURED:
            told = GaugeMetricFamily(f"provisioner_{name}", words, labels=[label])
            for where, (value, _) in gauges.of(name).items():
                told.add_metric([where], value)
            yield told
        free = GaugeMetricFamily(
            f"provisioner_{SEATS_FREE}",
            "Seats that are free by tenant and licence, at the last forecast.",
            labels=["tenant", "license"],
        )
        for where, (value, _) in gauges.of(SEATS_FREE).items():
            tenant, _, license = where.partition("/")
            free.add_metric([tenant, license], value)
        yield free
        for name, words in _COUNTED:
            counter = CounterMetricFamily(
                f"provisioner_{name.replace(' ', '_')}", words, labels=["tenant"]
            )
            for tenant, count in gauges.counts(f"{name}/").items():
                counter.add_metric([tenant], count)
            yield counter


_MEASURED = (
    (
        CERTIFICATE_DAYS,
        "Days for which the certificates of a municipality hold, the fewest.",
        "municipality",
    ),
    (
        BACKUP_AGE,
        "Age in seconds of the oldest newest backup of a municipality.",
        "municipality",
    ),
    (
        "graph_quota_used",
        "Share of its quota that the tenant told of last; 0 far from the limit.",
        "tenant",
    ),
)
_COUNTED = (
    ("graph calls", "Calls to Microsoft Graph, tries included."),
    ("graph throttled", "How often a tenant asked to wait."),
)


def exposition(store: Store, epoch: Callable[[], int]) -> Callable[[], bytes]:
    """A function that makes the page Prometheus reads. Raises `StoreError`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(store, epoch))
    return lambda: generate_latest(registry)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
