"""The desk: from a wish to a commit and a run, for who may, and nobody else."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from asking import HUDA, NOA, NOOR, ONE, SAMI

from provisioner.errors import (
    RequestInvalid,
    RequestRefused,
    RequestStale,
    RequestUnknown,
)
from provisioner.model.request import Act, Request, State
from provisioner.model.viewer import Viewer
from provisioner.model.wish import (
    NewMailboxes,
    NewPerson,
    PersonChange,
    PersonLeaves,
    WebsiteChange,
)
from provisioner.service.requests import Desk, everything
from provisioner.store import Store


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


def test_withdrawn_any_time_before_recording_and_never_after(desk: Desk) -> None:
    first = desk.submit(HUDA, "rameh", ONE, key="1")
    with pytest.raises(RequestRefused, match="has not submitted"):
        desk.withdraw(Viewer("other@rameh.example", frozenset({"rameh"})), first.id, 1)
    assert desk.withdraw(HUDA, first.id, 1).state is State.WITHDRAWN
    with pytest.raises(RequestRefused, match="nobody can approve it"):
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


def test_what_people_write_as_a_reason_is_one_visible_line(desk: Desk) -> None:
    request = desk.submit(HUDA, "rameh", ONE, key="1")
    evil = "no\x1b[2J\n\u202eyes"
    assert desk.reject(NOA, request.id, 1, evil).reason == "no [2J yes"


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2026, 2, 28), date(9999, 1, 1)])
def test_a_first_day_that_nobody_can_mean_is_a_fault(desk: Desk, day: date) -> None:
    with pytest.raises(RequestInvalid) as found:
        desk.submit(HUDA, "rameh", ONE, key="1", start=day)
    assert [one.code for one in found.value.faults] == ["wrong-days"]  # type: ignore[attr-defined]
    assert desk.find(HUDA) == []
    _, faults = desk.examine(HUDA, "rameh", ONE, day)
    assert [one.code for one in faults] == ["wrong-days"]
