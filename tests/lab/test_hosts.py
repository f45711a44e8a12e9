"""Hosts come up, answer over SSH, see each other, and see nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import psutil
import pytest
from lab import Lab

from provisioner.errors import SandboxError
from provisioner.sandbox.lab import process, ssh_config

WELCOME = "systemctl start nginx && echo שלום > /var/www/html/index.html"


def test_a_host_runs_systemd_and_answers_over_ssh(lab: Lab) -> None:
    host = lab.host("web1")
    assert lab.run(host, "systemctl is-system-running").stdout == "running\n"
    assert lab.run(host, "cat /proc/1/comm").stdout == "systemd\n"
    assert lab.run(host, "hostname; id -un").stdout == "web1\nprovisioner\n"
    assert lab.run(host, "sudo id -un").stdout == "root\n"


def test_a_host_with_another_key_is_not_talked_to(lab: Lab, tmp_path: Path) -> None:
    one, other = lab.hosts("web1", "backup1")
    wrong = other.known_hosts.replace("backup1", "web1")
    file = ssh_config.write(
        [type(one)(**{**_fields(one), "known_hosts": wrong})], tmp_path / "ssh_config"
    )
    ended = subprocess.run(
        ["ssh", "-F", str(file), "web1", "true"], capture_output=True, text=True
    )
    assert ended.returncode == 255
    assert "host key" in ended.stderr.lower()


def _fields(one: object) -> dict[str, str]:
    return {name: getattr(one, name) for name in one.__struct_fields__}  # type: ignore[attr-defined]


def test_hosts_find_each_other_by_name(lab: Lab) -> None:
    web, backup = lab.hosts("web1", "backup1")
    lab.run(backup, f"sudo sh -c '{WELCOME}'")
    assert lab.run(web, "curl -sS http://backup1/").stdout == "שלום\n"
    assert lab.run(web, "getent hosts backup1").stdout.split()[0] == backup.address


def test_no_way_leads_out_of_the_lab(lab: Lab) -> None:
    host = lab.host("web1")
    routes = lab.run(host, "ip -4 route; ip -6 route show default").stdout
    assert routes.splitlines() == [
        f"10.77.0.0/24 dev eth0 proto kernel scope link src {host.address} "
    ]
    for there in ("192.0.2.1", "127.0.0.2", "10.77.1.1"):
        assert lab.run(
            host, f"curl -sS --max-time 2 http://{there}/", check=False
        ).returncode
    assert lab.run(host, "getent hosts deb.debian.org", check=False).returncode == 2


def test_this_machine_gets_no_address_and_no_route_of_the_lab(lab: Lab) -> None:
    lab.host("web1")
    here = [one.address for each in psutil.net_if_addrs().values() for one in each]
    assert not [one for one in here if one.startswith("10.77.")]
    routes = subprocess.run(["ip", "route"], capture_output=True, text=True).stdout
    assert "10.77." not in routes


def test_the_machine_s_own_services_are_out_of_reach(lab: Lab, tmp_path: Path) -> None:
    host = lab.host("web1")
    with subprocess.Popen(
        ["python3", "-u", "-m", "http.server", "0"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().split()[5]
        told = lab.run(
            host, f"curl -sS --max-time 2 http://10.77.0.1:{port}/", check=False
        )
        server.terminate()
    assert told.returncode == 7


def test_pages_are_fetched_by_name_from_this_machine(lab: Lab) -> None:
    host = lab.host("backup1")
    lab.run(host, f"sudo sh -c '{WELCOME}'")
    lab.point({"www.karmiel.example": "backup1"})
    with lab.browser() as browser:
        page = browser.get("http://www.karmiel.example/")
        assert (page.status_code, page.text) == (200, "שלום\n")
        assert browser.get("http://www.karmiel.example/none").status_code == 404
        unknown = browser.get("http://www.elsewhere.example/")
        assert unknown.status_code == 502
        assert "no host or site" in unknown.text
    told = lab.run(lab.host("web1"), "curl -sS http://www.karmiel.example/").stdout
    assert told == "שלום\n"
    lab.point({"www.karmiel.example": ""})
    with lab.browser() as browser:
        assert browser.get("http://www.karmiel.example/").status_code == 502


def test_a_closed_port_is_told_as_such(lab: Lab) -> None:
    lab.host("web1")
    with lab.browser() as browser, pytest.raises(httpx.ProxyError, match="504"):
        browser.get("https://web1:8443/")


def test_the_machine_s_kernel_and_clock_are_out_of_reach(lab: Lab) -> None:
    host = lab.host("web1")
    kernel = lab.run(host, "sudo sysctl -w kernel.panic=7", check=False)
    assert kernel.returncode
    clock = lab.run(host, "sudo date -s 2001-01-01", check=False)
    assert clock.returncode
    assert lab.run(host, "sudo sysctl -w net.ipv4.tcp_syncookies=1").returncode == 0


def test_what_was_removed_is_installed_again_without_a_network(lab: Lab) -> None:
    host = lab.fresh()
    lab.run(host, "sudo apt-get -qq -y remove fail2ban")
    assert lab.run(host, "command -v fail2ban-client", check=False).returncode
    lab.run(host, "sudo apt-get -qq update && sudo apt-get -qq -y install fail2ban")
    assert lab.run(host, "command -v fail2ban-client").stdout
    lab.drop(host)


def test_a_fresh_host_bears_no_trace_of_the_one_before(lab: Lab) -> None:
    before = lab.host("spare1")
    lab.run(before, "touch kept && sudo touch /etc/kept")
    process.stop(lab.folder, ["spare1"])
    assert lab.run(lab.host("spare1"), "ls").stdout == "kept\n"
    assert lab.host("spare1") == before
    lab.drop(before)
    after = lab.host("spare1")
    assert lab.run(after, "ls . /etc/kept", check=False).stdout == ".:\n"
    assert after.known_hosts != before.known_hosts
    lab.drop(after)


def test_a_name_that_is_none_is_refused(lab: Lab) -> None:
    with pytest.raises(SandboxError, match="no name of a host"):
        lab.host("../web1")
    with pytest.raises(SandboxError, match="no name of a host"):
        lab.host("-oProxyCommand=x")
