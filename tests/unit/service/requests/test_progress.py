"""What goes on without people: recording, its conflicts and repeats, and the run's word."""

from __future__ import annotations

import subprocess
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import HUDA, NOA, ONE, Clock
from msgspec.structs import replace

from provisioner.errors import RequestRefused, RequestStale
from provisioner.inventory.write_back.record import record
from provisioner.model.change import Action
from provisioner.model.outcome import Outcome, Status
from provisioner.model.plan import Plan
from provisioner.model.request import Act, Request, State, WaitsFor, move
from provisioner.model.run import Run, RunStatus
from provisioner.model.wish import NewMailboxes, NewPerson
from provisioner.service import request_progress
from provisioner.service.orders import order_of_run
from provisioner.service.requests import Desk, everything
from provisioner.store import Store


def test_beyond_the_budget_a_request_waits_for_a_seat_until_it_grows(
    desk: Desk, root: Path
) -> None:
    left = {one.license: one.left for one in desk.seats(HUDA, "rameh")}["SPB"]
    many = tuple(
        NewPerson("", f"נועה {n}", "SPB", "נועה", str(n)) for n in range(left + 1)
    )
    request = desk.submit(HUDA, "rameh", NewMailboxes(many), key="1")
    waiting = desk.approve(NOA, request.id, 1)
    assert (waiting.state, waiting.waits_for) == (State.WAITING, WaitsFor.SEAT)
    assert "budget" in waiting.reason
    desk.progress.tick()
    assert len(desk.steps(NOA, request.id)) == 3, "waiting on is nothing new"
    file = root / "municipalities/rameh/municipality.yml"
    file.write_text(file.read_text().replace("SPB: 2", "SPB: 20"))
    assert len(desk.progress.tick()) == 1
    assert desk.get(HUDA, request.id).state is State.PROVISIONING


def test_a_start_date_is_waited_for_and_then_it_goes_by_itself(
    desk: Desk, store: Store, clock: Clock
) -> None:
    day = date(2026, 3, 3)
    request = desk.submit(HUDA, "rameh", ONE, key="1", start=day)
    waiting = desk.approve(NOA, request.id, 1)
    assert (waiting.state, waiting.waits_for) == (State.WAITING, WaitsFor.START_DATE)
    assert store.queue.waiting() == []
    clock.at = datetime(2026, 3, 2, 21, 59, tzinfo=UTC)
    assert desk.progress.tick()[0].recorded is None
    clock.at = datetime(2026, 3, 2, 22, 1, tzinfo=UTC)  # midnight in Israel
    assert len(desk.progress.tick()) == 1
    assert desk.get(HUDA, request.id).state is State.PROVISIONING


def test_what_is_in_the_way_is_told_and_tried_again(desk: Desk, root: Path) -> None:
    request = desk.submit(HUDA, "rameh", ONE, key="1")
    file = root / "municipalities/rameh/mailboxes.csv"
    before = file.read_text()
    file.write_text(before.replace("سحر", "سمر"))
    held = desk.approve(NOA, request.id, 1)
    assert held.state is State.APPROVED
    assert "nobody has committed" in held.reason
    file.write_text(before)
    assert len(desk.progress.tick()) == 1
    assert desk.get(NOA, request.id).reason == ""


