"""Starting, finding and stopping the sandbox's process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from provisioner.errors import SandboxError
from provisioner.model.cluster import Cluster
from provisioner.sandbox import background
from provisioner.sandbox.folder import Definition, Folder
from provisioner.sandbox.seeding import domains_of, seeds_of
from provisioner.sandbox.state import SandboxState, load_state, read_state
from provisioner.sandbox.tenant.faults import Rule
from provisioner.sandbox.tenant.seed import ClientSeed, Conduct, TenantSeed

_STOP_PATIENCE = 20.0


def up(
    directory: Path,
    cluster: Cluster,
    *,
    conduct: Conduct | None = None,
    detach: bool = False,
    dns_mode: Literal["auto", "manual"] = "auto",
    port: int = 0,
    faults: Sequence[Rule] = (),
) -> SandboxState:
    """Start the sandbox of a cluster and wait until it answers.

    A sandbox stopped earlier goes on with what it held. With `detach` it outlives this
    process, otherwise it ends with it. Raises `SandboxError` where it runs already,
    where the inventory's tenants are no longer those it held, and with the end of its
    log where it does not start.
    """
    return up_seeds(
        directory,
        seeds_of(cluster),
        conduct=conduct,
        detach=detach,
        dns_mode=dns_mode,
        port=port,
        domains=domains_of(cluster),
        faults=faults,
    )


def up_seeds(
    directory: Path,
    seeds: Sequence[TenantSeed],
    *,
    conduct: Conduct | None = None,
    detach: bool = False,
    dns_mode: Literal["auto", "manual"] = "auto",
    port: int = 0,
    domains: Sequence[str] = (),
    publish_delay: float = 0.0,
    faults: Sequence[Rule] = (),
) -> SandboxState:
    """Start a sandbox of these tenants; as `up`, for tests and measurements.

    `domains` are those whose DNS it hosts from the start; `publish_delay` is how many
    seconds its DNS host takes to publish what a tenant wants; `faults` are in force
    instead of those of an earlier start, where there are any.
    """
    folder = Folder(directory)
    folder.make()
    _refuse_running(directory)
    folder.state.unlink(missing_ok=True)
    definition = Definition(
        tuple(seeds),
        conduct or Conduct(),
        dns_mode,
        publish_delay,
        tuple(domains),
        tuple(faults),
    )
    folder.write_definition(_continued(folder, definition))
    command = [sys.executable, "-m", "provisioner.sandbox.serve"]
    command += ["--dir", str(directory), "--port", str(port)]
    if detach:
        pid = background.launch(command, folder.log)
    else:
        pid = background.launch_tied([*command, "--tied"], folder.log)
    return _wait_until_ready(folder, pid)


def _refuse_running(directory: Path) -> None:
    state = load_state(directory)
    if state is not None and state.alive:
        raise SandboxError(
            f"The sandbox already runs (process {state.pid}, {state.graph_url}).",
            remedy="Use it, or stop it with: provisioner sandbox down.",
        )


def _continued(folder: Folder, definition: Definition) -> Definition:
    """The definition with the secrets of an earlier start, whose world goes on."""
    earlier = folder.read_definition() if folder.dump.is_file() else None
    if earlier is None:
        return definition
    before = {(one.name, one.tenant_id, one.client_id): one for one in earlier.seeds}
    now = {(one.name, one.tenant_id, one.client_id): one for one in definition.seeds}
    if before.keys() != now.keys():
        raise SandboxError(
            f"The sandbox in {folder.path} holds other tenants or applications"
            " than the inventory names now.",
            remedy="Start afresh with: provisioner sandbox down --purge.",
        )
    kept = (
        msgspec.structs.replace(
            seed,
            client_secret=before[key].client_secret,
            clients=_with_secrets(seed.clients, before[key].clients),
        )
        for key, seed in now.items()
    )
    return msgspec.structs.replace(definition, seeds=tuple(kept))


def _with_secrets(
    wanted: Sequence[ClientSeed], before: Sequence[ClientSeed]
) -> tuple[ClientSeed, ...]:
    known = {one.client_id: one.client_secret for one in before}
    return tuple(
        msgspec.structs.replace(
            one, client_secret=known.get(one.client_id, one.client_secret)
        )
        for one in wanted
    )


def _wait_until_ready(folder: Folder, pid: int) -> SandboxState:
    def look() -> SandboxState | None:
        state = load_state(folder.path)
        return state if state is not None and state.pid == pid else None

    state = background.ready(pid, look)
    if state is None:
        background.end(pid, _STOP_PATIENCE)
        raise SandboxError(
            f"The sandbox did not start:\n{background.log_tail(folder.log)}",
            remedy=f"The whole log is {folder.log}.",
        )
    return state


def down(directory: Path, *, purge: bool = False) -> bool:
    """Stop the sandbox of this folder; true where one ran.

    What it held is kept for the next start unless `purge`.
    """
    folder = Folder(directory)
    state = load_state(directory)
    ran = state is not None and state.alive
    if state is not None and ran:
        background.end(state.pid, _STOP_PATIENCE)
    folder.state.unlink(missing_ok=True)
    if purge and directory.is_dir():
        folder.purge()
    return ran


def status(directory: Path) -> SandboxState:
    """The running sandbox, after it answered; raises `SandboxError` otherwise."""
    import httpx

    state = read_state(directory)
    try:
        answer = httpx.get(
            f"{state.admin_url}/health",
            headers={"X-Sandbox-Key": state.admin_key},
            timeout=10,
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise SandboxError(
            f"The sandbox (process {state.pid}) runs but does not answer: {error}.",
            remedy="Stop it with: provisioner sandbox down.",
        ) from None
    return state


def attend(state: SandboxState) -> None:
    """Return when the sandbox has ended."""
    background.attend(state.pid)
