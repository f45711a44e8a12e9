"""Programs that call the API: applications of the sandbox's tenant, by the role they have."""

from __future__ import annotations

import secrets
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import msgspec
import pytest
import uvicorn
from portal_world import PortalWorld

from provisioner.bootstrap import portal_identity
from provisioner.inventory.watched import Watched
from provisioner.portal.surroundings import Portal
from provisioner.sandbox.tenant.persistence import SavedWorld
from provisioner.sandbox.tenant.tokens import Mint
from provisioner.settings import load_settings
from provisioner.store import open_store
from provisioner.store.secret_key import load_key

Call = Callable[[str], httpx.Client]
NO_ROLE = "the tenant's own application"


def told_from(address: str = "") -> dict[str, str]:
    """A header by which a caller has an address of its own: bad tokens are counted by it."""
    return {"x-forwarded-for": address or f"2001:db8::{secrets.token_hex(2)}"}


def token_of(world: PortalWorld, who: str, audience: str = "") -> str:
    """What the tenant gives the application of this name, by client credentials."""
    state = world.world.state
    known = {one.name: (one.client_id, one.client_secret) for one in state.clients}
    known[NO_ROLE] = (state.client_id, state.client_secret)
    client_id, client_secret = known[who]
    authority = state.graph_url.removesuffix("/v1.0")
    answer = httpx.post(
        f"{authority}/{state.tenant_id}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": f"{audience or f'api://{state.client_id}'}/.default",
        },
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def client_of(url: str, token: str) -> httpx.Client:
    """A client that shows this token, "" for none, from an address of its own."""
    headers = told_from()
    if token:
        headers["authorization"] = f"Bearer {token}"
    return httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=30)


@pytest.fixture(scope="module")
def call(portal_world: PortalWorld) -> Iterator[Call]:
    """Applications by who they are (`it`, `cio.SLUG`, …); "" shows no token."""
    clients: dict[str, httpx.Client] = {}

    def as_(who: str) -> httpx.Client:
        if who not in clients:
            token = token_of(portal_world, who) if who else ""
            clients[who] = client_of(portal_world.url, token)
        return clients[who]

    yield as_
    for one in clients.values():
        one.close()


Signed = Callable[..., str]


@pytest.fixture(scope="module")
def signed(portal_world: PortalWorld) -> Signed:
    """A token with the tenant's true signature and what a test puts in place of its claims.

    A claim given as None is left out.
    """
    dump = portal_world.world.var / "sandbox" / "world.dump"
    saved = msgspec.msgpack.decode(dump.read_bytes(), type=SavedWorld)
    mint = Mint(saved.pem)
    good = jwt.decode(token_of(portal_world, "it"), options={"verify_signature": False})

    def sign(**claims: Any) -> str:
        now = int(time.time())
        wanted = good | {"nbf": now - 5, "exp": now + 300} | claims
        return mint.sign({k: v for k, v in wanted.items() if v is not None})

    return sign


@contextmanager
def answering(app: Any) -> Iterator[str]:
    """An app behind a real port of this process; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, daemon=True
        )
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def apart(
    portal_world: PortalWorld, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """The portal over a copy of the world, where no worker takes what is ordered."""
    folder = tmp_path_factory.mktemp("apart")
    world = portal_world.world
    inventory = shutil.copytree(world.inventory, folder / "inventory")
    kept = folder / "provisioner.db"
    with (
        closing(sqlite3.connect(world.var / "provisioner.db")) as source,
        closing(sqlite3.connect(kept)) as target,
    ):
        source.backup(target)
    settings = load_settings(
        profile="sandbox", var=world.var, inventory=inventory, portal_url=""
    )
    identity = portal_identity(settings)
    assert identity is not None
    with open_store(f"sqlite:///{kept}") as store:
        yield Portal(
            store,
            store.secrets(load_key(settings)),
            Watched(inventory),
            lambda: datetime.now(UTC),
            identity,
            inventory,
        )
