"""`inventory/hosts.py`: groups per municipality, and no tenant text ever a template."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Ansible = Callable[..., "subprocess.CompletedProcess[str]"]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict) and set(value) != {"__ansible_unsafe"}:
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return []


def test_each_municipality_is_a_group_and_each_host_is_provisioned(
    hosts: Ansible,
) -> None:
    found = json.loads(hosts("--list").stdout)
    assert found["controller"] == {"hosts": ["localhost"]}
    assert found["municipalities"]["children"] == [
        "municipality_karmiel",
        "municipality_nahariya",
        "municipality_sakhnin",
    ]
    assert found["municipality_karmiel"]["hosts"] == ["manage-1"]
    assert found["provisioned"]["hosts"] == ["backup-1", "manage-1", "web-1"]


def test_a_host_comes_with_its_state_and_its_pinned_key(hosts: Ansible) -> None:
    web = json.loads(hosts("--host", "web-1").stdout)
    assert _strings(web["provisioned"]) == []
    assert "ssh-ed25519 AAAA" in web["ansible_ssh_common_args"]["__ansible_unsafe"]
    names = {
        one["name"]["__ansible_unsafe"]
        for one in web["provisioned"]["state"]["packages"]
    }
    assert "fail2ban" in names


def test_every_string_of_a_municipality_is_marked_unsafe(hosts: Ansible) -> None:
    found = json.loads(hosts("--list").stdout)
    cluster = found["_meta"]["hostvars"]["localhost"]["cluster"]
    assert len(cluster["municipalities"]) == 3
    assert _strings(cluster) == []
    assert _strings(found["municipality_karmiel"]["vars"]) == []


def test_no_person_is_handed_to_ansible(hosts: Ansible) -> None:
    """But for who administers a site: the CIO, whose address its account bears."""
    told = set(re.findall(r"[\w.]+@karmiel\.example", hosts("--list").stdout))
    assert told == {"access@karmiel.example", "hadas.mapuach@karmiel.example"}


def test_one_host_can_be_asked_for_and_an_unknown_one_has_nothing(
    hosts: Ansible,
) -> None:
    asked = json.loads(hosts("--host", "localhost").stdout)
    assert asked["ansible_connection"] == "local"
    assert json.loads(hosts("--host", "elsewhere").stdout) == {}


def test_files_with_a_fault_give_no_inventory_but_the_fault(
    hosts: Ansible, cluster: Path
) -> None:
    path = cluster / "municipalities" / "karmiel" / "municipality.yml"
    path.write_text(path.read_text("utf-8").replace("type: city", "type: village"))
    answer = hosts("--list")
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "municipality.yml" in answer.stderr


def test_ansible_itself_reads_the_names_as_plain_text(ansible: Ansible) -> None:
    listing = ansible("ansible-inventory", "--list")
    assert listing.returncode == 0, listing.stderr
    assert "כרמיאל" in listing.stdout.encode().decode("unicode_escape") or (
        "כרמיאל" in listing.stdout
    )
