"""The tenant misbehaves while an apply runs; at the end all is proven, or the report says."""

from __future__ import annotations

import pytest
from rehearsal import Rehearse
from towns import Town

pytestmark = pytest.mark.faults


class TestApplySurvives:
    """Faults that pass: one apply brings everything about, nobody twice."""

    @pytest.mark.parametrize(
        "fault",
        [
            pytest.param(
                {
                    "action": "throttle",
                    "path": "/v1.0",
                    "count": 50,
                    "probability": 0.5,
                    "retry_after": 0.137,
                },
                id="a-storm-of-429-with-fractional-waits",
            ),
            pytest.param(
                {
                    "action": "throttle",
                    "path": "/users$",
                    "method": "POST",
                    "count": 25,
                    "retry_after": 0.2,
                },
                id="429-inside-batches",
            ),
            pytest.param(
                {
                    "action": "unavailable_after_commit",
                    "path": "/users$",
                    "method": "POST",
                    "count": 9,
                    "retry_after": 0.1,
                },
                id="creates-committed-behind-a-503",
            ),
            pytest.param(
                {"action": "unavailable", "path": "assignLicense", "count": 9},
                id="licences-unavailable-for-a-while",
            ),
            pytest.param(
                {"action": "concurrency", "path": "assignLicense", "count": 9},
                id="directory-concurrency-violations",
            ),
            pytest.param(
                {"action": "server_error_html", "count": 3, "skip": 4},
                id="502-with-html",
            ),
            pytest.param(
                {"action": "cut", "path": r"\$batch", "method": "POST", "count": 2},
                id="whole-batches-cut-off",
            ),
            pytest.param(
                {"action": "empty_page", "path": "/users", "count": 2},
                id="empty-pages-in-the-middle",
            ),
            pytest.param(
                {"action": "expired_token", "count": 1, "skip": 5},
                id="tokens-that-end-too-soon",
            ),
            pytest.param(
                {"action": "server_error_html", "status": 500, "count": 2, "skip": 2},
                id="500-with-html",
            ),
            pytest.param(
                {"action": "duplicate_page", "path": "/users", "count": 2},
                id="pages-that-come-twice",
            ),
            pytest.param(
                {"action": "slow_body", "seconds": 0.4, "count": 4},
                id="bodies-that-come-slowly",
            ),
            pytest.param(
                {"action": "claims_challenge", "count": 1, "skip": 4},
                id="a-sign-in-asked-for-again",
            ),
            pytest.param(
                {"action": "truncated", "count": 3, "skip": 3},
                id="truncated-answers",
            ),
        ],
    )
    def test_and_brings_everything_about(
        self, fault: dict[str, object], fresh_town: Town
    ) -> None:
        world = fresh_town.world
        world.fault(**fault)  # type: ignore[arg-type]
        ended = fresh_town.run("apply", "--yes", "--json")
        assert ended.code == 0, ended.err + ended.out[-2000:]
        assert world.struck(), "the fault never came about"
        world.mend()
        world.assert_whole(fresh_town.slug)

    def test_replicas_that_lag_by_half_a_minute(self, rehearse: Rehearse) -> None:
        world = rehearse(
            municipalities=1, people=12, replication_lag=30.0, clock_scale=20.0
        )
        ended = world.run("apply", "--yes", "--json")
        assert ended.code == 0, ended.err + ended.out[-2000:]
        world.assert_whole(world.slugs[0])


def test_the_last_seat_taken_between_plan_and_apply_leaves_one_person_waiting(
    rehearse: Rehearse,
) -> None:
    world = rehearse(municipalities=1, people=20)
    (slug,) = world.slugs
    wanted = sum(
        row["license"] == "EXCHANGESTANDARD" and row["state"] != "leaver"
        for row in world.people(slug)
    )
    tenant = world.state.tenants[0].tenant_id
    world.admin(
        "POST",
        "skus",
        {"tenant": tenant, "part_number": "EXCHANGESTANDARD", "enabled": wanted},
    )
    planned = world.run("plan", "--json")
    assert planned.code == 2
    checksum = planned.report["checksum"]
    world.fault("take_seat", path="assignLicense", skip=1, count=1)
    ended = world.run("apply", "--checksum", checksum, "--json")
    assert ended.code == 2, ended.err
    waiting = ended.outcomes("waiting")
    assert len(waiting) == 1
    assert "waiting for a seat" in waiting[0]["reason"]
    assert "EXCHANGESTANDARD has" in waiting[0]["reason"]
    assert waiting[0]["next_look"]
    done = {one["name"] for one in ended.outcomes("done") if one["kind"] == "mailbox"}
    licensed = {a for a, u in world.users(slug).items() if u["licences"]}
    assert licensed == done


