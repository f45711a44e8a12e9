"""A whole bad day by a plan of faults: what is not proven is named, the next run ends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rehearsal import Rehearsal, Rehearse

from provisioner.sandbox.fault_plan import FaultPlan, read_plan
from provisioner.sandbox.tenant.seed import Conduct

pytestmark = pytest.mark.faults

BAD_DAY = r"""
seed: 11
quotas: true
replication_lag: 3
licence_lag: 1
clock_scale: 10
faults:
  - {action: unavailable_after_commit, method: POST, path: ^/v1.0/users$, skip: 2, count: 2}
  - {action: concurrency, path: assignLicense, count: 3, probability: 0.5}
  - {action: throttle, path: /v1.0, probability: 0.05, count: 20, retry_after: 0.137}
  - {action: server_error_html, status: 500, skip: 9, count: 2}
  - {action: server_error_html, skip: 14, count: 2}
  - {action: slow_body, seconds: 0.3, skip: 6, count: 3}
  - {action: cut, method: POST, path: batch, skip: 1, count: 1}
  - {action: empty_page, path: ^/v1.0/users, method: GET, count: 1}
  - {action: duplicate_page, path: ^/v1.0/users, method: GET, count: 1}
  - {action: expired_token, skip: 20, count: 1}
  - {action: take_seat, path: assignLicense, skip: 8, count: 1}
  - {action: second_administrator, path: assignLicense, skip: 3, count: 2}
"""


@pytest.fixture
def plan(tmp_path: Path) -> FaultPlan:
    file = tmp_path / "bad-day.yml"
    file.write_text(BAD_DAY, encoding="utf-8")
    return read_plan(file)


@pytest.fixture
def world(rehearse: Rehearse, plan: FaultPlan) -> Rehearsal:
    """A town on its bad day."""
    told = {name: getattr(plan.over(Conduct()), name) for name in plan.conduct}
    made = rehearse(municipalities=1, people=24, seed=plan.seed, **told)
    for rule in plan.faults:
        given = {name: getattr(rule, name) for name in rule.__struct_fields__}
        edit = given.pop("edit")
        made.fault(**given, edit={"body": edit.body})
    return made


def test_a_bad_day_ends_with_everything_proven(world: Rehearsal) -> None:
    (slug,) = world.slugs
    for _ in range(4):
        ended = world.run("apply", "--yes", "--json")
        undone = [one for one in ended.outcomes() if one["status"] != "done"]
        for town in ended.report["municipalities"]:
            undone += town["findings"]
        # Either everything is proven, or the report names what is not and why.
        assert ended.code == 0 or undone, ended.out
        assert all(one["reason"] for one in undone)
    never = [one["action"] for one in world.admin("GET", "faults") if not one["hits"]]
    assert never == []
    world.mend()
    # Somebody took the last seat; more are bought.
    tenant = world.state.tenants[0].tenant_id
    for name, one in world.admin("POST", "skus", [], tenant=tenant).items():
        more = {"part_number": name, "enabled": one["enabled"] + 5}
        world.admin("POST", "skus", more, tenant=tenant)
    for _ in range(2):
        ended = world.run("apply", "--yes", "--json")
        if ended.code == 0:
            break
    assert ended.code == 0, ended.err + ended.out[-2000:]
    world.assert_whole(slug)
    titles = {one["jobTitle"] for one in world.users(slug).values()}
    assert "Changed by another administrator" not in titles
    assert json.loads(world.run("drift", "--json").out)["exit_code"] == 0
