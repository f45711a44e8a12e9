"""What programs do by the API, and that the portal's rules hold for them, too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from api_world import Call
from portal_world import PortalWorld, Visit, held_plan

from provisioner.model.viewer import EVERYTHING

FAR = f"{datetime.now(UTC).date() + timedelta(days=700)}"


def person(**given: str) -> dict[str, Any]:
    names = {"given_name": "תמר", "surname": "לוי", "license": "EXCHANGESTANDARD"}
    return names | given


def wish(*people: dict[str, Any]) -> dict[str, Any]:
    return {"sort": "new_mailboxes", "people": list(people or [person()])}


@pytest.fixture
def asked(portal_world: PortalWorld, call: Call) -> Iterator[httpx.Response]:
    """A request of the CIO's application for a day far off; taken back at the end."""
    cio = call(f"cio.{portal_world.own}")
    body = {"municipality": portal_world.own, "wish": wish(), "start": FAR}
    made = cio.post("/requests", json=body)
    assert made.status_code == 201, made.text
    yield made
    there = f"/requests/{made.json()['id']}"
    now = cio.get(there)
    if "withdraw" in now.json()["may"]:
        headers = {"if-match": now.headers["etag"]}
        assert cio.post(f"{there}/withdraw", headers=headers).status_code == 200


def _decide(
    client: httpx.Client, there: str, what: str, tag: str, **body: str
) -> httpx.Response:
    return client.post(f"{there}/{what}", json=body, headers={"if-match": tag})


def test_a_request_is_put_in_read_and_decided_by_somebody_else(
    portal_world: PortalWorld, call: Call, asked: httpx.Response
) -> None:
    made = asked.json()
    there = f"/requests/{made['id']}"
    assert asked.headers["location"] == f"/api/v1{there}"
    assert made["state"] == "submitted"
    assert made["wish"]["people"][0]["display_name"] == "תמר לוי"
    assert made["wish"]["people"][0]["address"].endswith(f"@{portal_world.own}.example")
    assert made["requester"].startswith("app:")
    assert made["may"] == ["withdraw"]
    approver = call("approver")
    seen = approver.get(there)
    assert "+" in seen.json()["diff"]
    tag = seen.headers["etag"]
    approved = _decide(approver, there, "approve", tag, reason="Agreed.")
    assert approved.status_code == 200, approved.text
    assert approved.json()["waits_for"] == "start_date"
    assert [one["act"] for one in approved.json()["steps"]][:2] == ["submit", "approve"]
    assert _decide(approver, there, "approve", tag).status_code == 412
    with portal_world.world.store() as store:
        actors = [row.actor for row in store.audit.search(made["id"])]
        kept = store.requests.get(made["id"], EVERYTHING)
    assert kept is not None
    assert kept.mail == ""  # an application has no mailbox to be told in
    assert len(set(actors)) >= 2
    assert all(one.startswith(("app:", "provisioner")) for one in actors), actors


def test_it_takes_two_people_even_when_they_are_programs(
    portal_world: PortalWorld, call: Call
) -> None:
    it = call("it")
    body = {"municipality": portal_world.own, "wish": wish(person(surname="כהן"))}
    made = it.post("/requests", json=body)
    there, tag = f"/requests/{made.json()['id']}", made.headers["etag"]
    assert "approve" not in made.json()["may"]
    refused = _decide(it, there, "approve", tag)
    assert refused.status_code == 409
    assert "two people" in refused.json()["detail"]
    rejected = _decide(call("approver"), there, "reject", "stale", reason="No.")
    assert rejected.status_code == 412
    tag = call("approver").get(there).headers["etag"]
    blank = _decide(call("approver"), there, "reject", tag, reason=" ")
    assert blank.json()["errors"] == [
        {"detail": "A rejection needs a reason.", "pointer": "/reason"}
    ]
    rejected = _decide(call("approver"), there, "reject", tag, reason="No seat.")
    assert rejected.json()["state"] == "rejected"


