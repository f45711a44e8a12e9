"""The outside world is gone, locked or half there; or somebody presses Ctrl-C."""

from __future__ import annotations

import json
import signal
import time

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


def test_a_tenant_that_cannot_be_reached_is_unknown(
    rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = rehearse(municipalities=1, people=12)
    (tenant,) = world.state.tenants
    monkeypatch.setenv(f"{tenant.name.upper()}_CLIENT_SECRET", WRONG)
    nowhere = "https://127.0.0.1:9"
    away = {"profile": "production", "graph_url": nowhere, "authority": nowhere}
    ended = world.run("apply", "--yes", "--json", "--kind", "mailbox", **away)
    assert ended.code == 1, ended.err
    (town,) = ended.report["municipalities"]
    assert {one["drift"] for one in town["findings"]} == {"unknown"}
    assert WRONG not in ended.out + ended.err
    assert not world.users(world.slugs[0])


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
        world.fault("forbidden", path=f"/{other}/oauth2")
    ended = world.run("apply", "--yes", "--json")
    assert ended.code == 1
    for town in ended.report["municipalities"]:
        if not town["slug"].endswith("nahariya"):
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
    assert "Traceback" not in ended.err


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
        assert run.status == "cancelled"
        assert run.summary == {"reason": "interrupted"}
    ended = world.run("apply", "--yes")
    assert ended.code == 0, ended.err
    world.assert_whole(slug)
    assert world.run("audit", "verify").code == 0
