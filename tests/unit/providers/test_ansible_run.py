"""A run of Ansible sees nothing of ours, tells no contents, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from provisioner.providers.ansible import run
from provisioner.providers.ansible.reach import Reach
from provisioner.providers.ansible.run import Event, play

SECRET = "hunter2-of-the-test"  # pragma: allowlist secret
WAY = Reach("here", "127.0.0.1", 22, "nobody", "/nowhere", ())
PLAY = """
- hosts: provisioned
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.shell:
        cmd: "tr '\\\\0' '\\\\n' </proc/$PPID/environ; ls -ld ${ANSIBLE_CONFIG%/*}"
      register: seen
    - ansible.builtin.copy:
        content: "{{ seen.stdout }}"
        dest: FOLDER/environment
        mode: "0600"
    - ansible.builtin.copy:
        content: "{{ provisioned.content }}"
        dest: FOLDER/content
        mode: "0600"
      diff: false
"""


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What a run told that wrote a secret, begun by a process that knows another."""
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(run, "_MEMORY", memory)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAY.replace("FOLDER", str(tmp_path)), encoding="utf-8")

    async def walk() -> list[Event]:
        given = {"here": {"content": SECRET}}
        return [one async for one in play(str(playbook), {"here": WAY}, given)]

    return asyncio.run(walk())


def test_the_environment_is_scrubbed_and_the_secret_stays_where_it_was_written(
    events: list[Event], tmp_path: Path
) -> None:
    assert (tmp_path / "content").read_text() == SECRET
    assert not [one for one in events if SECRET in str(one)]
    told = (tmp_path / "environment").read_text()
    assert SECRET not in told
    *variables, folder = told.splitlines()
    names = {line.partition("=")[0] for line in variables}
    assert "AZURE_CLIENT_SECRET" not in names
    assert folder.startswith("drwx------"), "the run's folder is its own"
    assert list((tmp_path / "memory").iterdir()) == [], "nothing is left of the run"