def test_the_same_key_is_the_same_request(
    portal_world: PortalWorld, call: Call
) -> None:
    cio = call(f"cio.{portal_world.own}")
    body = {"municipality": portal_world.own, "wish": wish(person(surname="מזרחי"))}
    key = {"idempotency-key": "the HR system's number 17"}
    first = cio.post("/requests", json=body, headers=key)
    again = cio.post("/requests", json=body, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    other = {"municipality": portal_world.own, "wish": wish(person(surname="דהן"))}
    clash = cio.post("/requests", json=other, headers=key)
    assert clash.status_code == 409
    assert "key" in clash.json()["detail"]
    there = f"/requests/{first.json()['id']}"
    gone = _decide(cio, there, "withdraw", again.headers["etag"])
    assert gone.json()["state"] == "withdrawn"


def test_all_that_is_wrong_is_told_at_once_with_its_place(
    portal_world: PortalWorld, call: Call
) -> None:
    cio = call(f"cio.{portal_world.own}")
    several = {
        "municipality": portal_world.own,
        "wish": wish({"given_name": 7, "license": "X"}, {"surname": "ב"}),
        "start": "soon",
        "state": "approved",
    }
    answer = cio.post("/requests", json=several)
    assert answer.status_code == 422
    places = {one["pointer"] for one in answer.json()["errors"]}
    assert places == {
        "/wish/people/0/given_name",
        "/wish/people/1/license",
        "/start",
        "/state",
    }
    unheard = wish(person(license="NONE"), person(given_name="=1+1", surname="x"))
    answer = cio.post(
        "/requests", json={"municipality": portal_world.own, "wish": unheard}
    )
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert len(errors) >= 2
    assert any(one["pointer"] == "/wish/people/1" for one in errors), errors
    broken = cio.post(
        "/requests", content=b"{", headers={"content-type": "application/json"}
    )
    assert broken.status_code == 422
    assert broken.json()["errors"] == [{"detail": "The body is no JSON."}]


def test_what_is_known_already_is_not_sent_again(call: Call, asked: Any) -> None:
    cio = call("auditor")
    there = f"/requests/{asked.json()['id']}"
    first = cio.get(there)
    tag = first.headers["etag"]
    same = cio.get(there, headers={"if-none-match": f'"other", W/{tag}'})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == tag
    assert cio.get(there, headers={"if-none-match": '"other"'}).status_code == 200


def test_nobody_decides_without_having_looked(call: Call, asked: Any) -> None:
    approver = call("approver")
    there = f"/requests/{asked.json()['id']}/approve"
    for headers in ({}, {"if-match": "*"}):
        answer = approver.post(there, json={}, headers=headers)
        assert answer.status_code == 428
        assert "ETag" in answer.json()["detail"]


def test_a_look_is_ordered_once_followed_and_ended(
    portal_world: PortalWorld, call: Call
) -> None:
    it = call("it")
    order = {"order": "look", "municipalities": [portal_world.own]}
    key = {"idempotency-key": "look 1"}
    made = it.post("/runs", json=order, headers=key)
    assert made.status_code == 201, made.text
    run = made.json()["id"]
    again = it.post("/runs", json=order, headers=key)
    assert again.json()["id"] == run
    other = it.post("/runs", json={"order": "look"}, headers=key)
    assert other.status_code == 409
    seen, after, ended = [], 0, False
    while not ended:
        found = it.get(f"/runs/{run}/events", params={"after": after, "limit": 5})
        seen += [one["number"] for one in found.json()["items"]]
        after, ended = found.json()["after"], found.json()["ended"]
        time.sleep(0 if found.json()["items"] else 0.1)
    assert seen == list(range(1, len(seen) + 1))
    assert it.get(f"/runs/{run}").json()["status"] in ("succeeded", "waiting")
    assert it.post(f"/runs/{run}/cancel").status_code == 409
    rest = it.get("/runs", params={"mode": "drift", "limit": 1}).json()
    assert [one["id"] for one in rest["items"]] == [run]


def test_what_a_run_cannot_repair_is_named(
    portal_world: PortalWorld, call: Call
) -> None:
    keys = [portal_world.to_repair, portal_world.unmanaged]
    answer = call("it").post("/runs", json={"order": "repair", "keys": keys})
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/keys/1"]
    gone = [portal_world.to_repair, "nowhere/mailbox/x"]
    answer = call("it").post("/runs", json={"order": "repair", "keys": gone})
    assert answer.status_code == 404


def test_a_difference_is_accepted_for_some_days(
    portal_world: PortalWorld, call: Call
) -> None:
    it, there = call("it"), portal_world.unmanaged
    short = it.put(f"/acceptances/{there}", json={"days": 0, "reason": "x"})
    assert {one["pointer"] for one in short.json()["errors"]} == {"/days", "/reason"}
    accepted = it.put(
        f"/acceptances/{there}", json={"days": 7, "reason": "Asked  the head."}
    )
    assert accepted.status_code == 200, accepted.text
    found = it.get(f"/drift/{there}").json()
    assert found["life"] == "acknowledged"
    assert found["accepted"]["reason"] == "Asked the head."
    assert found["accepted"]["actor"].startswith("app:")
    left = datetime.fromisoformat(found["accepted"]["until"]) - datetime.now(UTC)
    assert timedelta(days=6) < left < timedelta(days=8)


def test_a_backup_in_danger_is_acknowledged_by_who_may_and_only_for_a_while(
    portal_world: PortalWorld, call: Call
) -> None:
    there = f"/backup-acknowledgements/{portal_world.backup}"
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    word = {"last_day": day, "reason": "The store is  being moved."}
    assert call("auditor").put(there, json=word).status_code == 403
    late = call("operator").put(there, json=word | {"last_day": "2199-01-01"})
    assert late.status_code == 409
    gone = "/backup-acknowledgements/nowhere/backup_job/x"
    assert call("operator").put(gone, json=word).status_code == 404

    kept = call("operator").put(there, json=word)
    assert kept.status_code == 200, kept.text
    assert kept.json()["reason"] == "The store is being moved."
    assert kept.json()["actor"].startswith("app:")
    with portal_world.world.store() as store:
        (row, *_) = store.audit.search(portal_world.backup, limit=1)
    assert (row.action, row.actor) == ("acknowledged", kept.json()["actor"])


def test_only_what_the_inventory_wants_is_adopted(
    portal_world: PortalWorld, call: Call
) -> None:
    order = {"order": "adopt", "key": portal_world.unmanaged}
    refused = call("it").post("/runs", json=order)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/key"]
    unknown = order | {"key": "nowhere/mailbox/x"}
    assert call("it").post("/runs", json=unknown).status_code == 404
    assert call("operator").post("/runs", json=order).status_code == 403


def test_a_held_plan_is_approved_by_somebody_else_who_has_read_it(
    portal_world: PortalWorld, call: Call
) -> None:
    held = held_plan(portal_world, "app:someone")
    approver = call("approver")
    waiting = approver.get("/approvals").json()["items"]
    assert held in [one["run_id"] for one in waiting]
    there = f"/approvals/{held}"
    tag = approver.get(there).headers["etag"]
    assert approver.post(f"{there}/approve").status_code == 428
    yes = approver.post(f"{there}/approve", headers={"if-match": tag})
    assert yes.status_code == 200, yes.text
    assert yes.json()["decided_by"].startswith("app:")
    assert approver.get(f"/runs/{yes.json()['followed_by']}").status_code == 200
    late = approver.post(f"{there}/approve", headers={"if-match": tag})
    assert late.status_code == 412
    tag = yes.headers["etag"]
    twice = approver.post(f"{there}/approve", headers={"if-match": tag})
    assert twice.status_code == 409


def test_nobody_approves_a_plan_of_their_own(
    portal_world: PortalWorld, call: Call
) -> None:
    approver = call("approver")
    me = next(
        one.client_id
        for one in portal_world.world.state.clients
        if one.name == "approver"
    )
    there = f"/approvals/{held_plan(portal_world, f'app:{me}')}"
    found = approver.get(there)
    assert found.json()["own"] is True
    tag = {"if-match": found.headers["etag"]}
    refused = approver.post(f"{there}/approve", headers=tag)
    assert refused.status_code == 409
    assert "two people" in refused.json()["detail"]


def test_first_passwords_are_not_in_the_api(
    portal_world: PortalWorld, call: Call, visit: Visit
) -> None:
    there = f"/requests/{portal_world.request}/password/nobody@nowhere.example"
    assert call("it").get(there).status_code == 404
    assert call("it").post(there).status_code == 404
