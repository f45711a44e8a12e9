"""The one who tells: looks for transitions while it leads, and sends what is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from provisioner.errors import InventoryInvalid, SettingsInvalid, StoreError
from provisioner.model.cluster import Cluster
from provisioner.model.masking import masked
from provisioner.model.notice import Notice, Recipient
from provisioner.service.notices import news, request_news
from provisioner.service.notices.channels import Channels, Refused, Uncertain
from provisioner.service.notices.message import Composer
from provisioner.settings import resolve_secret
from provisioner.store import Store

_log = logging.getLogger(__name__)
_LOOK = 10.0  # seconds
_MOST_TRIES = 6
_REST = timedelta(minutes=1)


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
        channels: Channels | None = None,
        heartbeat: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._load = load
        self._leads = leads
        self._channels = channels or Channels()
        self._composer = Composer(store)
        self._heartbeat = heartbeat
        self._ending = threading.Event()

    def stop(self) -> None:
        self._ending.set()

    def serve(self) -> None:
        """Look and send until `stop`; whatever goes wrong is tried again."""
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
            except Exception:
                _log.exception("nobody can be told now")

    def look(self, cluster: Cluster) -> int:
        """Put out a notice for each transition and recipient; how many are new."""
        store = self._store
        with store.database.read() as connection:
            now = store.database.clock(connection)
        cursor, drift = store.notices.drift_since_told()
        found = [
            *news.of_runs(store, now),
            *news.of_approvals(store),
            *news.of_drift(cursor, drift),
            *news.of_workers(store),
            *news.of_conditions(store, now),
            *request_news.of_requests(store),
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
            for about, key, slugs, facts in found
            for one in cluster.recipients
            if about in one.about and _concerns(one, slugs)
        ]
        wanted += request_news.notices_of_steps(store, cluster, now)
        made = store.notices.make(wanted) if wanted else 0
        store.notices.drift_told(cursor)
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
                who = known or request_news.requester_of(notice, cluster)
                fault = self._send(notice, who, cluster)
            except (Refused, SettingsInvalid) as error:
                self._put_off(notice, str(error))
            except Uncertain as error:
                _log.warning("notice %s may have arrived: %s", notice.key, error)
                self._store.notices.uncertain(notice.key, str(error))
            except Exception as error:
                # A channel is somebody else's code: whatever it raises holds nobody up.
                _log.exception("notice %s", notice.key)
                self._put_off(notice, type(error).__name__)
            else:
                self._store.notices.sent(notice.key, fault)
                arrived += 1
        return arrived

    def _send(
        self, notice: Notice, recipient: Recipient | None, cluster: Cluster
    ) -> str:
        """Send one notice; returns what of it was not as it should be, or ""."""
        if recipient is None:
            raise Refused("the inventory does not name this recipient any more")
        message, fault = self._composer.compose(notice, recipient, cluster)
        address = request_news.addressed(resolve_secret(recipient.to), recipient)
        left_out = self._channels.send(address, message, cluster)
        return "; ".join(filter(None, (fault, left_out)))

    def _put_off(self, notice: Notice, error: str) -> None:
        last = notice.attempts >= _MOST_TRIES
        again = None if last else _REST * 2 ** (notice.attempts - 1)
        error = masked(error)  # a channel may quote the address it was given
        _log.warning("notice %s: %s", notice.key, error)
        self._store.notices.failed(notice.key, error, again)


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
