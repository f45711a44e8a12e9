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
import time_machine
from jinja2 import TemplateSyntaxError

from provisioner.engine.approval import asked
from provisioner.engine.run import Collaborators
from provisioner.engine.scope import Order
from provisioner.model.approval import Approval, PlannedChange
from provisioner.model.change import Drift
from provisioner.model.cluster import Cluster
from provisioner.model.condition import Judged
from provisioner.model.drift_item import DriftItem
from provisioner.model.mail import Message
from provisioner.model.notice import Delivery, Recipient
from provisioner.model.run import Run, RunStatus
from provisioner.service.notices.channels import Channels, Refused, Uncertain
from provisioner.service.notices.digest import make_digest
from provisioner.service.notices.notifier import Notifier, after_quiet
from provisioner.service.orders import waiting_errand
from provisioner.store import Store
from provisioner.store.run_queue import Claim

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


class Kept(Channels):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def send(self, address: str, message: Message, cluster: Cluster) -> str:
        self.messages.append(message)
        return ""


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
    english = msgspec.structs.replace(CIO, language="en")
    cluster = told(make_cluster(), english)
    one = notifier(store, cluster, channels=Kept())

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
    kept = Kept()
    monkeypatch.setenv("CHANNEL_IT", "json://nowhere")
    cluster = told(make_cluster(), msgspec.structs.replace(IT, language="en"))
    one = notifier(store, cluster, channels=kept)
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
    assert [one.text for one in kept.messages] == [
        "dana asks to apply 1 change(s) in town-001. Somebody else can approve until"
        " 1 Jan 2099, 12:00: provisioner runs approve held"
    ]


def test_a_channel_that_refuses_or_breaks_is_tried_again_and_given_up(
    store: Store, make_cluster: MakeCluster, now: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setenv("CHANNEL_IT", "json://nowhere")
    cluster = told(make_cluster(), IT)
    tries: list[str] = []

    class Refusing(Channels):
        def send(self, address: str, message: Message, cluster: Cluster) -> str:
            tries.append(address)
            if len(tries) % 2:
                raise Refused("the channel did not take it")
            raise ZeroDivisionError

    one = notifier(store, cluster, channels=Refusing())
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


def test_what_may_have_arrived_is_not_sent_again_but_by_name(
    store: Store, make_cluster: MakeCluster, now: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setenv("CHANNEL_IT", "json://nowhere")
    cluster = told(make_cluster(), IT)

    class Silent(Channels):
        def send(self, address: str, message: Message, cluster: Cluster) -> str:
            raise Uncertain("the connection ended")

    failed(store, now)
    one = notifier(store, cluster, channels=Silent())
    one.look(cluster)
    assert (one.deliver(cluster), one.deliver(cluster)) == (0, 0)
    (notice,) = store.notices.latest(state="uncertain")
    kept = Kept()
    other = notifier(store, cluster, channels=kept)
    assert other.deliver(cluster) == 0
    assert store.notices.retry(["nothing", notice.key]) == [notice.key]
    assert other.deliver(cluster) == 1


def test_a_template_with_a_fault_costs_its_page_and_is_told_once(
    store: Store,
    make_cluster: MakeCluster,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CHANNEL_IT", "json://nowhere")

    def broken(*_: object) -> str:
        raise TemplateSyntaxError("unexpected end", 3)

    monkeypatch.setattr("provisioner.service.notices.message.to_mail", broken)
    cluster = told(make_cluster(), IT)
    kept = Kept()
    one = notifier(store, cluster, channels=kept)
    for slug in ("town-001", "town-002"):
        failed(store, now, slug)
    one.look(cluster)
    assert one.deliver(cluster) == 2
    assert {(m.title, m.html) for m in kept.messages} == {("הרצה נכשלה", "")}
    states = {(n.state, n.error) for n in store.notices.latest()}
    assert states == {
        (Delivery.SENT, "without its page: TemplateSyntaxError: unexpected end")
    }
    assert len([r for r in caplog.records if "the template of" in r.message]) == 1


def test_what_is_short_is_told_when_it_comes_and_when_it_goes(
    store: Store, make_cluster: MakeCluster, monkeypatch: Any
) -> None:
    monkeypatch.setenv("CHANNEL_CIO", "json://nowhere")
    english = msgspec.structs.replace(CIO, language="en")
    cluster = told(make_cluster(), english)
    kept = Kept()
    one = notifier(store, cluster, channels=kept)

    def near(holds: bool | None, days: int = 9) -> None:
        facts = {"municipality": "town-001", "domain": "www.one.example", "days": days}
        elsewhere = facts | {"municipality": "town-002"}
        judged = [
            Judged("www.one.example", "town-001", holds, facts),
            Judged("www.two.example", "town-002", holds, elsewhere),
        ]
        store.conditions.judge("certificate", judged, whole=True)
        one.look(cluster)
        one.deliver(cluster)

    for holds in (False, True, True, None, False, False, True):
        near(holds)
    assert [(m.title, m.text) for m in kept.messages] == [
        ("A certificate is near its end", "town-001: www.one.example, 9 days left."),
        ("A certificate was renewed", "town-001: www.one.example, 9 days left."),
        ("A certificate is near its end", "town-001: www.one.example, 9 days left."),
    ]
    assert store.conditions.judge("certificate", [], whole=True)[1], "taken out: gone"


def test_a_digest_is_made_once_a_day_or_week_and_shows_only_ones_own(
    store: Store, make_cluster: MakeCluster, now: datetime, monkeypatch: Any
) -> None:
    monkeypatch.setenv("CHANNEL_IT", "json://nowhere")
    monkeypatch.setenv("CHANNEL_CIO", "json://nowhere")
    weekly = msgspec.structs.replace(CIO, digest="weekly")
    cluster = told(make_cluster(), IT, weekly)
    for number in (1, 2):
        slug = f"town-{number:03d}"
        item = DriftItem(slug, "mailbox", f"p{number}", Drift.DRIFTED, (), now, now)
        store.drift.observe(slug, ("mailbox",), [item], now)
    sunday = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    made = []
    for day in range(8):
        run = waiting_errand("digest", sunday)
        assert store.queue.enqueue(run)
        claim = store.queue.claim("me", 60)
        assert claim is not None
        moment = sunday + timedelta(days=day)
        make_digest(store, cluster, claim.run, claimed(claim, store, moment))
        found = store.runs.get(run.id)
        assert found is not None
        made.append(found.summary["digests"])
    assert made == [2, 1, 1, 1, 1, 1, 1, 2]
    kept = Kept()
    with time_machine.travel(sunday + timedelta(days=30)):
        notifier(store, cluster, channels=kept).deliver(cluster)
    arabic = [m for m in kept.messages if "عربي" in m.html or 'lang="ar"' in m.html]
    assert len(arabic) == 2
    assert "town-001: 1" in arabic[0].text
    assert "town-002" not in arabic[0].text
    (attached,) = arabic[0].attachments
    page = attached.content.decode()
    assert 'dir="rtl"' in page
    assert "p1" in page
    assert "p2" not in page


def claimed(claim: Claim, store: Store, now: datetime) -> Collaborators:
    """What an errand is given."""
    nothing: Any = None
    return Collaborators(
        nothing, store, nothing, nothing, nothing, lambda: now, claim=claim
    )
