"""The day provisioner itself is broken: the same hosts by plain ansible-playbook."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from lab import Lab

from provisioner import inventory, shipped
from provisioner.kinds.host.differ import compared
from provisioner.kinds.host.everything import everything
from provisioner.kinds.host.merge import merge
from provisioner.kinds.host.observe import part_seen
from provisioner.providers.ansible.hosts import Authority, Hosts, HostSeen
from provisioner.providers.ansible.reach import Reach
from provisioner.sandbox.lab.state import LabHost
from provisioner.sandbox.sample import write_sample


def _written(folder: Path, host: LabHost) -> Path:
    """The sample with one host, reached as the lab wants it."""
    write_sample(folder, municipalities=1, people=12)
    path = folder / "cluster.yml"
    cluster = yaml.safe_load(path.read_text(encoding="utf-8"))
    cluster["zones"][0]["key"] = f"file/{host.key_file}"
    for one in cluster["hosts"]:
        if one["name"] == "web-1":
            one["address"], one["user"] = host.ssh_address, host.user
            one["host_keys"] = [host.known_hosts.partition(" ")[2]]
    cluster["servers"] = [one for one in cluster["servers"] if one["host"] == "web-1"]
    path.write_text(yaml.safe_dump(cluster, allow_unicode=True), encoding="utf-8")
    town = folder / "municipalities" / "karmiel" / "municipality.yml"
    about = yaml.safe_load(town.read_text(encoding="utf-8"))
    del about["servers"], about["backups"]
    town.write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
    return folder


def test_a_host_made_by_plain_ansible_differs_in_nothing(
    lab: Lab, authority: Authority, tmp_path: Path
) -> None:
    host = lab.host("web-1")
    folder = _written(tmp_path / "inventory", host)
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "ANSIBLE_HOME": str(tmp_path / "a"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(Path("/tmp") / f"cp-{os.getpid()}"),
        "ANSIBLE_CONFIG": str(shipped.playbooks() / "ansible.cfg"),
        "PROVISIONER_INVENTORY": str(folder),
    }
    # The host's SSH is on 22; this machine reaches it through a port of the lab's relay.
    relay = ["-e", f"ansible_port={host.ssh_port}"]
    signs = {"certificate": authority.certificate, "key": authority.key}
    signed = ["-e", json.dumps({"host_authority": signs})]
    ended = subprocess.run(
        ["ansible-playbook", str(shipped.playbooks() / "site.yml"), *relay, *signed],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    cluster = inventory.load(folder)
    wanted = [one for one in everything(cluster) if one.spec.host == "web-1"]
    key = host.known_hosts.partition(" ")[2]
    reach = Reach(
        "web-1",
        host.ssh_address,
        host.ssh_port,
        host.user,
        host.key_file,
        (key,),
    )
    state = merge((one.key, one.spec) for one in wanted)
    seen = asyncio.run(Hosts({"web-1": reach}).observe({"web-1": state}))["web-1"]
    assert isinstance(seen, HostSeen), seen
    left = [f for one in wanted for f in compared(one.spec, part_seen(seen), one.spec)]
    assert left == []
    lab.drop(host)
