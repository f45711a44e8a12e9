"""A running sandbox of two tenants, and what it takes to talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from provisioner.sandbox import process
from provisioner.sandbox.outsider import call, signed_in
from provisioner.sandbox.state import SandboxState
from provisioner.sandbox.tenant.seed import Conduct, SkuSeed, TenantSeed

NOF = "nof.example"
SECRET = "a secret of the tests"
SEEDS = tuple(
    TenantSeed(
        name=name,
        tenant_id=f"{number}1111111-2222-4333-8444-555555555555",
        client_id=f"{number}9999999-8888-4777-8666-555555555555",
        client_secret=SECRET + name,
        initial_domain=f"{name}.onmicrosoft.example",
        display_name=name.title(),
        skus=(SkuSeed("EXCHANGESTANDARD", 10),),
        administrators=("admin", "breakglass"),
    )
    for number, name in ((1, "galil"), (2, "carmel"))
)
SKU_ID = "4b9405b0-7788-4568-add1-99614e613b69"
QUICK = Conduct(mailbox_delay=0.0, validate=True)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[SandboxState]:
    """A sandbox of this test alone, in `tmp_path / "sandbox"`."""
    state = process.up_seeds(tmp_path / "sandbox", SEEDS, conduct=QUICK, domains=(NOF,))
    yield state
    process.down(tmp_path / "sandbox")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxState]:
    """A sandbox shared by a module; whoever breaks it mends it."""
    directory = tmp_path_factory.mktemp("shared") / "sandbox"
    yield process.up_seeds(directory, SEEDS, conduct=QUICK, domains=(NOF,))
    process.down(directory)


@pytest.fixture(scope="session")
def seeds() -> tuple[TenantSeed, ...]:
    return SEEDS


@pytest.fixture(scope="session")
def quick() -> Conduct:
    return QUICK


def _add_domain(client: httpx.Client, domain: str) -> None:
    call(client, "POST", "domains", {"id": domain})
    call(client, "POST", f"domains/{domain}/verify")
    call(client, "PATCH", f"domains/{domain}", {"supportedServices": ["Email"]})


def _add_person(client: httpx.Client, address: str) -> str:
    user = {
        "accountEnabled": True,
        "displayName": "נועה לוי",
        "jobTitle": "גזברית",
        "mailNickname": address.partition("@")[0],
        "userPrincipalName": address,
        "usageLocation": "IL",
        "passwordProfile": {"password": "Xk7!quiet-olive-9"},
    }
    created = call(client, "POST", "users", user)
    licence = {
        "addLicenses": [{"skuId": SKU_ID, "disabledPlans": []}],
        "removeLicenses": [],
    }
    call(client, "POST", f"users/{created['id']}/assignLicense", licence)
    return str(created["id"])


@pytest.fixture(scope="session")
def add_domain() -> Callable[[httpx.Client, str], None]:
    """Brings a domain into the tenant, verified and used for mail."""
    return _add_domain


@pytest.fixture(scope="session")
def add_person() -> Callable[[httpx.Client, str], str]:
    """Creates a licensed user and gives its id."""
    return _add_person


@pytest.fixture
def galil(sandbox: SandboxState) -> Iterator[httpx.Client]:
    """Signed in to the first tenant of the shared sandbox."""
    with signed_in(sandbox, sandbox.tenants[0]) as client:
        yield client