def test_a_page_that_fails_in_the_middle_is_unknown_and_nothing_is_written(
    town: Town,
) -> None:
    before = town.world.everyone()
    # The first page arrives, the one behind it never does.
    town.world.fault("empty_page", path=r"^/v1\.0/users\b", method="GET", count=1)
    town.world.fault("forbidden", path=r"^/v1\.0/users\b", method="GET")
    town.amend(town.active()[0]["address"], job_title="שומר סף")
    ended = town.run("apply", "--yes", "--json")
    assert ended.code == 1
    findings = ended.report["municipalities"][0]["findings"]
    assert [(one["kind"], one["drift"]) for one in findings] == [
        ("mailbox", "unknown"),
        ("administrative_unit", "unknown"),
    ]
    assert not ended.outcomes()
    town.world.mend()
    assert town.world.everyone() == before


def test_a_forbidden_read_is_unknown_with_the_reason(town: Town) -> None:
    town.world.fault("forbidden", path="subscribedSkus")
    ended = town.run("plan", "--json")
    assert ended.code == 1
    (finding,) = ended.report["municipalities"][0]["findings"]
    assert finding["drift"] == "unknown"
    assert "403" in finding["reason"]


def test_an_unreadable_recycle_bin_blocks_creates_and_only_them(town: Town) -> None:
    rows = town.people()
    rows[3]["job_title"] = "שומר סף"
    new = {"address": "new.one", "employee_id": "n-1", "role": "", "aliases": ""}
    rows.append(rows[3] | new)
    town.rewrite(rows)
    town.world.fault("forbidden", path="deletedItems")
    ended = town.run("apply", "--yes", "--json")
    assert ended.code == 1
    (report,) = ended.report["municipalities"]
    assert [one["name"] for one in report["findings"]] == [f"new.one@{town.domain}"]
    assert "recycle bin" in report["findings"][0]["reason"]
    assert [one["name"] for one in ended.outcomes("done")] == [rows[3]["address"]]
    assert f"new.one@{town.domain}" not in town.users()


def test_dns_that_does_not_answer_is_unknown_and_stops_nothing_else(
    town: Town,
) -> None:
    world = town.world
    world.admin(
        "POST", "dns", {"action": "fail", "name": town.domain, "how": "servfail"}
    )
    town.amend(town.active()[0]["address"], job_title="שומר סף")
    other = next(slug for slug in world.slugs if slug != town.slug)
    ended = town.run("plan", "--municipality", other, "--json")
    assert ended.code == 1
    findings = [f for m in ended.report["municipalities"] for f in m["findings"]]
    assert [(f["kind"], f["name"], f["drift"]) for f in findings] == [
        ("domain", town.domain, "unknown")
    ]
    # The other town may be as another test of this world left it.
    changes = [c for m in ended.report["municipalities"] for c in m["changes"]]
    names = [c["name"] for c in changes if c["name"].endswith(f"@{town.domain}")]
    assert names == [town.active()[0]["address"]]


def test_a_link_to_another_host_is_not_followed(town: Town) -> None:
    town.world.fault("poisoned_link", path=r"^/v1\.0/users\b", method="GET")
    ended = town.run("plan", "--full", "--json")
    assert ended.code == 1
    findings = ended.report["municipalities"][0]["findings"]
    assert {one["kind"] for one in findings} == {"mailbox", "administrative_unit"}
    assert all("it was not followed" in one["reason"] for one in findings)
