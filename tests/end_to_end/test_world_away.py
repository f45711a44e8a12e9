"""The outside world is gone, locked or half there; or somebody presses Ctrl-C."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest
from rehearsal import Rehearsal, Rehearse

from provisioner.sandbox import process

pytestmark = pytest.mark.end_to_end

WRONG = "not-the-secret-of-anybody"


def test_a_sandbox_that_does_not_run_is_one_sentence(rehearse: Rehearse) -> None:
    world = rehearse(municipalities=1, people=12)
    process.down(world.var / "sandbox")
    for words in (["plan"], ["apply", "--yes"], ["drift"], ["sandbox", "status"]):
        ended = world.run(*words)
        assert ended.code == 1
        assert ended.err.startswith("Error: No sandbox runs from ")
        assert "Start it with: provisioner sandbox up --detach." in ended.err
        assert len(ended.err.splitlines()) == 2
        assert ended.out == ""
    told = json.loads(world.run("plan", "--json").out)
    assert told["error"] == "SandboxError"


def test_a_tenant_that_cannot_be_reached_is_unknown(rehearse: Rehearse) -> None:
    world = rehearse(municipalities=1, people=12)
    away = {
        "profile": "production",
        "graph_url": "https://127.0.0.1:9/v1.0",
        "authority": "https://127.0.0.1:9",
    }
    (tenant,) = world.state.tenants
    ended = start_with_secret(world, tenant.name, away)
    assert ended["code"] == 1
    (report,) = ended["report"]["municipalities"]
    assert {one["drift"] for one in report["findings"]} == {"unknown"}
    assert WRONG not in ended["said"]
    assert not world.users(world.slugs[0])


def start_with_secret(
    world: Rehearsal, tenant: str, settings: dict[str, str]
) -> dict[str, Any]:
    """Apply in production, with a client secret from the environment."""
    import os

    name = f"{tenant.upper()}_CLIENT_SECRET"
    os.environ[name] = WRONG
    try:
        ended = world.run("apply", "--yes", "--json", **settings)
    finally:
        del os.environ[name]
    return {
        "code": ended.code,
        "report": ended.report,
        "said": ended.out + ended.err,
    }


@pytest.fixture
def two_tenants(rehearse: Rehearse) -> Rehearsal:
    """Five municipalities, one of them in a tenant of its own."""
    return rehearse(municipalities=5, people=72, mailbox_delay=0.1)


@pytest.mark.parametrize("fault", ["a wrong secret", "a tenant that refuses"])
def test_one_tenant_that_fails_leaves_the_other_working(
    fault: str, two_tenants: Rehearsal
) -> None:
    world = two_tenants
    if fault == "a wrong secret":
        file = world.var / "sandbox" / "state.json"
        right = world.state.tenant("nahariya").client_secret
        file.write_text(file.read_text().replace(right, WRONG))
    else:
        other = world.state.tenant("nahariya").tenant_id
        world.fault("unavailable", path=f"/{other}/oauth2", retry_after=0.01)
    ended = world.run("apply", "--yes", "--json", timeout=110)
    assert ended.code == 1
    for town in ended.report["municipalities"]:
        if town["slug"] != "nahariya":
            assert not town["findings"]
            continue
        assert not town["outcomes"]
        for one in town["findings"]:
            assert one["drift"] == "unknown"
            assert "nahariya" in one["reason"]
    assert not world.users("nahariya")
    for slug in world.slugs:
        if slug != "nahariya":
            world.assert_whole(slug)
    assert WRONG not in ended.out + ended.err
    told = world.run("plan", "--municipality", "nahariya", timeout=110)
    assert told.code == 1
    assert WRONG not in told.out + told.err
    assert "Traceback" not in told.out + told.err


def test_ctrl_c_ends_an_apply_in_seconds_and_the_next_one_finishes(
    rehearse: Rehearse,
) -> None:
    world = rehearse(municipalities=1, people=12)
    (slug,) = world.slugs
    world.fault("throttle", method="POST", path="assignLicense", retry_after=60)
    begun = world.start("apply", "--yes")
    world.wait_until(world.struck, "licences are given")
    pressed = time.monotonic()
    begun.send_signal(signal.SIGINT)
    _, err = begun.communicate(timeout=30)
    took = time.monotonic() - pressed
    assert begun.returncode == 130
    assert err.splitlines()[-1] == "Stopped; run the same command again to go on."
    assert "Traceback" not in err
    assert took < 15
    world.mend()
    with world.store() as store:
        (run,) = store.runs.latest(1)
        assert run.status == "failed"
        assert run.summary == {"reason": "interrupted"}
    ended = world.run("apply", "--yes")
    assert ended.code == 0, ended.err
    world.assert_whole(slug)
    assert world.run("audit", "verify").code == 0
