"""Ansible works on lab hosts as it would on others: by their names and an ssh_config."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lab import Lab


def test_ansible_reaches_hosts_with_host_keys_checked(lab: Lab, tmp_path: Path) -> None:
    lab.hosts("web1", "backup1")
    state = lab.state
    (tmp_path / "hosts.ini").write_text(
        "[all]\nweb1\nbackup1\n[all:vars]\n"
        f"ansible_ssh_common_args=-F {state.ssh_config}\n"
        "ansible_become=true\nansible_python_interpreter=/usr/bin/python3\n"
    )
    settings = {
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        # The folder is too deep for a control socket.
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=no",
        "HOME": str(tmp_path),
    }
    ended = subprocess.run(
        [
            Path(sys.executable).with_name("ansible"),
            *("all", "-i", "hosts.ini", "-m", "command", "-a", "id -un"),
        ],
        cwd=tmp_path,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("root") == 2
