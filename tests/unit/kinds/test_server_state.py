"""What a server shall have on its host, and how that is compared with what is there."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.kinds.host.differ import SeenPart, compared, last_part
from provisioner.kinds.host.merge import Contradiction, merge
from provisioner.kinds.host.render import render
from provisioner.kinds.host.servers import server_part
from provisioner.model.change import Drift, FieldChange
from provisioner.model.host_state import File, HostPart, digest, facts
from provisioner.model.hosts import Admin, Host, Opening, Server

DANA = "/home/dana"
KEYS = f"{DANA}/.ssh/authorized_keys"
HOST = Host("web-1", "galil", "10.0.0.1", ("ssh-ed25519 AAAA",), user="provisioner")
SERVER = Server(
    "web-1",
    "web-1.galil.example",
    admins=(Admin("dana", ("ssh-ed25519 AAAA", "ssh-ed25519 BBBB")),),
    allow=(Opening(443), Opening(5432, sources=("10.0.0.0/8", "fd00::/8"))),
)


@pytest.fixture
def part() -> HostPart:
    return server_part(SERVER, HOST)


def _file(part: HostPart, path: str) -> File:
    (one,) = [file for file in part.files if file.path == path]
    return one


def _seen(part: HostPart, **changed: Any) -> SeenPart:
    return SeenPart({**facts(part), **changed})


def _fields(
    part: HostPart, seen: SeenPart, before: HostPart | None
) -> dict[str, FieldChange]:
    return {one.field: one for one in compared(part, seen, before)}


def test_the_firewall_lets_in_ssh_and_what_the_inventory_opens(part: HostPart) -> None:
    rules = _file(part, "/etc/nftables.conf").content
    assert "tcp dport 22 accept" in rules
    assert "tcp dport 443 accept" in rules
    assert "ip saddr { 10.0.0.0/8 } tcp dport 5432 accept" in rules
    assert "ip6 saddr { fd00::/8 } tcp dport 5432 accept" in rules
    assert "9100" not in rules


def test_ssh_takes_no_password_and_keeps_the_way_in_that_we_use(part: HostPart) -> None:
    assert "PermitRootLogin no\n" in _file(part, _SSHD).content
    ours = server_part(SERVER, msgspec.structs.replace(HOST, user="root"))
    assert "PermitRootLogin prohibit-password\n" in _file(ours, _SSHD).content
    assert "PasswordAuthentication no\n" in _file(part, _SSHD).content
    assert _file(part, _SSHD).validate


_SSHD = "/etc/ssh/sshd_config.d/10-provisioner.conf"


def test_an_administrator_has_an_account_all_their_keys_and_sudo(
    part: HostPart,
) -> None:
    keys = _file(part, KEYS)
    assert keys.content.splitlines()[1:] == ["ssh-ed25519 AAAA", "ssh-ed25519 BBBB"]
    assert (keys.owner, keys.mode) == ("dana", "0600")
    assert "dana ALL=" in _file(part, "/etc/sudoers.d/50-provisioner-admins").content


def test_every_file_says_that_it_is_managed(part: HostPart) -> None:
    silent = [one.path for one in part.files if "Managed by prov" not in one.content]
    assert silent == ["/etc/timezone"]


def test_a_host_as_wanted_differs_in_nothing(part: HostPart) -> None:
    assert not _fields(part, _seen(part), part)


def test_an_edited_file_is_drift_and_shown_as_a_diff(part: HostPart) -> None:
    path = "/etc/timezone"
    edited = {f"file {path} content": digest("Europe/Oslo\n")}
    seen = SeenPart({**facts(part), **edited}, {path: "Europe/Oslo\n"})
    (one,) = compared(part, seen, part)
    assert one.drift is Drift.DRIFTED
    assert "-Europe/Oslo" in one.diff
    assert "+Asia/Jerusalem" in one.diff


def test_a_file_that_is_gone_is_told_once(part: HostPart) -> None:
    path = "/etc/timezone"
    gone = {f"file {path} {what}": None for what in ("content", "owner", "mode")}
    assert list(_fields(part, _seen(part, **gone), part)) == [f"file {path} content"]


def test_a_secret_file_shows_only_what_is_wanted_and_no_secret() -> None:
    part = HostPart("web-1", files=(File("/x", "key = ⟦secret:env/KEY⟧\n"),))
    seen = SeenPart({**facts(part), "file /x content": "another secret or content"})
    (one,) = compared(part, seen, part)
    assert "+key = ⟦secret:env/KEY⟧" in one.diff
    assert "(now, not shown)" in one.diff


def test_what_the_inventory_changed_is_pending_and_both_is_a_conflict(
    part: HostPart,
) -> None:
    before = msgspec.structs.replace(part, hostname="old")
    assert _fields(part, _seen(part, hostname="old"), before)["hostname"].drift == (
        Drift.PENDING
    )
    other = _fields(part, _seen(part, hostname="other"), before)["hostname"]
    assert other.drift is Drift.CONFLICT


def test_keys_of_a_person_who_is_no_administrator_any_more_go(part: HostPart) -> None:
    alone = server_part(msgspec.structs.replace(SERVER, admins=()), HOST)
    name = f"file {KEYS} content"
    seen = SeenPart({**facts(part), "file /etc/sudoers.d/50-provisioner-admins": 0})
    fields = _fields(alone, seen, part)
    assert fields[name].after is None
    assert fields[name].drift is Drift.PENDING


def test_a_unit_that_does_not_run_here_by_its_own_condition_is_as_wanted(
    part: HostPart,
) -> None:
    name = "service systemd-timesyncd running"
    assert not _fields(part, _seen(part, **{name: "not here"}), part)


def test_what_was_applied_is_read_back_from_the_store(part: HostPart) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(part))
    assert last_part(kept) == part
    assert last_part({"host": 7}) is None


def test_two_resources_may_want_the_same_but_not_different_things(
    part: HostPart,
) -> None:
    state = merge([("a/server/web-1", part), ("b/website/x", HostPart("web-1"))])
    assert state["files"][0]["resource"] == "a/server/web-1"
    twin = HostPart("web-1", packages=("sudo",))
    assert len(merge([("a", part), ("b", twin)])["packages"]) == len(part.packages)
    other = HostPart("web-1", files=(File("/etc/timezone", "x"),))
    with pytest.raises(Contradiction, match="/etc/timezone"):
        merge([("a", part), ("b", other)])


@given(text=st.text(min_size=1, max_size=30))
def test_what_the_inventory_says_is_never_a_template(text: str) -> None:
    canary = f"{text}{{{{ 7 * 191 }}}}{{% if 1 %}}x{{% endif %}}"
    server = msgspec.structs.replace(SERVER, hostname=canary)
    assert canary in render("server/hosts.j2", server=server)
