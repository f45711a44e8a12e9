"""One run of a playbook: a private directory, a scrubbed environment, events, a verdict."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.errors import TransientProviderError
from provisioner.providers.ansible.reach import Reach, inventory, known_hosts
from provisioner.shipped import playbooks

_CHILD = Path(__file__).with_name("child.py")
_MEMORY = Path("/dev/shm")  # noqa: S108 - made private below
_LINE = 64 << 20
_END_PATIENCE = 20.0  # also what was begun on hosts is ended
FORKS = 20


class Event(Struct, frozen=True):
    """What Ansible told: `host` and `task` by name, `res` the parts of the result we
    need. `playbook_on_stats` has hosts by verdict in `res`; the last one is `ended`."""

    event: str
    host: str = ""
    task: str = ""
    res: dict[str, Any] = {}
    status: str = ""


async def play(
    playbook: str,
    reaches: Mapping[str, Reach],
    variables: Mapping[str, Mapping[str, Any]],
    *,
    timeout: float = 900.0,
    options: Sequence[str] = (),
) -> AsyncIterator[Event]:
    """Run a playbook over the hosts of `variables`; yields events as they come.

    `variables` is what each host gets as `provisioned`; none of its strings is ever a
    template. Whoever stops listening ends the run with all its processes. Raises
    `TransientProviderError` where Ansible could not be run at all.
    """
    run = f"provisioner-{secrets.token_hex(8)}"
    named = {name: {**given, "run": run} for name, given in variables.items()}
    directory = _private(reaches, named)
    order = {
        "directory": str(directory),
        "project": str(playbooks()),
        "playbook": str(playbooks() / playbook),
        "options": " ".join(options),
        "timeout": timeout,
        "ways": [_way(directory, reaches[name]) for name in variables],
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # what lies beside the script is not to be imported by accident
        str(_CHILD),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(directory, run),
        cwd=directory,
        limit=_LINE,
        start_new_session=True,
    )
    assert process.stdin and process.stdout and process.stderr  # noqa: S101 - for mypy
    ended = False
    try:
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
        async for line in process.stdout:
            event = msgspec.json.decode(line, type=Event)
            ended = event.event == "ended"
            yield event
        if not ended:
            said = (await process.stderr.read()).decode("utf-8", "replace").strip()
            raise TransientProviderError(
                f"Ansible could not be run: {said.splitlines()[-1] if said else ''}"
            )
    finally:
        await _end(process)
        shutil.rmtree(directory, ignore_errors=True)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Its input ends, so it ends with its family; what does not is killed."""
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()
    try:
        async with asyncio.timeout(_END_PATIENCE):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _private(
    reaches: Mapping[str, Reach], variables: Mapping[str, Mapping[str, Any]]
) -> Path:
    """A new folder in memory, of nobody else, with all that this run needs."""
    home = _MEMORY if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None
    directory = Path(tempfile.mkdtemp(prefix="pv-", dir=home))
    (directory / "inventory").mkdir()
    (directory / "inventory" / "hosts.json").write_bytes(
        msgspec.json.encode(inventory(reaches, variables))
    )
    (directory / "known_hosts").write_text(known_hosts(reaches), encoding="ascii")
    (directory / "ansible.cfg").write_text(_configuration(directory), encoding="utf-8")
    return directory


def _environment(directory: Path, run: str) -> dict[str, str]:
    """All that the run sees: nothing of ours but where programs are."""
    path = [str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]
    return {
        "PATH": os.pathsep.join(path),
        "HOME": str(directory),
        "LANG": "C.UTF-8",
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
        # ansible-runner turns the check off where this is not said.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "PROVISIONER_RUN": run,
    }


def _way(directory: Path, reach: Reach) -> list[str]:
    """The command line of ssh into a host, as Ansible itself goes in."""
    return [
        *("ssh", "-F", "none", *_ssh_options(directory)),
        *("-o", f"HostKeyAlias={reach.name}", "-i", reach.key_file),
        *("-p", str(reach.port), "-l", reach.user, "--", reach.address),
    ]


def _ssh_options(directory: Path) -> list[str]:
    """How SSH behaves in every run: as words, each option after its `-o`."""
    options = {
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
        "PreferredAuthentications": "publickey",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": directory / "known_hosts",
        "GlobalKnownHostsFile": "/dev/null",
        "ConnectTimeout": "10",
        "ServerAliveInterval": "10",
        "ServerAliveCountMax": "3",
    }
    return [
        word for name, value in options.items() for word in ("-o", f"{name}={value}")
    ]


def _configuration(directory: Path) -> str:
    shared = "-o ControlMaster=auto -o ControlPersist=20s"
    arguments = f"{shared} {' '.join(_ssh_options(directory))}"
    return f"""\
[defaults]
home = {directory}/ansible
local_tmp = {directory}/local
library = {playbooks()}/library
module_utils = {playbooks()}/module_utils
roles_path = {playbooks()}/roles
forks = {FORKS}
gathering = explicit
host_key_checking = True
inject_facts_as_vars = False
interpreter_python = /usr/bin/python3
retry_files_enabled = False
any_errors_fatal = False

[inventory]
enable_plugins = ansible.builtin.yaml
any_unparsed_is_failed = True

[connection]
pipelining = True

[ssh_connection]
ssh_args = -F none {arguments}
control_path_dir = {directory}/cp
"""
