"""Transitions become notices in the reader's language, over a real channel, once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import msgspec
import pytest

from provisioner.engine.approval import asked
from provisioner.engine.scope import Order
from provisioner.model.approval import Approval, PlannedChange
from provisioner.model.change import Drift
from provisioner.model.cluster import Cluster
from provisioner.model.drift_item import DriftItem
from provisioner.model.notice import Delivery, Recipient
from provisioner.model.run import Run, RunStatus
from provisioner.service.notify import Notifier, Refused, after_quiet
from provisioner.store import Store

MakeCluster = Callable[..., Cluster]
IT = Recipient("it", "env/CHANNEL_IT", "he")
CIO = Recipient("cio", "env/CHANNEL_CIO", "ar", municipalities=("town-001",))


@pytest.fixture
def now(store: Store) -> datetime:
    with store.database.read() as connection:
        return store.database.clock(connection)


@contextmanager
def channel(status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A real receiver on loopback: its apprise URL, and what arrived."""
    arrived: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            arrived.append(json.loads(self.rfile.read(length)))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quietly."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"json://127.0.0.1:{server.server_port}/", arrived
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(cluster: Cluster, *recipients: Recipient) -> Cluster:
    return msgspec.structs.replace(cluster, recipients=recipients)


def notifier(store: Store, cluster: Cluster, **given: Any) -> Notifier:
    return Notifier(store, lambda: cluster, lambda: True, **given)


def failed(store: Store, now: datetime, slug: str = "town-001") -> None:
    run = Run(f"run-{slug}", "apply", "dana", now, (slug,))
    store.runs.start(run)
    store.runs.finish(run.id, RunStatus.FAILED, {"reason": "the disk is full"})


def test_a_failed_run_is_told_once_in_each_language_over_http(
    store: Store,
    make_cluster: MakeCluster,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = told(make_cluster(), IT, CIO)
    one = notifier(store, cluster)
    failed(store, now)
    failed(store, now, "town-002")
    with channel() as (it, at_it), channel() as (cio, at_cio):
        monkeypatch.setenv("CHANNEL_IT", it)
        monkeypatch.setenv("CHANNEL_CIO", cio)
        assert one.look(cluster) == 3
        assert one.look(cluster) == 0
        assert one.deliver(cluster) == 3
        assert one.deliver(cluster) == 0
    assert {one["title"] for one in at_it} == {"הרצה נכשלה"}
    assert len(at_it) == 2
    (message,) = at_cio
    assert message["title"] == "فشل تشغيل"
    assert "run-town-001" in message["message"]
    assert "the disk is full" in message["message"]
    assert {one.state for one in store.notices.latest()} == {Delivery.SENT}


def test_new_and_resolved_drift_is_counted_by_municipality_and_history_is_no_news(
    store: Store, make_cluster: MakeCluster, now: datetime
) -> None:
    sent: list[str] = []
    english = msgspec.structs.replace(CIO, language="en")
    cluster = told(make_cluster(), english)
    one = notifier(store, cluster, send=lambda _, __, body: sent.append(body))

    def item(number: int) -> DriftItem:
        return DriftItem(
            "town-001", "mailbox", f"p{number}", Drift.DRIFTED, (), now, now
        )

    kinds = ("mailbox",)
    store.drift.observe("town-001", kinds, [item(1)], now)
    assert one.look(cluster) == 0, "it was there before anybody asked to be told"
    later = now + timedelta(hours=1)
    store.drift.observe("town-001", kinds, [item(2), item(3)], later)
    assert one.look(cluster) == 1
    (notice,) = store.notices.latest()
    assert notice.facts == {"municipality": "town-001", "new": 2, "resolved": 1}
    store.drift.observe("town-001", kinds, [item(2), item(3)], later)
    assert one.look(cluster) == 0, "what persists is no transition"


def test_an_approval_names_who_asks_what_and_until_when(
    store: Store, make_cluster: MakeCluster, now: datetime, monkeypatch: Any
) -> None:
    sent: list[str] = []
    monkeypatch.setenv("CHANNEL_IT", "json://nowhere")
    cluster = told(make_cluster(), msgspec.structs.replace(IT, language="en"))
    one = notifier(store, cluster, send=lambda _, __, body: sent.append(body))
    store.runs.start(Run("held", "apply", "dana", now))
    store.runs.finish("held", RunStatus.WAITING)
    order = Order("apply", ("town-001",), actor="dana")
    change = PlannedChange("town-001/mailbox/nur", "delete", "0")
    until = datetime(2099, 1, 1, 10, 0, tzinfo=UTC)
    store.approvals.request(
        Approval(
            "held", "c", asked(order), ("removals",), (change,), "dana", now, until
        )
    )
    one.look(cluster)
    assert one.deliver(cluster) == 1
    assert sent == [
        "dana asks to apply 1 change(s) in town-001. Somebody else can approve until"
        " 1 Jan 2099, 12:00: provisioner runs approve held"
    ]


def test_a_channel_that_refuses_or_breaks_is_tried_again_and_given_up(
    store: Store, make_cluster: MakeCluster, now: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setenv("CHANNEL_IT", "json://nowhere")
    cluster = told(make_cluster(), IT)
    tries: list[str] = []

    def refuse(address: str, title: str, body: str) -> None:
        tries.append(address)
        if len(tries) % 2:
            raise Refused("the channel did not take it")
        raise ZeroDivisionError

    one = notifier(store, cluster, send=refuse)
    failed(store, now)
    one.look(cluster)
    for _ in range(8):
        one.deliver(cluster)
        with store.database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE notices SET due = '2020-01-01T00:00:00Z'"
            )
    (notice,) = store.notices.latest()
    assert (notice.state, notice.attempts) == (Delivery.FAILED, 6)
    assert len(tries) == 6


def test_a_real_server_that_answers_500_is_a_refusal(
    store: Store, make_cluster: MakeCluster, now: datetime, monkeypatch: Any
) -> None:
    cluster = told(make_cluster(), IT)
    one = notifier(store, cluster)
    failed(store, now)
    one.look(cluster)
    with channel(500) as (address, arrived):
        monkeypatch.setenv("CHANNEL_IT", address)
        assert one.deliver(cluster) == 0
    assert len(arrived) == 1
    (notice,) = store.notices.latest()
    assert (notice.state, notice.error) == (
        Delivery.WAITING,
        "the channel did not take it",
    )


def test_a_worker_that_went_away_is_told_once(
    store: Store, make_cluster: MakeCluster
) -> None:
    cluster = told(make_cluster(), IT)
    one = notifier(store, cluster)
    store.workers.here("north/1", ("north",))
    assert one.look(cluster) == 0
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE workers SET seen = '2026-01-01T00:00:00Z'")
    assert one.look(cluster) == 1
    assert one.look(cluster) == 0


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-11-22T19:59:00+00:00", "2026-11-22T19:59:00+00:00"),
        ("2026-11-22T20:00:00+00:00", "2026-11-23T05:00:00+00:00"),
        ("2026-11-23T04:59:00+00:00", "2026-11-23T05:00:00+00:00"),
        ("2026-11-23T05:00:00+00:00", "2026-11-23T05:00:00+00:00"),
    ],
)
def test_in_quiet_hours_it_waits_for_the_morning(moment: str, due: str) -> None:
    quiet = msgspec.structs.replace(IT, quiet_from="22:00", quiet_until="07:00")
    found = after_quiet(quiet, datetime.fromisoformat(moment), "Asia/Jerusalem")
    assert found == datetime.fromisoformat(due)
