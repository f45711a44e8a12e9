"""Telling people: what has changed its state becomes notices, each sent once."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from provisioner.errors import InventoryInvalid, SettingsInvalid, StoreError
from provisioner.model.cluster import Cluster
from provisioner.model.notice import About, Notice, Recipient
from provisioner.model.run import Run, RunStatus
from provisioner.service import request_news
from provisioner.service.orders import MOST_ATTEMPTS
from provisioner.service.reasons import ALIVE
from provisioner.service.wording import words_of
from provisioner.settings import resolve_secret
from provisioner.store import Store

_log = logging.getLogger(__name__)
_LOOK = 10.0  # seconds
_LOOKED_AT = 200
_NEWS = timedelta(days=1)
_MOST_TRIES = 6
_REST = timedelta(minutes=1)


class Refused(Exception):
    """A channel did not take a notice."""


Send = Callable[[str, str, str], None]
"""Delivers (address, title, body) or raises `Refused`."""


def by_apprise(address: str, title: str, body: str) -> None:
    """Deliver through apprise, which knows a hundred kinds of address."""
    from apprise import Apprise

    channel = Apprise()
    if not channel.add(address):
        raise Refused("apprise does not know this kind of address")
    if not channel.notify(title=title, body=body):
        raise Refused("the channel did not take it")


class Notifier:
    """Looks for transitions while `leads()`, and sends what is due. `serve` is its thread.

    `heartbeat` is called at each look: a leader that hangs gives no sign of life.
    """

    def __init__(
        self,
        store: Store,
        load: Callable[[], Cluster],
        leads: Callable[[], bool],
        *,
        send: Send = by_apprise,
        heartbeat: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._load = load
        self._leads = leads
        self._send = send
        self._heartbeat = heartbeat
        self._ending = threading.Event()

    def stop(self) -> None:
        self._ending.set()

    def serve(self) -> None:
        """Look and send until `stop`."""
        while not self._ending.wait(_LOOK):
            if not self._leads():
                continue
            self._heartbeat()
            try:
                cluster = self._load()
                self.look(cluster)
                self.deliver(cluster)
            except (StoreError, InventoryInvalid) as error:
                _log.error("nobody can be told now: %s", error)

    def look(self, cluster: Cluster) -> int:
        """Put out a notice for each transition and recipient; how many are new."""
        with self._store.database.read() as connection:
            now = self._store.database.clock(connection)
        cursor, drift = self._store.notices.drift_since_told()
        news = [
            *self._of_runs(now),
            *self._of_drift(cursor, drift),
            *self._of_workers(),
            *request_news.of_requests(self._store),
        ]
        wanted = [
            Notice(
                key=f"{key}/{one.name}",
                recipient=one.name,
                about=about,
                facts=facts,
                made=now,
                due=after_quiet(one, now, cluster.calendar.time_zone),
            )
            for about, key, slugs, facts in news
            for one in cluster.recipients
            if about in one.about and _concerns(one, slugs)
        ]
        wanted += request_news.notices_of_steps(self._store, cluster, now)
        made = self._store.notices.make(wanted) if wanted else 0
        self._store.notices.drift_told(cursor)
        return made

    def deliver(self, cluster: Cluster) -> int:
        """Send what is due, one after the other; how many arrived."""
        recipients = {one.name: one for one in cluster.recipients}
        arrived = 0
        while not self._ending.is_set():
            notice = self._store.notices.take()
            if notice is None:
                break
            try:
                known = recipients.get(notice.recipient)
                self._send_one(
                    notice, known or request_news.requester_of(notice, cluster)
                )
            except (Refused, SettingsInvalid) as error:
                self._put_off(notice, str(error))
            except Exception as error:
                # A channel is somebody else's code: whatever it raises holds nobody up.
                _log.exception("notice %s", notice.key)
                self._put_off(notice, type(error).__name__)
            else:
                self._store.notices.sent(notice.key)
                arrived += 1
        return arrived

    def _send_one(self, notice: Notice, recipient: Recipient | None) -> None:
        if recipient is None:
            raise Refused("the inventory does not name this recipient any more")
        title, body = words_of(notice, recipient.language)
        address = request_news.addressed(resolve_secret(recipient.to), recipient)
        self._send(address, title, body)

    def _put_off(self, notice: Notice, error: str) -> None:
        last = notice.attempts >= _MOST_TRIES
        again = None if last else _REST * 2 ** (notice.attempts - 1)
        _log.warning("notice %s: %s", notice.key, error)
        self._store.notices.failed(notice.key, error, again)

    def _of_runs(self, now: datetime) -> Iterator[News]:
        for run in self._store.runs.latest(_LOOKED_AT):
            if _went_wrong(run) and run.finished and run.finished > now - _NEWS:
                reason = run.summary.get("reason", "") if run.summary else ""
                facts = {"run": run.id, "mode": run.mode, "reason": reason}
                yield "run_failed", f"run/{run.id}", run.municipalities, facts
        for one in self._store.approvals.open():
            slugs = tuple(one.asked["municipalities"])
            facts = {
                "run": one.run_id,
                "municipalities": list(slugs),
                "changes": len(one.changes),
                "by": one.requested_by,
                "until": one.expires.isoformat(),
            }
            yield "approval", f"approval/{one.run_id}", slugs, facts

    def _of_drift(self, cursor: int, drift: list[tuple[str, str]]) -> Iterator[News]:
        counts: dict[str, Counter[str]] = {}
        for key, life in drift:
            counts.setdefault(key.partition("/")[0], Counter())[life] += 1
        for slug, lives in sorted(counts.items()):
            facts = {
                "municipality": slug,
                "new": lives["new"],
                "resolved": lives["resolved"],
            }
            yield "drift", f"drift/{cursor}/{slug}", (slug,), facts

    def _of_workers(self) -> Iterator[News]:
        for one in self._store.workers.silent(ALIVE):
            facts = {"worker": one.name, "seen": one.seen.isoformat()}
            yield "worker_gone", f"worker/{one.name}/{one.since.isoformat()}", (), facts


News = tuple[About, str, tuple[str, ...], dict[str, Any]]
"""What it is about, its key, whom it concerns (nobody is everybody), its facts."""


def _went_wrong(run: Run) -> bool:
    """Whether a run failed for good: what was lost and is made again is no news yet."""
    lost = run.status is RunStatus.LOST
    given_up = lost and (run.attempt >= MOST_ATTEMPTS or run.asked is None)
    return run.status is RunStatus.FAILED or given_up


def _concerns(one: Recipient, slugs: tuple[str, ...]) -> bool:
    return not one.municipalities or bool(set(slugs) & set(one.municipalities))


def after_quiet(one: Recipient, now: datetime, time_zone: str) -> datetime:
    """`now`, or the end of the quiet hours that it falls into (UTC)."""
    if not one.quiet_from:
        return now
    zone = ZoneInfo(time_zone)
    start, end = map(time.fromisoformat, (one.quiet_from, one.quiet_until))
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        begins = datetime.combine(day, start, zone).astimezone(UTC)
        last = day if start < end else day + timedelta(days=1)
        ends = datetime.combine(last, end, zone).astimezone(UTC)
        if begins <= now < ends:
            return ends
    return now
