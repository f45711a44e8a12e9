"""What a large forum costs, counted in the sandbox's own log of requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from provisioner.kind import Providers, Scope
from provisioner.kinds.forum import Forum
from provisioner.kinds.mailbox.spec import plain
from provisioner.model.cluster import Cluster, Defaults, GuardLimits, Role, Tenant
from provisioner.model.municipality import Municipality, Names, Person
from provisioner.model.outcome import Status
from provisioner.providers.graph.credentials import credential
from provisioner.providers.graph.directory import open_directory
from provisioner.sandbox import process
from provisioner.sandbox.outsider import order
from provisioner.sandbox.state import SandboxState
from provisioner.sandbox.tenant.seed import Conduct, TenantSeed
from provisioner.store import Store, open_store

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(200)]

NOF = "nof.example"
MEMBERS, MOVED = 7000, 50
NAMES = Names("גזברים", "أمناء الخزينة", "Treasurers")
TENANT = Tenant("galil", "", "19999999-8888-4777-8666-555555555555", "", "", ())
SEED = TenantSeed(
    name="galil",
    tenant_id="11111111-2222-4333-8444-555555555555",
    client_id=TENANT.client_id,
    client_secret="a secret of the tests",
    initial_domain="galil.onmicrosoft.example",
    display_name="Galil",
)
TENANT = msgspec.structs.replace(TENANT, tenant_id=SEED.tenant_id)


class Remembered(dict[str, Any]):
    """Last applied, as the store would give it."""

    def spec_json(self, key: str) -> bytes | None:
        return None

    def object_id(self, key: str) -> str:
        return ""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxState]:
    directory = tmp_path_factory.mktemp("forums") / "sandbox"
    conduct = Conduct(mailbox_delay=0.0)
    yield process.up_seeds(directory, (SEED,), conduct=conduct, domains=(NOF,))
    process.down(directory)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/store.db") as one:
        yield one


@pytest.fixture
async def opened(sandbox: SandboxState, store: Store) -> AsyncIterator[Any]:
    """Opens the providers of a run; each run has its own."""
    made: list[Providers] = []

    async def one_more() -> Providers:
        secret = SEED.client_secret
        signed_in = credential(
            TENANT,
            authority=sandbox.authority,
            ca_file=sandbox.ca_file,
            client_secret=secret,
        )
        directory = await open_directory(
            TENANT,
            credential=signed_in,
            base_url=sandbox.graph_url,
            snapshots=store.snapshots,
            now=lambda: datetime.now(UTC),
        )
        unused: Any = None
        made.append(
            Providers(
                directory=directory,
                resolver=unused,
                sightings=unused,
                secrets=unused,
                new_password=lambda: "",
                now=lambda: datetime.now(UTC),
            )
        )
        return made[-1]

    yield one_more
    for one in made:
        await one.directory.close()


def person(number: int) -> Person:
    address = f"p{number}@{NOF}"
    names = (f"p{number}", "", "", "", "", "")
    return Person(address, *names, "treasurer", "SPB", "he", (), "active", number)


def cluster(numbers: range) -> Cluster:
    town = Municipality(
        slug="nof",
        names=NAMES,
        cbs_code="1",
        type="city",
        tenant="galil",
        domain=NOF,
        language="he",
        seats={},
        cios=(),
        people=tuple(map(person, numbers)),
        file="m.yml",
        people_file="p.csv",
    )
    role = Role("treasurer", NAMES)
    tenants, rules = (TENANT,), (GuardLimits(), Defaults())
    return Cluster("galil", NAMES, tenants, (role,), *rules, (town,))


async def run(numbers: range, providers: Providers, last: Remembered) -> list[Any]:
    """Observe, compare, apply and verify the one forum; its outcomes."""
    whole, kind = cluster(numbers), Forum()
    owner = whole.itself[0]
    scope = Scope(whole, (owner,))
    desired = {owner.slug: kind.desired(whole, owner)}
    seen = await kind.observe(scope, TENANT, desired, providers)
    found = seen.by_municipality[owner.slug]
    changes = kind.changes(scope, owner, desired[owner.slug], found, last).changes
    outcomes = [one async for one in kind.apply(scope, TENANT, changes, providers)]
    proofs = await kind.verify(scope, TENANT, desired[owner.slug], providers)
    assert all(one.proven for one in proofs), proofs
    for resource in desired[owner.slug]:
        last[resource.key] = plain(resource.spec)
    return outcomes


async def test_fifty_joins_and_fifty_leaves_of_seven_thousand_take_few_calls(
    sandbox: SandboxState, opened: Any
) -> None:
    everybody = range(MEMBERS + MOVED)
    users = [
        {
            "userPrincipalName": f"p{n}@{NOF}",
            "displayName": f"p{n}",
            "mailNickname": f"p{n}",
            "onPremisesExtensionAttributes": {
                f"extensionAttribute{TENANT.mark_attribute}": f"provisioner:nof:{n}"
            },
        }
        for n in everybody
    ]
    order(sandbox, "POST", "users", users)
    last = Remembered()
    first = await run(range(MEMBERS), await opened(), last)
    assert [one.status for one in first] == [Status.DONE], first
    providers = await opened()
    order(sandbox, "POST", "requests/reset")
    moved = range(MOVED, MEMBERS + MOVED)
    second = await run(moved, providers, last)
    assert [one.status for one in second] == [Status.DONE], second
    log = order(sandbox, "GET", "requests")
    assert log["total"] <= 16, log
    order(sandbox, "POST", "requests/reset")
    assert await run(moved, await opened(), last) == []
    log = order(sandbox, "GET", "requests")
    assert "PATCH /groups/{group}" not in log["batched"], log