def test_a_recording_that_was_killed_is_found_again_and_cannot_be_withdrawn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit(HUDA, "rameh", ONE, key="1")

    def record_and_die(*given: Any) -> None:
        record(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(request_progress, "record", record_and_die)
        with pytest.raises(KeyboardInterrupt):
            desk.approve(NOA, request.id, 1)
    assert desk.get(NOA, request.id).state is State.APPROVED
    with pytest.raises(RequestRefused, match="in the inventory already"):
        desk.withdraw(HUDA, request.id, 2)
    found = desk.get(NOA, request.id)
    assert found.state is State.PROVISIONING
    assert found.commit


def test_two_approvals_at_once_are_one_and_two_requests_lose_nothing(
    desk: Desk, root: Path
) -> None:
    first = desk.submit(HUDA, "rameh", ONE, key="1")
    sami = NewPerson("", "سامي حلبي", "EXCHANGESTANDARD", "سامي", "حلبي")
    second = desk.submit(HUDA, "rameh", NewMailboxes((sami,)), key="2")
    ended: list[object] = []

    def approve(request: Request, name: str) -> None:
        try:
            ended.append(desk.approve(everything(name), request.id, 1).state)
        except RequestStale as error:
            ended.append(type(error))

    threads = [
        threading.Thread(target=approve, args=given)
        for given in ((first, "Noa"), (first, "Dana"), (second, "Noa"))
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(map(str, ended)) == sorted(
        map(str, [State.PROVISIONING, State.PROVISIONING, RequestStale])
    )
    text = (root / "municipalities/rameh/mailboxes.csv").read_text()
    assert text.count("نور حلبي") == text.count("سامي حلبي") == 1
    log = subprocess.run(
        ["git", "log", "--format=%s"], cwd=root, check=True, capture_output=True
    )
    assert len(log.stdout.splitlines()) == 3


def test_what_is_held_is_not_read_again_and_again(
    desk: Desk, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit(HUDA, "rameh", ONE, key="1")
    file = root / "municipalities/rameh/mailboxes.csv"
    before = file.read_text()
    file.write_text(before.replace("سحر", "سمر"))
    desk.approve(NOA, request.id, 1)
    tried: list[str] = []
    real = request_progress.Progress.record

    def record_and_count(self: Any, request_id: str) -> Request:
        tried.append(request_id)
        return real(self, request_id)

    monkeypatch.setattr(request_progress.Progress, "record", record_and_count)
    steward = request_progress.Steward(desk.progress, lambda: True)
    steward.look()
    steward.look()
    assert tried == [request.id]
    file.write_text(before)
    steward.look()
    assert tried == [request.id] * 2
    assert desk.get(NOA, request.id).state is State.PROVISIONING


def test_a_run_that_began_before_the_recording_says_nothing_of_it(
    desk: Desk, store: Store, clock: Clock
) -> None:
    earlier = clock.at - timedelta(minutes=1)
    request = desk.approve(NOA, desk.submit(HUDA, "rameh", ONE, key="1").id, 1)
    key = "rameh/mailbox/nwr.hlby@rameh.example"
    for run_id, began in (
        ("before", earlier),
        ("after", clock.at + timedelta(hours=1)),
    ):
        store.runs.start(Run(run_id, "apply", "x", began, ("rameh",)))
        store.plans.save(run_id, Plan("rameh"), "c")
        _, kind, name = key.split("/")
        outcome = Outcome("rameh", kind, name, Action.CREATE, Status.FAILED, "no")
        store.outcomes.append(run_id, [outcome])
        store.runs.finish(run_id, RunStatus.FAILED)
    assert desk.progress.after_run("before") == 0
    assert desk.get(NOA, request.id).state is State.PROVISIONING
    assert desk.progress.after_run("after") == 1
    failed = desk.get(NOA, request.id)
    assert failed.state is State.FAILED
    assert (
        failed.reason
        == "nwr.hlby@rameh.example: no. A person must act: see the reason."
    )
    assert desk.progress.after_run("after") == 0, "the same again is nothing new"
    assert desk.close(HUDA, request.id, failed.version, "by hand").state is State.CLOSED


def test_what_was_ready_for_a_month_is_closed(desk: Desk, clock: Clock) -> None:
    request = desk.approve(NOA, desk.submit(HUDA, "rameh", ONE, key="1").id, 1)
    moved, step = move(request, Act.READY, "provisioner", clock())
    desk.store.requests.save(moved, step, request_progress.entry_of(moved, step))
    clock.at += timedelta(days=29)
    desk.progress.tick()
    assert desk.get(NOA, request.id).state is State.READY
    clock.at += timedelta(days=2)
    desk.progress.tick()
    assert desk.get(NOA, request.id).state is State.CLOSED


def test_the_run_of_a_request_is_about_the_request_alone(
    desk: Desk, store: Store
) -> None:
    (noor,) = ONE.people
    wish = NewMailboxes((replace(noor, role="engineer"),))
    desk.approve(NOA, desk.submit(HUDA, "rameh", wish, key="1").id, 1)
    (run,) = store.queue.waiting()
    order = order_of_run(run)
    assert order.municipalities == ("rameh",)
    assert order.only == {
        "rameh/mailbox/nwr.hlby@rameh.example",
        "rameh/domain/rameh.example",
        "rameh/administrative_unit/rameh",
        "cluster@galil/forum/engineer",
    }
    assert set(order.kinds) == {
        "domain",
        "mailbox",
        "shared_mailbox",
        "administrative_unit",
        "forum",
    }


def test_a_run_limited_to_something_else_says_nothing_of_a_request(
    desk: Desk, store: Store, clock: Clock
) -> None:
    """But its own run does, though another one had done it all before."""
    request = desk.approve(NOA, desk.submit(HUDA, "rameh", ONE, key="1").id, 1)
    key = "rameh/mailbox/nwr.hlby@rameh.example"
    for run_id, only, state in (
        ("other", "rameh/mailbox/sami@rameh.example", State.PROVISIONING),
        ("own", key, State.READY),
    ):
        began = clock.at + timedelta(hours=1)
        asked = {"only": [only]}
        store.runs.start(Run(run_id, "apply", "x", began, ("rameh",), asked=asked))
        store.plans.save(run_id, Plan("rameh", in_sync={"mailbox": 3}), "c")
        store.runs.finish(run_id, RunStatus.SUCCEEDED)
        desk.progress.after_run(run_id)
        assert desk.get(NOA, request.id).state is state
