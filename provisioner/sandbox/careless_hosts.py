"""What people do on lab hosts without telling anybody.

Each function works as root over the host's own SSH and answers with a sentence that says
what was done.
"""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from provisioner.errors import SandboxError
from provisioner.sandbox.lab.state import lab_folder, read_lab
from provisioner.sandbox.state import SandboxState

_PATIENCE = 60
_VHOST = "server { listen 80; server_name stranger.example; return 204; }"


def edit_file(
    state: SandboxState, *, host: str, path: str, value: str = "# by hand"
) -> str:
    """Somebody adds a line to a file of a host."""
    _as_root(state, host, f"test -f {_q(path)}; echo {_q(value)} >>{_q(path)}")
    return f"{path} on {host} now ends in {value!r}."


def stop_service(state: SandboxState, *, host: str, value: str) -> str:
    """Somebody stops a service of a host; --value names it."""
    _as_root(state, host, f"systemctl stop {_q(value)}")
    return f"{value} on {host} is stopped."


def deface_page(
    state: SandboxState, *, host: str, path: str, value: str = "owned"
) -> str:
    """Somebody puts another page in the place of a site's."""
    _as_root(state, host, f"test -f {_q(path)}; echo {_q(value)} >{_q(path)}")
    return f"{path} on {host} now says {value!r}."


def add_vhost(state: SandboxState, *, host: str, value: str = "stranger") -> str:
    """Somebody puts a site of their own beside ours."""
    path = f"/etc/nginx/sites-enabled/{value}.conf"
    _as_root(state, host, f"echo {_q(_VHOST)} >{_q(path)}; systemctl reload nginx")
    return f"{path} on {host} is a site that nobody declared."


def rename_site(state: SandboxState, *, host: str, value: str) -> str:
    """Somebody gives a WordPress site another title; --value names its database."""
    title = (
        "UPDATE wp_options SET option_value = 'owned' WHERE option_name = 'blogname'"
    )
    _as_root(state, host, f"mariadb {_q(value)} --execute {_q(title)}")
    return f"The site of the database {value} on {host} is now called 'owned'."


def _q(text: str) -> str:
    return shlex.quote(text)


def _as_root(state: SandboxState, host: str, script: str) -> None:
    """Run a shell script on a host of the sandbox's lab; raises `SandboxError`."""
    lab = read_lab(lab_folder(Path(state.ca_file).parent))
    ended = subprocess.run(  # noqa: S603 - a script of ours, its words quoted
        ["ssh", "-F", lab.ssh_config, lab.host(host).name, "sudo sh -eu"],  # noqa: S607
        input=script,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if ended.returncode != 0:
        said = " ".join(ended.stderr.split()) or f"exit code {ended.returncode}"
        raise SandboxError(f"This could not be done on {host}: {said}.")
