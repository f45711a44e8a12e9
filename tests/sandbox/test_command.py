"""`provisioner sandbox`: what it prints, in words and JSON, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from provisioner.cli.sandbox import app
from provisioner.errors import SandboxError
from provisioner.sandbox import process
from provisioner.sandbox.state import read_state
from provisioner.settings import load_settings
from provisioner.shipped import sample_inventory


@dataclass
class Terminal:
    """Runs a command as the main program would, with settings in a folder of its own."""

    folder: Path

    def run(self, *arguments: str) -> str:
        settings = load_settings(var=self.folder, inventory=sample_inventory())
        context = SimpleNamespace(settings=settings)
        ended = CliRunner().invoke(app, list(arguments), obj=context)
        if ended.exception is not None:
            raise ended.exception
        return ended.stdout

    def json(self, *arguments: str) -> dict[str, object]:
        return dict(json.loads(self.run(*arguments, "--json")))


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_the_sample_cluster_is_started_looked_at_broken_mended_and_stopped(
    terminal: Terminal,
) -> None:
    try:
        started = terminal.json("up", "--detach", "--mailbox-delay", "0")
        assert started["client_secret"]
        assert started["hosts"] == []
        assert terminal.json("status") == started
        assert str(started["graph_url"]) in terminal.run("status")
        told = terminal.run("break", "throttle", "--count", "1", "--seconds", "0.1")
        assert "throttles 1 time(s)" in told
        assert "taken back" in str(terminal.json("mend")["mended"])
    finally:
        stopped = terminal.json("down", "--purge")
    assert stopped == {"stopped": True, "purged": True}
    assert terminal.run("down") == "No sandbox ran.\n"
    assert not (terminal.folder / "sandbox").exists()


def test_without_a_name_break_lists_what_there_is(terminal: Terminal) -> None:
    assert "edit-title" in terminal.run("break")
    listed = terminal.json("break")
    assert listed["delete-user"] == (
        "Somebody deletes a person; the account lies in the recycle bin."
    )


def test_in_the_foreground_it_ends_with_ctrl_c(terminal: Terminal) -> None:
    program = [sys.executable, "-m", "provisioner.cli", "--inventory"]
    command = subprocess.Popen(
        [*program, str(sample_inventory()), "sandbox", "up"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PROVISIONER_VAR": str(terminal.folder)},
    )
    assert command.stderr is not None
    assert command.stderr.readline() == "Stop it with Ctrl-C.\n"
    state = read_state(terminal.folder / "sandbox")
    command.send_signal(signal.SIGINT)
    assert "The sandbox runs" in command.communicate(timeout=30)[0]
    assert command.returncode == 0
    assert not state.alive


def test_an_unknown_municipality_is_named(terminal: Terminal) -> None:
    with pytest.raises(SandboxError, match="no municipality 'atlantis'"):
        terminal.run("break", "change-mx", "--municipality", "atlantis")


def test_without_hosts_the_sandbox_says_why_and_goes_on(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(terminal.folder))
    try:
        told = terminal.json("up", "--hosts", "3", "--detach")
        assert told["hosts"] == []
        assert "Lab hosts need" in str(told["no_hosts"])
        assert "\n" not in str(told["no_hosts"])
        assert terminal.json("status")["graph_url"] == told["graph_url"]
    finally:
        terminal.run("down", "--purge")


def test_commands_that_need_a_sandbox_say_how_to_start_one(terminal: Terminal) -> None:
    for command in (("status",), ("mend",), ("break", "throttle")):
        with pytest.raises(SandboxError, match="sandbox up --detach"):
            terminal.run(*command)
    assert process.down(terminal.folder / "sandbox") is False


@pytest.mark.parametrize("command", ["up", "down", "status", "break", "mend"])
def test_every_command_has_help_with_an_example_and_json(
    terminal: Terminal, command: str
) -> None:
    told = terminal.run(command, "--help")
    assert "Example: provisioner sandbox " + command in told
    assert "--json" in told


def test_the_module_imports_nothing_but_typer_and_the_standard_library() -> None:
    program = """
import sys, typer.testing
import typer.rich_utils, rich.console
before = set(sys.modules)
import provisioner.cli.sandbox
new = {one.partition(".")[0] for one in set(sys.modules) - before}
print(*sorted(new - set(sys.stdlib_module_names)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["provisioner"]
