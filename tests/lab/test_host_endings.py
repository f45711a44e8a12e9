"""What ends, fails or runs out in the middle of an apply leaves a host whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from lab import Lab
from made import Made

from provisioner.errors import ProviderError
from provisioner.model.host_state import HostPart
from provisioner.providers.ansible import hosts
from provisioner.providers.ansible.hosts import Authority, Hosts, HostSeen

NAME = "server1"


@pytest.fixture(scope="module")
def made(lab: Lab) -> Iterator[Made]:
    """A host of which nobody wants anything yet."""
    one = Made(lab, lab.host(NAME), HostPart(NAME))
    yield one
    lab.drop(one.host)


def _file(path: str, content: str, validate: str = "") -> dict[str, Any]:
    return {
        "path": path,
        "content": content,
        "mode": "0644",
        "owner": "root",
        "group": "root",
        "validate": validate,
    }


def _slow(seconds: int) -> dict[str, Any]:
    """A state whose one file takes so long to be looked at by its program."""
    return {"files": [_file("/srv/slow", "x\n", f"sh -c 'sleep {seconds}; true' %s")]}


def _running(made: Made, words: str) -> bool:
    told = made.lab.run(made.host, f"pgrep -f '^{words}'", check=False)
    return told.returncode == 0


async def _cancelled(made: Made, seconds: int) -> None:
    task = asyncio.create_task(made.hosts.apply({NAME: _slow(seconds)}))
    while not await asyncio.to_thread(_running, made, f"sleep {seconds}"):
        assert not task.done(), task.result()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_a_cancelled_run_ends_on_the_host_too(made: Made) -> None:
    asyncio.run(_cancelled(made, 1001))
    assert not _running(made, "sleep 1001")
    assert made.lab.run(made.host, "ls /srv/slow", check=False).returncode


def test_a_run_that_takes_too_long_ends_on_the_host_too(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "_APPLY_SECONDS", 4.0)
    failed = made.apply(_slow(1002))
    assert "timeout" in str(failed)
    assert not _running(made, "sleep 1002")


def test_a_full_disk_is_told_and_truncates_nothing(made: Made) -> None:
    old, new = "old\n" * 2000, "new\n" * 2000
    assert made.apply({"files": [_file("/srv/page", old)]}) is None
    made.as_root(
        "mkdir /srv/small; mount -t tmpfs -o size=64k tmpfs /srv/small",
        "cp /srv/page /srv/small/page",
        "dd if=/dev/zero of=/srv/small/ballast bs=1k 2>/dev/null || true",
    )
    failed = made.apply({"files": [_file("/srv/small/page", new)]})
    assert isinstance(failed, ProviderError)
    assert "/srv/small/page" in str(failed)
    assert "No space left" in str(failed)
    told = made.lab.run(made.host, "cat /srv/small/page; ls -A /srv/small").stdout
    assert told == f"{old}ballast\npage\n"
    seen = made.seen()
    assert isinstance(seen, HostSeen)
    assert seen.undeclared["disk /srv/small"] == "is full: 0 MB of 0 MB are free"
    made.as_root("rm /srv/small/ballast")
    assert made.apply({"files": [_file("/srv/small/page", new)]}) is None
    made.as_root("umount /srv/small")


def test_one_part_that_fails_does_not_stop_the_others(made: Made) -> None:
    """The worst of each kind, and beside it what can be made."""
    refused = _file("/srv/refused", "x\n", "false %s")
    failed = made.apply(
        {
            "packages": [{"name": "no-such-package"}],
            "accounts": [{"name": "bad name", "groups": [], "shell": "/bin/sh"}],
            "directories": [_open("/proc/none"), _open("/srv/made")],
            "certificates": [{"path": "/srv/made/x.crt", "names": ["x.example"]}],
            "files": [refused, _file("/srv/made/page", "x\n")],
            "links": [{"path": "/srv/made/link", "target": "/srv/made/page"}],
            "services": [
                {"name": "no-such-unit", "reads": [], "restart": False},
                {"name": "cron", "reads": ["/srv/made/page"], "restart": True},
            ],
        }
    )
    for what in ("no-such-package", "bad name", "No authority", "/srv/refused"):
        assert what in str(failed)
    told = made.lab.run(made.host, "cat /srv/made/link; systemctl is-active cron")
    assert told.stdout == "x\nactive\n"
    assert made.lab.run(made.host, "ls /srv/refused", check=False).returncode


def test_parts_keep_their_order_beside_a_host_that_has_fewer_of_them(
    made: Made, lab: Lab, authority: Authority
) -> None:
    """Where hosts differ in their parts, Ansible is easily led to another order."""
    others = [Made(lab, lab.host(f"plain{n}"), HostPart(f"plain{n}")) for n in (1, 2)]
    reaches = {one.host.name: one.reach for one in (made, *others)}
    plain: Any = {"files": [_file("/srv/plain", "x\n")]}
    needs = "sh -c 'test -s /srv/ordered/x.crt' %s"
    ordered = {
        "directories": [_open("/srv/ordered")],
        "certificates": [{"path": "/srv/ordered/x.crt", "names": ["x.example"]}],
        "files": [_file("/srv/ordered/page", "x\n", needs)],
    }
    states = {one.host.name: plain for one in others} | {NAME: ordered}
    failures = asyncio.run(Hosts(reaches, authority).apply(states))
    assert set(failures.values()) == {None}
    lab.drop(*(one.host for one in others))


def _open(path: str) -> dict[str, Any]:
    return {"path": path, "mode": "0755", "owner": "root", "group": "root"}
