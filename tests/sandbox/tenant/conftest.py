"""A tenant served over real HTTP on loopback, fresh for every test."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn

from provisioner.sandbox import tally
from provisioner.sandbox.fidelity import Validator
from provisioner.sandbox.tenant.app import build_app
from provisioner.sandbox.tenant.world import Conduct, SkuSeed, TenantSeed, World

TENANT_ID = "11111111-2222-4333-8444-555555555555"
CLIENT_ID = "99999999-8888-4777-8666-555555555555"
SECRET = "the secret of the tests"
DOMAIN = "nof.example"
EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
SEEDS = [
    TenantSeed(
        name="galil",
        tenant_id=TENANT_ID,
        client_id=CLIENT_ID,
        client_secret=SECRET,
        initial_domain="galil.onmicrosoft.example",
        display_name="Galil",
        skus=(
            SkuSeed("EXCHANGESTANDARD", 3),
            SkuSeed("ENTERPRISEPACK", 2),
            SkuSeed("AAD_PREMIUM", 5),
        ),
        administrators=("admin",),
    ),
    TenantSeed(
        name="carmel",
        tenant_id=TENANT_ID.replace("1", "2"),
        client_id=CLIENT_ID.replace("9", "7"),
        client_secret=SECRET + "2",
        initial_domain="carmel.onmicrosoft.example",
        display_name="Carmel",
        skus=(SkuSeed("SPB", 10),),
    ),
]
# Loopback without TLS: the hundred authorities of a default context stay unread.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass
class Stage:
    """The world now playing, with what stands around it."""

    url: str
    world: World
    txt: dict[str, list[str]] = field(default_factory=dict)
    expects_violations: bool = False

    def token(self, seed: TenantSeed = SEEDS[0]) -> str:
        clock = self.world.clock
        mint = self.world.mint
        return mint.issue(seed.tenant_id, seed.client_id, clock.now(), 3599)

    def client(self, seed: TenantSeed = SEEDS[0]) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.url}/v1.0/",
            headers={"Authorization": f"Bearer {self.token(seed)}"},
            trust_env=False,
            verify=NO_TLS,
            timeout=20,
        )

    def order(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(
            method,
            f"{self.url}/_sandbox/{path}",
            headers={"X-Sandbox-Key": self.world.admin_key},
            json=body,
            trust_env=False,
            verify=NO_TLS,
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, action: str, **rule: Any) -> None:
        self.order("POST", "faults", {"action": action, **rule})

    def wait(self, seconds: float) -> None:
        self.order("POST", "clock", {"advance": seconds})


@pytest.fixture(scope="session")
def template() -> bytes:
    """A world as it is on its first day, with one domain of its own."""
    world = World.create(SEEDS, Conduct())
    return world.dump()


@pytest.fixture(scope="session")
def theatre() -> Iterator[tuple[str, dict[str, Any]]]:
    """One server for the whole session; what it serves is put into the dict."""
    playing: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await playing["app"](scope, receive, send)

    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", http="httptools")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", playing
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def stage(template: bytes, theatre: tuple[str, dict[str, Any]]) -> Iterator[Stage]:
    """A fresh world, every answer held against the vendor's schema."""
    url, playing = theatre
    found = Stage(url, World.load(template, Conduct()))
    playing["app"] = build_app(
        found.world,
        resolve_txt=lambda name: found.txt.get(name, []),
        validate=Validator.load().validate,
    )
    yield found
    wrong = () if found.expects_violations else found.world.violations
    tally.add(found.world.checked, wrong)
    if not found.expects_violations:
        assert found.world.violations == []


@pytest.fixture
def graph(stage: Stage) -> Iterator[httpx.Client]:
    """Signed in to the first tenant, which has verified `nof.example`."""
    with stage.client() as client:
        client.post("domains", json={"id": DOMAIN}).raise_for_status()
        records = client.get(f"domains/{DOMAIN}/verificationDnsRecords").json()
        stage.txt[DOMAIN] = [records["value"][0]["text"]]
        client.post(f"domains/{DOMAIN}/verify").raise_for_status()
        yield client


def new_user(local: str, **more: Any) -> dict[str, Any]:
    """The body of a valid create."""
    return {
        "accountEnabled": True,
        "displayName": f"{local} כהן",
        "mailNickname": local,
        "userPrincipalName": f"{local}@{DOMAIN}",
        "usageLocation": "IL",
        "passwordProfile": {
            "password": "Xk7!quiet-olive-9",
            "forceChangePasswordNextSignIn": True,
        },
        **more,
    }


@pytest.fixture
def seeds() -> list[TenantSeed]:
    return SEEDS


@pytest.fixture
def body_of() -> Callable[..., dict[str, Any]]:
    return new_user


@pytest.fixture
def create(graph: httpx.Client) -> Callable[..., str]:
    """Creates a user and gives its id."""

    def made(local: str, **more: Any) -> str:
        answer = graph.post("users", json=new_user(local, **more))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return made


@pytest.fixture
def license_user(graph: httpx.Client) -> Callable[..., httpx.Response]:
    """Assigns and removes licences by SKU id."""

    def licensed(
        key: str,
        *add: str,
        remove: tuple[str, ...] = (),
        disabled: tuple[str, ...] = (),
    ) -> httpx.Response:
        adding = [{"skuId": one, "disabledPlans": list(disabled)} for one in add]
        body = {"addLicenses": adding, "removeLicenses": list(remove)}
        return graph.post(f"users/{key}/assignLicense", json=body)

    return licensed
