"""Hosts: what looking at them costs beside Ansible's check mode and a bare shell script."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil

from bench.five_sites import from_nothing
from bench.row import Figure, Measure, Sizes
from bench.sites import Farm, farm
from bench.timing import alternate, seconds
from provisioner.kinds.host.differ import compared
from provisioner.kinds.host.merge import HostState, merge
from provisioner.kinds.host.narrow import narrowed
from provisioner.kinds.host.observe import part_seen
from provisioner.model.change import FieldChange
from provisioner.model.host_state import digest
from provisioner.providers.ansible.hosts import HostSeen
from provisioner.providers.ansible.run import play

_CHECKED_SITES = 10
_REPETITIONS = 3  # seconds each, and an hour would not tell more
_BY_HAND = Path(__file__).with_name("plain-check.yml").absolute()
_PAGE = "/srv/www/town1-main/index.html"


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    few, many = sizes.hosts, 2 * sizes.hosts
    times = min(sizes.repetitions, _REPETITIONS)
    with farm(folder / "lab", hosts=many, sites=sizes.sites) as one:
        yield _memory(one)
        yield from _looking(one, few, times)
        yield _twice(one, few, times)
        yield _repair(one, few, times)
        yield _check_mode(one, few)
    yield from_nothing(folder)


def _look(one: Farm, states: dict[str, HostState]) -> dict[str, list[FieldChange]]:
    """Observe as a run does, and compare: what differs, by host."""
    seen = asyncio.run(one.hosts(len(one.lab.hosts)).observe(states))
    found = {}
    for name, told in seen.items():
        assert isinstance(told, HostSeen), told
        parts = one.parts(name).values()
        found[name] = [f for p in parts for f in compared(p, part_seen(told), None)]
    return found


def _nothing_differs(one: Farm, states: dict[str, HostState]) -> None:
    assert not any(_look(one, states).values())


def _looking(one: Farm, hosts: int, repetitions: int) -> Iterator[Figure]:
    states = one.states(hosts)
    script = _script(states[one.names(1)[0]])
    floor, subject = alternate(
        lambda: seconds(lambda: _bare(one, hosts, script)),
        lambda: seconds(lambda: _nothing_differs(one, states)),
        repetitions,
    )
    yield Figure(
        f"hosts_drift_{hosts}x{one.sites}_over_bare_ssh",
        subject / floor,
        limit=6.0,
        detail=f"{subject:.2f} s over {floor:.2f} s",
    )


_SCRIPT = """
sha256sum --quiet --check <<'END' || exit 1
{sums}
END
xargs stat -c '%n %a %U:%G' >/tmp/owned <<'END'
{paths}
END
cmp /tmp/owned - <<'END' || exit 1
{owned}
END
for one in {certificates}; do
    openssl x509 -in "$one" -noout -checkend 1814400 >/dev/null || exit 1
done
dpkg-query -W nginx openssl >/dev/null && systemctl -q is-active nginx
"""


def _script(state: HostState) -> str:
    """The same looks as a shell script: contents, owners, modes, certificates, nginx."""
    every = [*state["files"], *state["directories"]]
    sums = (
        f"{digest(one['content']).removeprefix('sha256:')}  {one['path']}"
        for one in state["files"]
    )
    owned = (
        f"{one['path']} {one['mode'].lstrip('0')} {one['owner']}:{one['group']}"
        for one in every
    )
    return _SCRIPT.format(
        sums="\n".join(sums),
        paths="\n".join(one["path"] for one in every),
        owned="\n".join(owned),
        certificates=shlex.join(one["path"] for one in state["certificates"]),
    )


def _bare(one: Farm, hosts: int, script: str) -> None:
    """One script on each host at once, each over a connection of its own."""
    given = script.encode()
    with ThreadPoolExecutor(hosts) as pool:
        list(pool.map(lambda n: one.ssh(n, "sudo sh -s", given), one.names(hosts)))


def _twice(one: Farm, hosts: int, repetitions: int) -> Figure:
    few, many = one.states(hosts), one.states(2 * hosts)
    floor, subject = alternate(
        lambda: seconds(lambda: _nothing_differs(one, few)),
        lambda: seconds(lambda: _nothing_differs(one, many)),
        repetitions,
    )
    return Figure(
        f"hosts_drift_{2 * hosts}_over_{hosts}",
        subject / floor,
        limit=2.0,
        detail=f"{subject:.2f} s over {floor:.2f} s",
    )


def _repair(one: Farm, hosts: int, repetitions: int) -> Figure:
    """One file of one host: applied, and seen to be so; over a run with nothing to do."""
    name = one.names(hosts)[-1]
    way = one.hosts(hosts)
    empty: dict[str, HostState] = {other: {} for other in one.names(hosts)}
    state = {name: merge(one.parts(name).items())}

    def repair(needed: HostState) -> None:
        assert asyncio.run(way.apply({name: needed})) == {name: None}
        _nothing_differs(one, state)

    def repaired() -> float:
        one.as_root(name, f"echo owned >{_PAGE}")
        found = _look(one, state)[name]
        assert [field.field for field in found] == [f"file {_PAGE} content"]
        needed = narrowed(state[name], found)
        return seconds(lambda: repair(needed))

    floor, subject = alternate(
        lambda: seconds(lambda: asyncio.run(way.apply(empty))), repaired, repetitions
    )
    return Figure(
        f"hosts_repair_one_file_over_empty_playbook_of_{hosts}",
        subject / floor,
        limit=4.0,
        detail=f"{subject:.2f} s over {floor:.2f} s",
    )


def _check_mode(one: Farm, hosts: int) -> Figure:
    """Our look at all sites over check mode with pipelining at ten of each host, once.

    Check mode of Ansible's own modules, an item a call, as a role is written by hand.
    """
    states, few = one.states(hosts), one.states(hosts, _CHECKED_SITES)

    async def check() -> None:
        given = {name: {"state": state} for name, state in few.items()}
        stats = {}
        async for event in play(
            str(_BY_HAND),
            one.reaches(hosts),
            given,
            options=("--check", "--diff"),
        ):
            if event.event == "playbook_on_stats":
                stats = event.res
        assert len(stats["ok"]) == hosts
        assert not any(stats[bad] for bad in ("changed", "failures", "dark")), stats

    subject = seconds(lambda: _nothing_differs(one, states))
    checked = seconds(lambda: asyncio.run(check()))
    return Figure(
        f"hosts_drift_{hosts}x{one.sites}_over_check_mode_{hosts}x{_CHECKED_SITES}",
        subject / checked,
        limit=1 / 15,
        detail=f"{subject:.2f} s over {checked:.1f} s",
    )


def _memory(one: Farm) -> Figure:
    """What all processes of all hosts hold, shared pages by their share."""
    files = one.group.rglob("cgroup.procs")
    pids = [int(pid) for file in files for pid in file.read_text().split()]
    held = sum(map(_share, pids))
    count = len(one.lab.hosts)
    return Figure(
        f"hosts_{count}_memory",
        held / 1e6,
        limit=4096.0,
        unit="MB",
        detail=f"{len(pids)} processes, {held / count / 1e6:.0f} MB a host",
    )


def _share(pid: int) -> int:
    """Bytes of a process; 0 for one that has ended by now."""
    with suppress(psutil.NoSuchProcess):
        return int(psutil.Process(pid).memory_full_info().pss)
    return 0


MEASURE = Measure("hosts", "looking at hosts with a hundred websites each", run)
