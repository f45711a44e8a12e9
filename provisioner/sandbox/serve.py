"""The sandbox's process: tenants over http and https, DNS, and what keeps them.

Started by `process.up` as `python -m provisioner.sandbox.serve --dir DIR`; everything
secret is read from files in that folder.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvicorn

from provisioner.errors import SandboxError
from provisioner.process import this_process
from provisioner.sandbox import tally
from provisioner.sandbox.dns import DnsServer
from provisioner.sandbox.fidelity import Validator
from provisioner.sandbox.folder import (
    Definition,
    Folder,
    Ports,
    readable,
    write_private,
)
from provisioner.sandbox.front import Front
from provisioner.sandbox.keeper import Keeper
from provisioner.sandbox.listening import LOOPBACK, Listening, tls_of
from provisioner.sandbox.owning import stop_event
from provisioner.sandbox.state import ClientAccess, SandboxState, TenantAccess
from provisioner.sandbox.tenant.app import build_app
from provisioner.sandbox.tenant.catalogue import SKUS
from provisioner.sandbox.tenant.world import World, register
from provisioner.sandbox.wanted import Wants
from provisioner.sandbox.zones import Host, Zones


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: two of them share this process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _world(folder: Folder, definition: Definition) -> World:
    """The world of the last stop with the seats the inventory asks for now, or a new
    one; with the faults it was started with."""
    world = _kept(folder, definition)
    if definition.faults:
        world.faults.remove()
    for rule in definition.faults:
        world.faults.add(rule)
    return world


def _kept(folder: Folder, definition: Definition) -> World:
    if not folder.dump.is_file():
        return World.create(definition.seeds, definition.conduct)
    with readable(folder.dump):
        world = World.load(folder.dump.read_bytes(), definition.conduct)
    for seed in definition.seeds:
        register(world.tenants[seed.tenant_id], seed)
        enabled = world.tenants[seed.tenant_id].enabled
        for sku in seed.skus:
            sku_id = SKUS[sku.part_number].id
            enabled[sku_id] = max(enabled.get(sku_id, 0), sku.enabled)
    return world


def _zones(folder: Folder, definition: Definition, world: World) -> Zones:
    host = folder.read_host() or Host()
    host.mode = definition.dns_mode
    host.publish_delay = definition.publish_delay
    host.apexes |= set(definition.domains)
    return Zones(host, Wants(world), world.clock.now)


def _state(
    folder: Folder, definition: Definition, ports: Ports, admin_key: str
) -> SandboxState:
    tenants = tuple(
        TenantAccess(one.name, one.tenant_id, one.client_id, one.client_secret)
        for one in definition.seeds
    )
    plain = f"http://{LOOPBACK}:{ports.http}"
    secure = f"https://{LOOPBACK}:{ports.https}"
    mine = this_process()
    return SandboxState(
        pid=mine.pid,
        token=mine.token,
        graph_url=f"{plain}/v1.0",
        graph_url_https=f"{secure}/v1.0",
        authority=secure,
        ca_file=str(folder.authority.absolute()),
        dns=f"{LOOPBACK}:{ports.dns}",
        admin_url=f"{plain}/_sandbox",
        admin_key=admin_key,
        tenants=tenants,
        tenant_id=tenants[0].tenant_id,
        client_id=tenants[0].client_id,
        client_secret=tenants[0].client_secret,
        clients=tuple(
            ClientAccess(one.name, one.client_id, one.client_secret, one.roles)
            for one in definition.seeds[0].clients
        ),
    )


async def _serve(folder: Folder, *, port: int, tied: bool) -> None:
    """Answer until told to stop, then keep the world for the next start."""
    definition = folder.read_definition()
    if definition is None:
        raise SandboxError(f"{folder.definition} is missing.")
    stop = stop_event(tied=tied)
    world = _world(folder, definition)
    zones = _zones(folder, definition, world)
    known = len(world.violations)
    checking = definition.conduct.validate or tally.wanted()
    validate = Validator.load().validate if checking else None
    app = build_app(world, resolve_txt=zones.resolve_txt, validate=validate)
    front = Front(app, zones, world.admin_key)
    keeper = Keeper(folder, world, zones, front)
    wished = folder.read_ports()
    listening = Listening(msgspec.structs.replace(wished, http=port or wished.http))
    name_server = DnsServer(zones)
    await name_server.start(listening.dns)
    servers = [_server(front, None), _server(front, tls_of(folder))]
    bound = (listening.http, listening.https)
    answering = [
        asyncio.ensure_future(server.serve([one]))
        for server, one in zip(servers, bound, strict=True)
    ]
    while not all(server.started for server in servers):
        await asyncio.sleep(0.005)
    watching = asyncio.ensure_future(keeper.watch())
    _announce(folder, definition, listening.ports, world.admin_key)

    await asyncio.wait({stop, watching, *answering}, return_when="FIRST_COMPLETED")
    watching.cancel()
    name_server.stop()
    for server in servers:
        server.should_exit = True
    ended = await asyncio.gather(*answering, watching, return_exceptions=True)
    keeper.keep()
    tally.add(world.checked, world.violations[known:])
    folder.state.unlink(missing_ok=True)
    for one in ended:
        if isinstance(one, Exception):
            raise one


def _announce(
    folder: Folder, definition: Definition, ports: Ports, admin_key: str
) -> None:
    """Say that the sandbox is ready, and where."""
    write_private(folder.ports, msgspec.json.encode(ports))
    state = _state(folder, definition, ports, admin_key)
    write_private(folder.state, msgspec.json.encode(state))


def _server(front: Front, tls: ssl.SSLContext | None) -> _Server:
    return _Server(
        uvicorn.Config(
            front,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
            ssl_context_factory=(lambda *_: tls) if tls is not None else None,
        )
    )


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; 0 after a clean end, 1 where it could not start."""
    parser = argparse.ArgumentParser(prog="provisioner.sandbox.serve")
    parser.add_argument("--dir", type=Path, required=True, help="the sandbox's folder")
    parser.add_argument("--port", type=int, default=0, help="http port, 0 for any")
    parser.add_argument("--tied", action="store_true", help="end when stdin closes")
    given = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s"
    )
    folder = Folder(given.dir)
    try:
        with folder.owned():
            asyncio.run(_serve(folder, port=given.port, tied=given.tied))
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
