"""The desk: from a wish to a commit and a run, for who may, and nobody else."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import (
    RequestInvalid,
    RequestRefused,
    RequestStale,
    RequestUnknown,
)
from provisioner.inventory import load
from provisioner.inventory.write_back.record import record
from provisioner.model.change import Action
from provisioner.model.outcome import Outcome, Status
from provisioner.model.plan import Plan
from provisioner.model.request import Act, Request, State, WaitsFor, move
from provisioner.model.run import Run, RunStatus
from provisioner.model.viewer import Viewer
from provisioner.model.wish import (
    NewMailboxes,
    NewPerson,
    PersonChange,
    PersonLeaves,
    WebsiteChange,
)
from provisioner.sandbox.sample import write_sample
from provisioner.service import request_progress
from provisioner.service.requests import Desk, everything
from provisioner.store import Store

HUDA = Viewer("huda@rameh.example", frozenset({"rameh"}), "huda@rameh.example", "ar")
SAMI = Viewer("sami@yarka.example", frozenset({"yarka"}), "sami@yarka.example")
NOA = everything("Noa")
NOOR = NewPerson("", "نور حلبي", "EXCHANGESTANDARD", "نور", "حلبي")
ONE = NewMailboxes((NOOR,))


@dataclass
class Clock:
    """The time, to be moved on by a test."""

    at: datetime = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sample") / "inventory"
    write_sample(root)
    return root


@pytest.fixture
def root(sample: Path, tmp_path: Path) -> Path:
    """The sample cluster in a repository of the test's own."""
    subprocess.run(["cp", "-r", sample, tmp_path / "inventory"], check=True)
    for words in (
        ("init", "--quiet"),
        ("add", "."),
        ("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-mx"),
    ):
        subprocess.run(["git", *words], cwd=tmp_path / "inventory", check=True)
    return tmp_path / "inventory"


@pytest.fixture
def desk(store: Store, root: Path, clock: Clock) -> Desk:
    return Desk(store, lambda: load(root), root, clock)


def policy(root: Path, text: str) -> None:
    with (root / "cluster.yml").open("a") as file:
        file.write(f"requests: {text}\n")


def states(desk: Desk, request: Request) -> list[State]:
    return [one.state for one in desk.steps(NOA, request.id)]


