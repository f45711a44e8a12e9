"""The service in one process: it answers, works, says how it is, and ends in order."""

from __future__ import annotations

import json
import os
import threading
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from rehearsal import Rehearsal, Rehearse
from served import serving

from provisioner.engine.scope import Order
from provisioner.model.notice import Delivery
from provisioner.model.run import RunStatus
from provisioner.service.orders import MANUAL, waiting_run

pytestmark = pytest.mark.end_to_end

SCHEDULES = """
schedules:
  - {name: drift-hourly, what: drift, every: 1h}
  - {name: provision, what: apply, every: 1h}
"""


@pytest.fixture
def world(rehearse: Rehearse) -> Rehearsal:
    one = rehearse(municipalities=1, people=12)
    one.schedule(SCHEDULES)
    return one


def test_it_provisions_and_looks_for_drift_by_itself_and_says_how_it_is(
    world: Rehearsal,
) -> None:
    (slug,) = world.slugs
    with world.store() as store:
        # It stood still for two days.
        for name in ("drift-hourly", "provision"):
            store.schedules.fired(name, datetime.now(UTC) - timedelta(days=2))
    with serving(world, "serve", "--port", "0") as service:
        assert service.get("/healthz").json() == {"alive": True, "dead": ""}
        assert service.get("/readyz").json() == {"ready": True}
        assert service.get("/nothing").status_code == 404

        def both_ended() -> bool:
            with world.store() as store:
                found = store.runs.latest()
            return len(found) == 2 and all(run.status.is_final for run in found)

        world.wait_until(both_ended, "both schedules ran once")
        figures = service.get("/metrics").text
        assert service.end() == 0, service.lines[-20:]
        log = service.log()
    with world.store() as store:
        by_schedule = {run.schedule: run for run in store.runs.latest()}
        assert store.workers.silent(-1) == []
    assert by_schedule["provision"].status is RunStatus.SUCCEEDED
    assert by_schedule["provision"].actor == "schedule provision"
    world.assert_whole(slug)
    assert 'provisioner_runs{state="succeeded"}' in figures
    assert "provisioner_leads 1.0" in figures
    assert 'provisioner_workers{zone=""} 1.0' in figures
    assert "provisioner_queue_age_seconds 0.0" in figures
    run_id = by_schedule["provision"].id
    assert any(one.get("run") == run_id for one in log)
    assert list((world.var / "reports").glob("*.html")), "the drift run left its report"


def test_a_run_that_fails_is_told_to_whoever_wants_to_know(world: Rehearsal) -> None:
    arrived: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            arrived.append(json.loads(self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quietly."""

    with (world.inventory / "cluster.yml").open("a") as file:
        file.write("notify: [{name: it, to: env/CHANNEL, language: he}]\n")
    world.fault("forbidden", path="/oauth2")
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["CHANNEL"] = f"json://127.0.0.1:{server.server_port}/"
    try:
        with serving(world, "serve", "--port", "0") as service:
            service.wait_for("leads in epoch")
            with world.store() as store:
                run = waiting_run(Order("drift", actor="dana"), datetime.now(UTC))
                assert store.queue.enqueue(run)
            world.wait_until(lambda: bool(arrived), "somebody was told")
            assert service.end() == 0
    finally:
        del os.environ["CHANNEL"]
        server.shutdown()
        server.server_close()
    assert [one["title"] for one in arrived] == ["הרצה נכשלה"]
    assert run.id in arrived[0]["message"]


def test_a_sick_store_and_a_faulty_inventory_make_it_unready_not_dead(
    world: Rehearsal,
) -> None:
    with (world.inventory / "cluster.yml").open("a") as file:
        file.write("nonsense: true\n")
    with serving(world, "serve", "--port", "0") as service:
        service.wait_for("the inventory has faults")
        answer = service.get("/readyz")
        assert answer.status_code == 503
        assert "The inventory has 1 fault(s)." in answer.json()["why"]
        assert service.get("/healthz").status_code == 200
        assert service.end() == 0


def test_sigterm_lets_a_run_in_hand_end_and_wait_again(world: Rehearsal) -> None:
    with world.store() as store:
        run = waiting_run(
            Order("apply", actor="dana"), datetime.now(UTC), priority=MANUAL
        )
        assert store.queue.enqueue(run)
    world.fault("throttle", method="POST", path="/users$", retry_after=0.3)
    with serving(world, "serve", "--port", "0") as service:
        world.wait_until(world.struck, "users are created")
        assert service.end() == 0, service.lines[-20:]
    world.mend()
    told = json.loads(world.run("runs", "list", "--json").out)
    again, stopped = told
    assert (stopped["id"], stopped["status"]) == (run.id, "cancelled")
    assert "the service is being stopped" in stopped["summary"]["reason"]
    assert (again["follows"], again["status"]) == (run.id, "queued")
    assert world.run("worker", "--drain").out == "1 run(s) made.\n"
    world.assert_whole(world.slugs[0])


ERRANDS = """
schedules:
  - {name: whole, what: full_read, at: "04:00"}
  - {name: fresh, what: delta_refresh, every: 15m}
  - {name: seats, what: seat_forecast, at: "05:00"}
  - {name: certificates, what: certificate_scan, at: "05:30"}
  - {name: news, what: digest, at: "07:00"}
notify:
  - {name: it, to: env/CHANNEL, language: he, about: [digest, seats]}
"""


def test_errands_are_done_and_the_digest_comes_by_mail_through_the_tenant(
    rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = rehearse(municipalities=1, people=12)
    world.schedule(ERRANDS)
    assert world.run("apply", "--yes").code in (0, 2)
    names = ("whole", "fresh", "seats", "certificates", "news")
    with world.store() as store:
        for name in names:
            store.schedules.fired(name, datetime.now(UTC) - timedelta(days=2))
    tenant = world.state.tenants[0]
    sender = world.active(world.slugs[0])[0]
    monkeypatch.setenv("CHANNEL", f"graph://{tenant.name}/{sender}?to=it@it.example")

    def mails() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = world.admin(
            "GET", "mails", tenant=tenant.tenant_id
        )
        return found

    with serving(world, "serve", "--port", "0", "--no-portal") as service:
        world.wait_until(lambda: bool(mails()), "the digest has come")
        figures = service.get("/metrics").text
        with world.store() as store:
            told = store.runs.latest(50)
        run = next(one for one in told if one.mode == "full_read")
        events = service.get(f"/api/v1/runs/{run.id}/events").text
        assert service.end() == 0, service.lines[-20:]
    (mail,) = mails()
    assert (mail["from"], mail["to"]) == (sender, ["it@it.example"])
    assert mail["message"]["subject"].endswith("היום")
    (attached,) = mail["message"]["attachments"]
    assert 'dir="rtl"' in b64decode(attached["contentBytes"]).decode()
    with world.store() as store:
        ended = {run.schedule: run for run in store.runs.latest(50)}
        assert set(ended) >= set(names)
        (notice,) = store.notices.latest()
    assert {ended[name].status for name in names} == {RunStatus.SUCCEEDED}, ended
    assert notice.state is Delivery.SENT
    assert 'provisioner_graph_calls_total{tenant="galil"}' in figures
    assert "provisioner_seats_free{" in figures
    assert f"{tenant.name}: " in events
    assert events.rstrip().splitlines()[-2] == "event: end"
    listed = json.loads(world.run("notices", "list", "--json").out)
    assert [(one["about"], one["state"]) for one in listed] == [("digest", "sent")]
