"""Whatever stands in the inventory is data to Ansible, on every way that leads there.

Every string field of every model of the inventory that hosts are made of holds a template
that would leave a file behind if it were ever evaluated. Fields are found by looking at
the models, so a new one takes part by itself.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from provisioner import inventory, shipped
from provisioner.kinds.host.everything import everything
from provisioner.kinds.host.observe import states
from provisioner.model.cluster import Cluster
from provisioner.model.hosts import Opening
from provisioner.providers.ansible import reach
from provisioner.providers.ansible.hosts import HostState
from provisioner.providers.ansible.reach import GROUP, Reach
from provisioner.providers.ansible.run import play
from provisioner.sandbox.sample import write_sample

# What the inventory only takes in a strict form, or what chooses between things of ours.
KEPT = {
    ("Municipality", "slug"),
    ("Municipality", "tenant"),
    ("Municipality", "level"),
    ("Municipality", "file"),
    ("Host", "name"),
    ("Host", "zone"),
    ("Server", "host"),
    ("Website", "host"),
    ("Website", "name"),
    ("BackupJob", "host"),
    ("BackupJob", "name"),
    ("Zone", "name"),
}
PLAY = """
- hosts: provisioned
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        content: "{{ [provisioned, ansible_host, ansible_user] | to_json }}"
        dest: "FOLDER/{{ inventory_hostname }}.json"
        mode: "0600"
    - ansible.builtin.copy:
        content: "{{ provisioned.state.files | map(attribute='content') | join }}"
        dest: "FOLDER/{{ inventory_hostname }}.files"
        mode: "0600"
"""


class Canaries:
    """Templates by field; each would leave a file of its name in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fields: dict[str, str] = {}

    def plant(self, value: Any) -> Any:
        """`value` with every free string of every struct in it replaced."""
        if isinstance(value, tuple):
            return tuple(self.plant(one) for one in value)
        if not isinstance(value, Struct):
            return value
        kind = type(value).__name__
        changes = {
            one.name: self._field(kind, one, getattr(value, one.name))
            for one in msgspec.structs.fields(value)
            if (kind, one.name) not in KEPT
        }
        return msgspec.structs.replace(value, **changes)

    def _field(self, kind: str, one: msgspec.structs.FieldInfo, value: Any) -> Any:
        if one.type is str:
            return self._canary(f"{kind}.{one.name}")
        if one.type == tuple[str, ...]:
            return (self._canary(f"{kind}.{one.name}"),)
        return self.plant(value)

    def _canary(self, field: str) -> str:
        """A template of its own: two sites of one domain would be a contradiction."""
        run = f"touch {self.folder}/{field}-{len(self.fields)}"
        canary = f"{{{{ lookup('pipe', '{run}') }}}}{{% set x = 1 %}}"
        self.fields[canary] = field
        return canary

    def sung(self) -> list[str]:
        """Fields whose template was evaluated."""
        return [one.name for one in self.folder.iterdir()]

    def reached(self, text: str) -> set[str]:
        """Fields whose template stands in a text as it was planted, or as HTML has it."""
        plain = text.replace("&#39;", "'")
        return {field for canary, field in self.fields.items() if canary in plain}


@pytest.fixture
def canaries(tmp_path: Path) -> Canaries:
    folder = tmp_path / "evaluated"
    folder.mkdir()
    return Canaries(folder)


@pytest.fixture
def cluster(tmp_path: Path, canaries: Canaries) -> Cluster:
    """The sample with canaries in all that hosts are made of."""
    write_sample(tmp_path / "inventory", municipalities=3, people=40)
    sample = inventory.load(tmp_path / "inventory")
    opened = (Opening(8000, "tcp", ("10.0.0.0/8",)),)
    servers = [msgspec.structs.replace(one, allow=opened) for one in sample.servers]
    return msgspec.structs.replace(
        sample,
        hosts=canaries.plant(sample.hosts),
        servers=canaries.plant(tuple(servers)),
        zones=canaries.plant(sample.zones),
        municipalities=canaries.plant(sample.municipalities),
    )


# Fields of whose way into the state of a host we are sure.
EXPECTED = {
    "Server.hostname",
    "Server.time_zone",
    "Server.ntp",
    "Server.metrics_from",
    "Server.reboot_at",
    "Admin.name",
    "Admin.keys",
    "Opening.sources",
    "Website.domain",
    "Website.aliases",
    "Website.title",
    "Website.about",
    "Accessibility.coordinator",
    "Accessibility.phone",
    "Accessibility.email",
}


def _reach(name: str, canaries: Canaries) -> Reach:
    planted: Reach = canaries.plant(Reach(name, "", 22, "", "", ()))
    return msgspec.structs.replace(planted, name=name, host_keys=())


async def _played(
    playbook: Path, reaches: dict[str, Reach], wanted: dict[str, HostState]
) -> None:
    given = {name: {"state": state} for name, state in wanted.items()}
    async for event in play(str(playbook), reaches, given):
        assert "failed" not in event.event, event


def test_no_string_of_the_inventory_is_evaluated_on_its_way_to_a_host(
    cluster: Cluster, canaries: Canaries, tmp_path: Path
) -> None:
    wanted = states(everything(cluster))
    out = tmp_path / "told"
    out.mkdir()
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAY.replace("FOLDER", str(out)), encoding="utf-8")
    reaches = {name: _reach(name, canaries) for name in wanted}
    asyncio.run(_played(playbook, reaches, wanted))
    assert canaries.sung() == []
    found: set[str] = set()
    for name, state in wanted.items():
        told = json.loads((out / f"{name}.json").read_text(encoding="utf-8"))
        one = reaches[name]
        del told[0]["run"]
        as_sent = json.loads(json.dumps(state))
        assert told == [{"state": as_sent}, one.address, one.user]
        files = "".join(one["content"] for one in state["files"])
        assert (out / f"{name}.files").read_text(encoding="utf-8") == files
        found |= canaries.reached("\n".join(_strings(state)))
    assert found >= EXPECTED, EXPECTED - found


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [value] if isinstance(value, str) else []


def _unmarked(value: Any) -> list[str]:
    """Strings that Ansible would take for templates of ours."""
    if isinstance(value, dict) and set(value) == {"__ansible_unsafe"}:
        return []
    if isinstance(value, dict):
        return [text for item in value.values() for text in _unmarked(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _unmarked(item)]
    return [value] if isinstance(value, str) else []


def test_every_string_is_marked_in_both_inventories(
    cluster: Cluster, canaries: Canaries
) -> None:
    """That of a run of ours, and that of plain Ansible."""
    wanted = states(everything(cluster))
    reaches = {name: _reach(name, canaries) for name in wanted}
    given = {name: {"state": state} for name, state in wanted.items()}
    hosts = reach.inventory(reaches, given)["all"]["children"][GROUP]["hosts"]
    assert _unmarked(hosts) == []
    spec = importlib.util.spec_from_file_location(
        "hosts_script", shipped.sample_inventory() / "hosts.py"
    )
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert [one for one in _unmarked(script.provisioned(cluster)) if "{{" in one] == []


def test_a_key_that_ansible_would_take_for_a_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="is no key that we make"):
        reach.unsafe({"__ansible_unsafe": "x"})