def test_a_request_is_approved_recorded_and_a_run_waits(
    desk: Desk, store: Store, root: Path
) -> None:
    request = desk.submit(HUDA, "rameh", ONE, key="1")
    assert request.state is State.SUBMITTED
    assert isinstance(request.wish, NewMailboxes)
    (person,) = request.wish.people
    assert person.address == "nwr.hlby@rameh.example"
    assert "+nwr.hlby@rameh.example" in desk.diff(NOA, request.id)
    done = desk.approve(NOA, request.id, request.version)
    assert done.state is State.PROVISIONING
    assert states(desk, request) == [
        State.SUBMITTED,
        State.APPROVED,
        State.RECORDED,
        State.PROVISIONING,
    ]
    log = subprocess.run(
        ["git", "log", "-1", "--format=%H %ae %(trailers)"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert log.split()[:2] == [done.commit, "huda@rameh.example"]
    assert f"Request: {request.id}" in log
    assert "Approved-by: Noa" in log
    (run,) = store.queue.waiting()
    assert (run.id, run.municipalities, run.actor) == (
        done.run,
        ("rameh",),
        "huda@rameh.example",
    )
    assert desk.diff(NOA, request.id) == ""
    desk.progress.tick()
    assert len(store.queue.waiting()) == 1, "one run, however often it is looked"


def test_a_double_click_is_one_request_and_another_wish_needs_another_key(
    desk: Desk,
) -> None:
    first = desk.submit(HUDA, "rameh", ONE, key="1")
    assert desk.submit(HUDA, "rameh", ONE, key="1") == first
    with pytest.raises(RequestRefused, match="another request"):
        desk.submit(HUDA, "rameh", PersonLeaves("x"), key="1")
    other = NewMailboxes((NewPerson("", "אחר", "SPB", "אחר"),))
    with pytest.raises(RequestRefused, match="another request"):
        desk.submit(HUDA, "rameh", other, key="1")


def test_pending_requests_count_for_addresses_and_seats(desk: Desk) -> None:
    before = {one.license: one for one in desk.seats(HUDA, "rameh")}
    desk.submit(HUDA, "rameh", ONE, key="1")
    after = {one.license: one for one in desk.seats(HUDA, "rameh")}
    assert after["EXCHANGESTANDARD"].left == before["EXCHANGESTANDARD"].left - 1
    assert desk.propose(HUDA, "rameh", "نور", "حلبي") == "nwr.hlby2@rameh.example"
    twin = NewPerson("nwr.hlby", "نور", "SPB", "نور")
    with pytest.raises(RequestInvalid, match="fault") as told:
        desk.submit(HUDA, "rameh", NewMailboxes((twin,)), key="2")
    assert "asked for by request" in str(told.value)


def test_what_the_check_refuses_is_refused_with_its_faults(desk: Desk) -> None:
    wrong = NewPerson("x y", "=cmd()", "NONE", "x", role="pilot")
    with pytest.raises(RequestInvalid) as told:
        desk.submit(HUDA, "rameh", NewMailboxes((wrong,)), key="1")
    codes = {one.code for one in told.value.faults}  # type: ignore[attr-defined]
    assert {"bad-address", "license-not-offered", "unknown-role", "formula"} <= codes
    for wish in (
        PersonChange("nobody", {"surname": "x"}),
        PersonChange("sahar.alsummaq", {"colour": "red"}),
        PersonChange("sahar.alsummaq", {"state": "leaver"}),
        WebsiteChange("none", {"title": "x"}),
        WebsiteChange("none", {"host": "x"}),
        NewMailboxes(()),
    ):
        with pytest.raises(RequestInvalid):
            desk.submit(HUDA, "rameh", wish, key=f"{wish}"[:99])


def test_nobody_sees_or_moves_what_is_another_municipalitys(desk: Desk) -> None:
    request = desk.submit(HUDA, "rameh", ONE, key="1")
    assert desk.find(SAMI) == []
    tries: list[Callable[[], object]] = [
        lambda: desk.get(SAMI, request.id),
        lambda: desk.steps(SAMI, request.id),
        lambda: desk.diff(SAMI, request.id),
        lambda: desk.withdraw(SAMI, request.id, 1),
        lambda: desk.approve(SAMI, request.id, 1),
        lambda: desk.hand_over(SAMI, request.id),
        lambda: desk.submit(SAMI, "rameh", ONE, key="2"),
        lambda: desk.seats(SAMI, "rameh"),
        lambda: desk.preview(SAMI, "rameh", "a.csv", b"name\nx\n"),
    ]
    for one in tries:
        with pytest.raises(RequestUnknown):
            one()


def test_four_eyes_whatever_the_spelling_and_who_may_approve(
    desk: Desk, root: Path
) -> None:
    own = desk.submit(everything("noa "), "rameh", ONE, key="1")
    with pytest.raises(RequestRefused, match="takes two people"):
        desk.approve(NOA, own.id, 1)
    with pytest.raises(RequestRefused, match="may not approve"):
        desk.approve(HUDA, own.id, 1)
    policy(root, "{approvers: [dana@galil.example], four_eyes: false}")
    with pytest.raises(RequestRefused, match="may not approve"):
        desk.approve(NOA, own.id, 1)
    dana = everything("Dana", mail="Dana@galil.example")
    assert desk.may_approve(dana, own)
    with pytest.raises(RequestStale):
        desk.approve(dana, own.id, 7)


def test_the_policy_approves_within_budget_size_and_roles(
    desk: Desk, root: Path
) -> None:
    policy(
        root,
        "{automatic: [new_mailboxes], automatic_people: 1, automatic_roles: [digital]}",
    )
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qam", "y"],
        cwd=root,
        check=True,
    )
    head = NewPerson("", "אחר", "SPB", "אחר", role="head")
    waits = desk.submit(HUDA, "rameh", NewMailboxes((head,)), key="role")
    assert waits.state is State.SUBMITTED
    two = desk.submit(HUDA, "rameh", NewMailboxes((NOOR, NOOR)), key="size")
    assert two.state is State.SUBMITTED
    assert isinstance(two.wish, NewMailboxes)
    assert len({one.address for one in two.wish.people}) == 2
    leaver = desk.submit(HUDA, "rameh", PersonLeaves("sahar.alsummaq"), key="sort")
    assert leaver.state is State.SUBMITTED
    done = desk.submit(HUDA, "rameh", ONE, key="fits")
    assert done.state is State.PROVISIONING
    assert done.automatic
    line = [(one.act, one.who) for one in desk.steps(HUDA, done.id)]
    assert (Act.APPROVE, "policy") in line


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


def test_withdrawn_any_time_before_recording_and_never_after(desk: Desk) -> None:
    first = desk.submit(HUDA, "rameh", ONE, key="1")
    with pytest.raises(RequestRefused, match="has not submitted"):
        desk.withdraw(Viewer("other@rameh.example", frozenset({"rameh"})), first.id, 1)
    assert desk.withdraw(HUDA, first.id, 1).state is State.WITHDRAWN
    with pytest.raises(RequestRefused, match="cannot approve"):
        desk.approve(NOA, first.id, 2)
    later = desk.submit(HUDA, "rameh", ONE, key="2", start=date(2027, 1, 1))
    later = desk.approve(NOA, later.id, 1)
    assert desk.withdraw(HUDA, later.id, later.version).state is State.WITHDRAWN
    last = desk.submit(HUDA, "rameh", ONE, key="3")
    last = desk.approve(NOA, last.id, 1)
    with pytest.raises(RequestRefused):
        desk.withdraw(HUDA, last.id, last.version)


def test_a_rejection_takes_a_reason_and_ends_it(desk: Desk) -> None:
    request = desk.submit(HUDA, "rameh", ONE, key="1")
    with pytest.raises(RequestRefused, match="takes a reason"):
        desk.reject(NOA, request.id, 1, " ")
    rejected = desk.reject(NOA, request.id, 1, "Not this year.")
    assert (rejected.state, rejected.reason, rejected.decided_by) == (
        State.REJECTED,
        "Not this year.",
        "Noa",
    )
    assert desk.propose(HUDA, "rameh", "نور", "حلبي") == "nwr.hlby@rameh.example"


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


def test_what_people_write_as_a_reason_is_one_visible_line(desk: Desk) -> None:
    request = desk.submit(HUDA, "rameh", ONE, key="1")
    evil = "no\x1b[2J\n\u202eyes"
    assert desk.reject(NOA, request.id, 1, evil).reason == "no [2J yes"
