"""Starting, stopping and finding the sandbox, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

from provisioner.errors import SandboxError
from provisioner.sandbox import process
from provisioner.sandbox.folder import Folder
from provisioner.sandbox.outsider import call, order, signed_in
from provisioner.sandbox.state import SandboxState, load_state, read_state
from provisioner.sandbox.tenant.seed import ClientSeed, Conduct, SkuSeed, TenantSeed

Seeds = tuple[TenantSeed, ...]
Add = Callable[[httpx.Client, str], str]
NOF = "nof.example"
SECRET = "a secret of the tests"


def wait_for(holds: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def test_a_started_sandbox_is_found_and_answers(
    started: SandboxState, tmp_path: Path, seeds: Seeds
) -> None:
    directory = tmp_path / "sandbox"
    assert read_state(directory) == started == process.status(directory)
    assert (started.tenant_id, started.client_id) == (
        seeds[0].tenant_id,
        seeds[0].client_id,
    )
    assert started.tenant("carmel").client_secret == SECRET + "carmel"
    with pytest.raises(SandboxError, match="only galil, carmel"):
        started.tenant("negev")


def test_applications_of_the_api_keep_their_secrets_over_a_restart(
    tmp_path: Path, seeds: Seeds
) -> None:
    def seeded(secret: str) -> list[TenantSeed]:
        client = ClientSeed("hr", "12345678-1234-4234-8234-123456789abc", secret, ())
        return [msgspec.structs.replace(seeds[0], clients=(client,)), *seeds[1:]]

    directory = tmp_path / "sandbox"
    (first,) = process.up_seeds(directory, seeded("the first")).clients
    process.down(directory)
    state = process.up_seeds(directory, seeded("another"))
    assert state.clients == (first,)
    assert first.client_secret == "the first"  # pragma: allowlist secret
    assert "the first" not in repr(state)
    url = f"{state.graph_url.removesuffix('/v1.0')}/{state.tenant_id}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "client_id": first.client_id}
    form |= {"client_secret": first.client_secret}
    form |= {"scope": f"api://{state.client_id}/.default"}
    answer = httpx.post(url, data=form)
    process.down(directory)
    assert answer.status_code == 200, answer.text


def test_only_the_owner_reads_what_the_sandbox_writes(
    started: SandboxState, tmp_path: Path
) -> None:
    files = list((tmp_path / "sandbox").iterdir())
    assert {one.name for one in files} >= {"state.json", "world.json", "ca.key"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}


def test_secrets_are_in_no_argument_and_no_repr(started: SandboxState) -> None:
    told = " ".join(psutil.Process(started.pid).cmdline()) + repr(started)
    told += repr(started.tenants)
    assert SECRET not in told
    assert started.admin_key not in told


def test_starting_twice_tells_that_it_runs(
    started: SandboxState, tmp_path: Path, seeds: Seeds
) -> None:
    with pytest.raises(SandboxError, match=f"already runs \\(process {started.pid}"):
        process.up_seeds(tmp_path / "sandbox", seeds)
    assert read_state(tmp_path / "sandbox") == started


def test_two_starts_at_once_leave_one_sandbox(
    started: SandboxState, tmp_path: Path, seeds: Seeds
) -> None:
    (tmp_path / "sandbox" / "state.json").unlink()
    with pytest.raises(SandboxError, match="Another sandbox already serves"):
        process.up_seeds(tmp_path / "sandbox", seeds)
    os.kill(started.pid, signal.SIGTERM)
    process.attend(started)


def _processes_of(folder: Path) -> list[int]:
    """Processes of ours whose command line names the folder; other tests have theirs."""
    return [
        child.pid
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE
        and any(str(folder) in word for word in child.cmdline())
    ]


def test_stopping_leaves_no_process_and_says_whether_one_ran(
    tmp_path: Path, seeds: Seeds
) -> None:
    directory = tmp_path / "sandbox"
    state = process.up_seeds(directory, seeds, detach=True)
    assert process.down(directory) is True
    assert not psutil.pid_exists(state.pid)
    assert not _processes_of(tmp_path)
    assert process.down(directory) is False
    with pytest.raises(SandboxError, match="sandbox up --detach"):
        process.status(directory)


def test_a_state_of_a_dead_or_foreign_process_is_not_taken_for_ours(
    started: SandboxState, tmp_path: Path, seeds: Seeds
) -> None:
    directory = tmp_path / "other"
    directory.mkdir()
    ours = psutil.Process()
    for stale in (
        msgspec.structs.replace(started, pid=2**22 - 1),
        msgspec.structs.replace(started, pid=ours.pid),
    ):
        (directory / "state.json").write_bytes(msgspec.json.encode(stale))
        with pytest.raises(SandboxError, match="ended without being stopped"):
            read_state(directory)
        assert process.down(directory) is False
        assert load_state(directory) is None
    (directory / "state.json").write_bytes(msgspec.json.encode(stale))
    fresh = process.up_seeds(directory, seeds)
    assert fresh.pid != started.pid
    assert process.down(directory)


def test_purging_takes_our_files_and_leaves_those_of_others(
    tmp_path: Path, seeds: Seeds
) -> None:
    directory = tmp_path / "sandbox"
    process.up_seeds(directory, seeds)
    (directory / "notes.txt").write_text("mine")
    process.down(directory, purge=True)
    assert [one.name for one in directory.iterdir()] == ["notes.txt"]
    (directory / "notes.txt").unlink()
    process.down(directory, purge=True)
    assert not directory.exists()


def test_a_start_that_fails_shows_the_end_of_the_log(tmp_path: Path) -> None:
    wrong = TenantSeed(
        name="x",
        tenant_id="t",
        client_id="c",
        client_secret="s",
        initial_domain="x.onmicrosoft.example",
        display_name="X",
        skus=(SkuSeed("MOON", 1),),
    )
    with pytest.raises(SandboxError, match=r"did not start:[\s\S]*MOON"):
        process.up_seeds(tmp_path / "sandbox", [wrong])
    assert not _processes_of(tmp_path)


def test_what_the_world_held_survives_a_restart_on_the_same_ports(
    started: SandboxState,
    tmp_path: Path,
    seeds: Seeds,
    quick: Conduct,
    add_domain: Add,
    add_person: Add,
) -> None:
    directory = tmp_path / "sandbox"
    with signed_in(started, started.tenants[0]) as client:
        add_domain(client, NOF)
        noa = add_person(client, f"noa@{NOF}")
    mx = {"action": "override", "name": NOF, "type": "MX", "values": ["10 a.example"]}
    zone = order(started, "POST", "dns", mx)
    authority = Path(started.ca_file).read_bytes()
    process.down(directory)

    again = process.up_seeds(directory, seeds, conduct=quick, domains=(NOF,))
    addresses = ("graph_url", "graph_url_https", "dns", "admin_key", "client_secret")
    for name in addresses:
        assert getattr(again, name) == getattr(started, name), name
    assert Path(again.ca_file).read_bytes() == authority
    with signed_in(again, again.tenants[0]) as client:
        user = call(client, "GET", f"users/{noa}?$select=displayName,assignedLicenses")
        assert user["displayName"] == "נועה לוי"
        assert user["assignedLicenses"]
    assert order(again, "GET", "dns")["records"] == zone["records"]


def test_a_killed_sandbox_loses_little_and_starts_again(
    started: SandboxState,
    tmp_path: Path,
    seeds: Seeds,
    quick: Conduct,
    add_domain: Add,
    add_person: Add,
) -> None:
    directory = tmp_path / "sandbox"
    with signed_in(started, started.tenants[0]) as client:
        add_domain(client, NOF)
        noa = add_person(client, f"noa@{NOF}")
    written = time.time()
    dump = Folder(directory).dump
    wait_for(lambda: dump.is_file() and dump.stat().st_mtime > written)
    os.kill(started.pid, signal.SIGKILL)
    wait_for(lambda: not started.alive)
    with pytest.raises(SandboxError, match="ended without being stopped"):
        read_state(directory)
    again = process.up_seeds(directory, seeds, conduct=quick)
    with signed_in(again, again.tenants[0]) as client:
        assert call(client, "GET", f"users/{noa}")["id"] == noa


def test_a_garbled_world_is_told_with_the_remedy(tmp_path: Path, seeds: Seeds) -> None:
    directory = tmp_path / "sandbox"
    process.up_seeds(directory, seeds)
    process.down(directory)
    Folder(directory).dump.write_bytes(b"garbled")
    with pytest.raises(SandboxError, match=r"world\.dump cannot be read.*--purge"):
        process.up_seeds(directory, seeds)


def test_other_tenants_than_those_it_holds_are_refused(
    tmp_path: Path, seeds: Seeds
) -> None:
    directory = tmp_path / "sandbox"
    process.up_seeds(directory, seeds)
    process.down(directory)
    with pytest.raises(SandboxError, match="holds other tenants"):
        process.up_seeds(directory, seeds[:1])


def test_more_seats_in_the_inventory_are_there_after_a_restart(
    tmp_path: Path, seeds: Seeds
) -> None:
    directory = tmp_path / "sandbox"
    process.up_seeds(directory, seeds)
    process.down(directory)
    richer = [
        msgspec.structs.replace(one, skus=(SkuSeed("EXCHANGESTANDARD", 25),))
        for one in seeds
    ]
    state = process.up_seeds(directory, richer)
    with signed_in(state, state.tenants[0]) as client:
        (sku,) = call(client, "GET", "subscribedSkus")["value"]
    assert sku["prepaidUnits"]["enabled"] == 25
    process.down(directory)


STARTER = """
import sys, time
from pathlib import Path
from provisioner.sandbox import process
from provisioner.sandbox.folder import Folder
directory = Path(sys.argv[1])
seeds = Folder(directory.parent).read_definition().seeds
state = process.up_seeds(directory, seeds, detach=sys.argv[2] == "detached")
print(state.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", ["tied", "detached"])
def test_a_tied_sandbox_ends_with_its_starter_and_a_detached_one_does_not(
    tmp_path: Path, how: str, seeds: Seeds, quick: Conduct
) -> None:
    from provisioner.sandbox.folder import Definition

    directory = tmp_path / "sandbox"
    Folder(tmp_path).write_definition(Definition(seeds, quick))
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(directory), how], stdout=subprocess.PIPE
    )
    assert starter.stdout is not None
    starter.stdout.readline()
    state = read_state(directory)
    starter.kill()
    starter.wait()
    starter.stdout.close()
    if how == "tied":
        wait_for(lambda: not state.alive)
        assert load_state(directory) is None
    else:
        time.sleep(0.3)
        assert httpx.get(
            f"{state.admin_url}/health", headers={"X-Sandbox-Key": state.admin_key}
        ).is_success
        assert process.down(directory)
