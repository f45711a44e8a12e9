"""Many hosts at once, reboots and power cuts."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psutil
from lab import Lab

from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.folder import LabFolder

MEGABYTE = 1 << 20
# Twenty hosts fit in four gigabytes.
_PER_HOST = 200 * MEGABYTE


def _memory(lab: Lab, name: str) -> int:
    """Bytes that are a host's own or its part of what several share."""
    group = Path(LabFolder(lab.folder).cgroup.read_text()) / name
    files = group.rglob("cgroup.procs")
    pids = {int(pid) for file in files for pid in file.read_text().split()}
    return sum(psutil.Process(pid).memory_full_info().pss for pid in pids)


def test_several_hosts_boot_at_once_and_are_small(lab: Lab) -> None:
    names = [f"many{number}" for number in range(1, 6)]
    hosts = lab.hosts(*names)
    assert (
        len({one.address for one in hosts}) == len({one.ssh_port for one in hosts}) == 5
    )
    for host in hosts:
        assert lab.run(host, "hostname").stdout.strip() == host.name
    assert max(_memory(lab, name) for name in names) < _PER_HOST
    lab.drop(*hosts)
    assert not {one.name for one in lab.state.hosts} & set(names)


def test_a_host_that_reboots_comes_back(lab: Lab) -> None:
    host = lab.fresh()
    before = lab.run(
        host,
        "cat /proc/sys/kernel/random/boot_id; systemctl show -P "
        "UserspaceTimestampMonotonic; sudo touch /kept",
    ).stdout
    lab.run(host, "sudo systemctl reboot", check=False)
    after = _reached(
        lab, "systemctl show -P UserspaceTimestampMonotonic; ls /kept", host
    )
    assert after.endswith("/kept\n")
    assert after.split()[0] not in before.split()
    lab.drop(host)


def _reached(lab: Lab, script: str, host: object) -> str:
    ends = time.monotonic() + 30
    time.sleep(1)
    while True:
        told = lab.run(host, script, check=False)  # type: ignore[arg-type]
        if told.returncode == 0:
            return told.stdout
        assert time.monotonic() < ends, told.stderr
        time.sleep(0.2)


def test_a_host_without_ssh_is_mended_from_its_console(lab: Lab) -> None:
    host = lab.fresh()
    lab.run(host, "sudo systemctl stop ssh", check=False)
    assert lab.run(host, "true", check=False).returncode == 255
    assert lab.console(host, "systemctl start ssh && hostname") == f"{host.name}\n"
    assert lab.run(host, "true").returncode == 0
    lab.drop(host)


def test_a_lab_may_lie_in_a_folder_of_any_name(lab_image: Path, tmp_path: Path) -> None:
    folder = tmp_path / "עם רווח, a:b" / ("deep" * 30)
    try:
        state = process.up(folder, ["web1"], lab_image)
        told = subprocess.run(
            ["ssh", "-F", state.ssh_config, "web1", "hostname"],
            capture_output=True,
            text=True,
        )
        assert told.stdout == "web1\n", told.stderr
    finally:
        process.down(folder, purge=True)


def test_a_power_cut_loses_nothing_that_was_written(lab: Lab) -> None:
    host = lab.fresh()
    lab.run(host, "echo whole >kept && sync")
    lab.power(host, on=False)
    gone = subprocess.run(
        [
            "ssh",
            "-o",
            "ConnectTimeout=2",
            "-F",
            lab.state.ssh_config,
            host.name,
            "true",
        ],
        capture_output=True,
    )
    assert gone.returncode == 255
    lab.power(host, on=True)
    assert lab.run(host, "cat kept").stdout == "whole\n"
    lab.drop(host)


def test_a_host_starts_anew_while_its_former_network_is_still_there(lab: Lab) -> None:
    host = lab.fresh()
    # As the kernel does for a while, on a machine with much to do.
    enter = ["nsenter", "--target", lab.init(host), "--net", "sleep", "120"]
    with subprocess.Popen(enter) as holding:
        lab.power(host, on=False)
        lab.power(host, on=True)
        assert lab.run(host, "hostname").stdout == f"{host.name}\n"
        holding.kill()
    lab.drop(host)
