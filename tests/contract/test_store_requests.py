"""Requests in the store: once by their key, step by step, and only to who may see them."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta

import msgspec
import pytest

from provisioner.errors import RequestStale
from provisioner.model.request import (
    Act,
    Request,
    State,
    Step,
    WaitsFor,
    move,
    submitted,
)
from provisioner.model.viewer import EVERYTHING
from provisioner.model.wish import NewMailboxes, NewPerson, PersonChange
from provisioner.service.request_progress import entry_of
from provisioner.store import Store

RAMEH = frozenset({"rameh"})
YARKA = frozenset({"yarka"})
NOBODY: frozenset[str] = frozenset()


def made(now: datetime, number: int = 1, slug: str = "rameh", key: str = "") -> Request:
    at = now + timedelta(minutes=number)
    person = NewPerson("noor", "نور حلبي", "SPB", aliases="n;nh")
    return Request(
        id=f"R{number:03d}",
        municipality=slug,
        wish=NewMailboxes((person,)),
        requester="huda@rameh.example",
        submitted=at,
        changed=at,
        key=key or f"key {number}",
        start=date(2026, 4, 1),
    )


def put(store: Store, request: Request) -> Request:
    step = submitted(request)
    return store.requests.submit(request, step, entry_of(request, step))


def go(
    store: Store, request: Request, act: Act, now: datetime, **given: object
) -> Request:
    moved, step = move(request, act, "Noa", now, **given)  # type: ignore[arg-type]
    store.requests.save(moved, step, entry_of(moved, step))
    return moved


def test_a_request_comes_back_as_it_was_with_its_time_line_and_audit(
    store: Store, now: datetime
) -> None:
    request = put(store, made(now))
    assert store.requests.get("R001", RAMEH) == request
    approved = go(store, request, Act.APPROVE, now + timedelta(hours=1))
    waiting = go(
        store,
        approved,
        Act.WAIT,
        now + timedelta(hours=2),
        reason="It starts on 2026-04-01.",
        waits_for=WaitsFor.START_DATE,
    )
    assert store.requests.get("R001", EVERYTHING) == waiting
    line = [
        (one.number, one.act, one.who) for one in store.requests.steps("R001", RAMEH)
    ]
    assert line == [
        (1, Act.SUBMIT, "huda@rameh.example"),
        (2, Act.APPROVE, "Noa"),
        (3, Act.WAIT, "Noa"),
    ]
    actions = [one.action for one in store.audit.latest()]
    assert actions == ["request.wait", "request.approve", "request.submit"]
    assert store.audit.verify().holds


def test_a_double_click_is_one_request(store: Store, now: datetime) -> None:
    first = put(store, made(now, 1, key="click"))
    assert put(store, made(now, 2, key="click")) == first
    assert [one.id for one in store.requests.find(EVERYTHING)] == ["R001"]
    assert len(store.audit.latest()) == 1
    assert store.requests.of_key("huda@rameh.example", "click") == first
    assert store.requests.of_key("somebody else", "click") is None


def test_two_clicks_at_the_same_time_are_one_request(
    store: Store, now: datetime
) -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(
            target=lambda n=n: ids.append(put(store, made(now, n, key="click")).id)
        )
        for n in (1, 2, 3)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(ids) == 3
    assert len(set(ids)) == 1


def test_of_two_steps_from_one_version_the_second_is_refused_whole(
    store: Store, now: datetime
) -> None:
    request = put(store, made(now))
    go(store, request, Act.APPROVE, now)
    with pytest.raises(RequestStale):
        go(store, request, Act.REJECT, now, reason="too late")
    found = store.requests.get("R001", EVERYTHING)
    assert found is not None
    assert found.state is State.APPROVED
    assert len(store.requests.steps("R001", EVERYTHING)) == 2
    assert len(store.audit.latest()) == 2


def test_another_municipalitys_request_is_as_if_it_were_not_there(
    store: Store, now: datetime
) -> None:
    put(store, made(now, 1))
    put(store, made(now, 2, "yarka"))
    for scope, seen in ((RAMEH, ["R001"]), (YARKA, ["R002"]), (NOBODY, [])):
        assert [one.id for one in store.requests.find(scope)] == seen
        assert [one.id for one in store.requests.unrecorded(scope)] == seen
        assert [s.request for _, s in store.requests.untold_steps(now, scope)] == seen
        assert sum(store.requests.count(scope).values()) == len(seen)
        assert [
            one for one in ("R001", "R002") if store.requests.get(one, scope)
        ] == seen
        assert [
            one for one in ("R001", "R002") if store.requests.steps(one, scope)
        ] == seen
    assert [one.id for one in store.requests.find(EVERYTHING)] == ["R002", "R001"]
    assert store.requests.find(RAMEH, municipality="yarka") == []


def test_a_list_comes_in_pages_and_by_state(store: Store, now: datetime) -> None:
    for number in range(1, 6):
        put(store, made(now, number))
    go(store, made(now, 3), Act.APPROVE, now)
    page = store.requests.find(RAMEH, limit=2)
    assert [one.id for one in page] == ["R005", "R004"]
    page = store.requests.find(RAMEH, limit=2, before=page[-1].id)
    assert [one.id for one in page] == ["R003", "R002"]
    approved = store.requests.find(RAMEH, states=(State.APPROVED,))
    assert [one.id for one in approved] == ["R003"]
    assert store.requests.count(RAMEH) == {State.SUBMITTED: 4, State.APPROVED: 1}


def test_what_is_recorded_leaves_the_one_list_for_the_other(
    store: Store, now: datetime
) -> None:
    request = go(store, put(store, made(now)), Act.APPROVE, now)
    assert store.requests.unrecorded(RAMEH) == [request]
    request = go(store, request, Act.RECORD, now, commit="c" * 40)
    assert store.requests.unrecorded(RAMEH) == []
    assert store.requests.in_work(RAMEH) == [request]
    request = go(store, request, Act.READY, now)
    assert store.requests.in_work(RAMEH) == []


def test_each_sort_keeps_its_fields(store: Store, now: datetime) -> None:
    wish = PersonChange("huda", {"role": "head"}, {"role": "", "surname": "حنا"})
    request = put(store, msgspec.structs.replace(made(now), wish=wish))
    found = store.requests.get(request.id, RAMEH)
    assert found is not None
    assert found.wish == wish
    assert isinstance(store.requests.steps(request.id, RAMEH)[0], Step)
