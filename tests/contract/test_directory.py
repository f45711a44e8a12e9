"""The directory as a whole, signed in by azure-identity, against the sandbox tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import (
    ForeignHost,
    PermanentProviderError,
    ProviderError,
    TransientProviderError,
)
from provisioner.model.cluster import Tenant
from provisioner.providers.dns import Resolver, mail_records
from provisioner.providers.graph.calls import (
    assign_license,
    create_user,
    get_mailbox_settings,
    patch_mailbox_settings,
    patch_user,
    restore_user,
)
from provisioner.providers.graph.credentials import credential
from provisioner.providers.graph.directory import Directory, open_directory
from provisioner.providers.graph.wire import decode_user
from provisioner.sandbox import process
from provisioner.sandbox.outsider import order
from provisioner.sandbox.state import SandboxState
from provisioner.sandbox.tenant.seed import Conduct, SkuSeed, TenantSeed
from provisioner.store import Store, open_store

pytestmark = pytest.mark.anyio

NOF = "nof.example"
SEED = TenantSeed(
    name="galil",
    tenant_id="11111111-2222-4333-8444-555555555555",
    client_id="19999999-8888-4777-8666-555555555555",
    client_secret="a secret of the tests",
    initial_domain="galil.onmicrosoft.example",
    display_name="Galil",
    skus=(SkuSeed("EXCHANGESTANDARD", 500),),
    administrators=("admin", "breakglass"),
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxState]:
    directory = tmp_path_factory.mktemp("contract") / "sandbox"
    conduct = Conduct(mailbox_delay=0.0, validate=True)
    yield process.up_seeds(directory, (SEED,), conduct=conduct, domains=(NOF,))
    process.down(directory)


@pytest.fixture
def sandbox(running: SandboxState) -> Iterator[SandboxState]:
    """The sandbox without a fault, and its answers found true to the schema."""
    order(running, "DELETE", "faults")
    order(running, "POST", "requests/reset")
    yield running
    order(running, "DELETE", "faults")
    assert order(running, "GET", "violations") == []


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/store.db") as one:
        yield one


async def opened(
    sandbox: SandboxState, store: Store, secret: str = SEED.client_secret
) -> Directory:
    tenant = Tenant("galil", SEED.tenant_id, SEED.client_id, "", "", ())
    signed_in = credential(
        tenant,
        authority=sandbox.authority,
        ca_file=sandbox.ca_file,
        client_secret=secret,
    )
    return await open_directory(
        tenant,
        credential=signed_in,
        base_url=sandbox.graph_url,
        snapshots=store.snapshots,
        now=lambda: datetime.now(UTC),
    )


@pytest.fixture
async def directory(sandbox: SandboxState, store: Store) -> AsyncIterator[Directory]:
    one = await opened(sandbox, store)
    await one.domains.create(NOF)
    await one.domains.verify(NOF)
    yield one
    await one.close()


def break_it(sandbox: SandboxState, action: str, path: str = "", **more: Any) -> None:
    order(sandbox, "POST", "faults", {"action": action, "path": path} | more)


def person(name: str) -> dict[str, Any]:
    return {
        "accountEnabled": True,
        "displayName": f"נועה {name}",
        "mailNickname": name,
        "userPrincipalName": f"{name}@{NOF}",
        "usageLocation": "IL",
        "passwordProfile": {"password": "Xk7!quiet-olive-9"},
        "onPremisesExtensionAttributes": {"extensionAttribute15": f"mark:{name}"},
    }


async def created(directory: Directory, *names: str) -> dict[str, str]:
    """Ids by name; every name created now."""
    ids = {}
    calls = (create_user(name, person(name)) for name in names)
    async for reply in directory.batch(calls):
        assert reply.error is None
        ids[reply.id] = decode_user(reply.body).id
    return ids


async def addresses(directory: Directory, **given: bool) -> Counter[str]:
    read = await directory.users(**given)
    return Counter(user.user_principal_name for user in read.users.values())


async def test_what_is_done_shows_by_delta_and_in_full(directory: Directory) -> None:
    await directory.users()
    ids = await created(directory, "noa", "omer", "lina")
    calls = [
        patch_user("a", ids["noa"], {"jobTitle": "גזברית", "department": None}),
        assign_license("b", ids["omer"], [(await directory.skus())[0].sku_id]),
    ]
    assert [one.error async for one in directory.batch(calls)] == [None, None]
    changed = await directory.users()
    assert changed.source == "delta"
    noa = changed.users[ids["noa"]]
    assert (noa.job_title, noa.display_name) == ("גזברית", "נועה noa")
    attributes = noa.on_premises_extension_attributes
    assert attributes is not None
    assert attributes.number(15) == "mark:noa"
    assert len(changed.users[ids["omer"]].assigned_licenses) == 1
    full = await directory.users(full=True)
    assert full.source == "full"
    assert {k: _plain(v) for k, v in full.users.items()} == {
        k: _plain(v) for k, v in changed.users.items()
    }


def _plain(user: Any) -> tuple[Any, ...]:
    return (
        user.user_principal_name,
        user.display_name,
        user.job_title,
        user.account_enabled,
        user.assigned_licenses,
        user.on_premises_extension_attributes,
    )


async def test_a_deleted_user_is_found_in_the_bin_and_restored(
    directory: Directory, sandbox: SandboxState
) -> None:
    ids = await created(directory, "gone")
    await directory.users()
    await directory._sender.once("DELETE", f"/users/{ids['gone']}")
    assert f"gone@{NOF}" not in await addresses(directory)
    assert ids["gone"] in {one.id for one in await directory.deleted_users()}
    restored = [one async for one in directory.batch([restore_user("r", ids["gone"])])]
    assert restored[0].error is None
    assert (await addresses(directory))[f"gone@{NOF}"] == 1
    found = await directory.find_user(f"gone@{NOF}")
    assert found is not None
    assert found.id == ids["gone"]


async def test_the_mailbox_appears_and_takes_its_settings(
    directory: Directory,
) -> None:
    ids = await created(directory, "boxed", "unboxed")
    none = [x async for x in directory.batch([get_mailbox_settings("g", ids["boxed"])])]
    assert none[0].error is not None
    assert none[0].error.code == "MailboxNotEnabledForRESTAPI"
    (sku,) = (one for one in await directory.skus() if one.has_mailbox)
    calls = [assign_license("l", ids["boxed"], [sku.sku_id])]
    assert [one.error async for one in directory.batch(calls)] == [None]
    assert await directory.ready(set(ids.values())) == {ids["boxed"]}
    settings = {"timeZone": "Israel Standard Time", "language": {"locale": "he-IL"}}
    calls = [patch_mailbox_settings("s", ids["boxed"], settings)]
    assert [one.error async for one in directory.batch(calls)] == [None]


async def test_administrators_are_privileged(directory: Directory) -> None:
    users = (await directory.users()).users
    holders = await directory.privileged()
    assert {users[one].user_principal_name.partition("@")[0] for one in holders} == {
        "admin",
        "breakglass",
    }
    assert set(holders.values()) == {"Global Administrator"}


async def test_a_domain_is_proven_and_found_in_dns(
    directory: Directory, sandbox: SandboxState
) -> None:
    assert (await directory.domains.verification_text(NOF)).startswith("MS=")
    await directory.domains.set_services(NOF, ("Email",))
    states = await directory.domains.list()
    assert states[NOF].verified
    assert states[NOF].services == ("Email",)
    (initial,) = (name for name, one in states.items() if one.initial)
    records = await directory.domains.service_records(NOF)
    wanted = mail_records(NOF, records, initial, "v=DMARC1; p=quarantine")
    assert {one.type for one in wanted} == {"MX", "TXT", "CNAME"}
    resolver = Resolver((sandbox.dns,))
    answers = await resolver.lookup_many((one.name, one.type) for one in wanted)
    assert not [one for one in answers.values() if isinstance(one, ProviderError)]


@pytest.mark.parametrize("action", ["unavailable_after_commit", "cut", "truncated"])
async def test_creates_of_unknown_fate_are_told_and_happened_once(
    directory: Directory, sandbox: SandboxState, action: str
) -> None:
    prefix = action.partition("_")[0]
    break_it(sandbox, action, "/users$", method="POST", count=2, skip=5)
    names = [f"{prefix}{number}" for number in range(60)]
    doubtful = []
    calls = (create_user(name, person(name)) for name in names)
    async for reply in directory.batch(calls):
        assert reply.error is None or reply.ambiguous
        doubtful += [reply.id] if reply.ambiguous else []
    assert 2 <= len(doubtful) <= 40
    for name in doubtful:
        assert await directory.find_user(f"{name}@{NOF}")
    counted = await addresses(directory, full=True)
    assert {counted[f"{name}@{NOF}"] for name in names} == {1}


@pytest.mark.parametrize("where", [r"/\$batch", "/users$"])
async def test_a_storm_of_throttling_creates_everybody_once(
    directory: Directory, sandbox: SandboxState, where: str
) -> None:
    break_it(sandbox, "throttle", where, method="POST", count=40, retry_after=0.128)
    prefix = "batch" if "batch" in where else "inner"
    names = [f"{prefix}{number}" for number in range(100)]
    assert len(await created(directory, *names)) == 100
    counted = await addresses(directory, full=True)
    assert {counted[f"{name}@{NOF}"] for name in names} == {1}


async def test_repeatable_calls_survive_what_passes(
    directory: Directory, sandbox: SandboxState
) -> None:
    ids = await created(directory, *(f"hardy{number}" for number in range(30)))
    for action in ("unavailable_after_commit", "concurrency", "server_error_html"):
        break_it(sandbox, action, "/users/", method="PATCH", count=3)
    calls = [patch_user(name, one, {"jobTitle": "x"}) for name, one in ids.items()]
    errors = [one.error async for one in directory.batch(calls)]
    assert errors == [None] * 30


@pytest.mark.parametrize(
    "action", ["empty_page", "truncated", "cut", "server_error_html", "throttle"]
)
async def test_a_full_read_survives_a_bad_page(
    directory: Directory, sandbox: SandboxState, action: str
) -> None:
    await created(directory, f"reader{action.partition('_')[0]}")
    before = await addresses(directory, full=True)
    break_it(sandbox, action, "/users$", method="GET", count=2)
    assert await addresses(directory, full=True) == before


async def test_a_link_that_leads_away_is_an_error_and_no_short_list(
    directory: Directory, sandbox: SandboxState
) -> None:
    await directory.users()
    break_it(sandbox, "poisoned_link", "/users$", method="GET")
    with pytest.raises(ForeignHost):
        await directory.users(full=True)


async def test_a_read_that_is_denied_is_an_error(
    directory: Directory, sandbox: SandboxState
) -> None:
    break_it(sandbox, "forbidden", "/users$", method="GET")
    with pytest.raises(PermanentProviderError):
        await directory.users(full=True)


async def test_an_expired_delta_is_answered_by_a_full_read(
    directory: Directory, sandbox: SandboxState
) -> None:
    await directory.users()
    break_it(sandbox, "expired_delta", "/users/delta", count=1)
    assert (await directory.users()).source == "full"
    assert (await directory.users()).source == "delta"


async def test_a_token_taken_back_is_renewed(
    directory: Directory, sandbox: SandboxState
) -> None:
    break_it(sandbox, "expired_token", "/subscribedSkus", count=1)
    assert await directory.skus()


async def test_a_wrong_secret_is_one_clear_sentence(
    sandbox: SandboxState, store: Store
) -> None:
    directory = await opened(sandbox, store, secret="not~the~secret")
    with pytest.raises(PermanentProviderError, match="the client secret is wrong"):
        await directory.users()
    await directory.close()


async def test_a_tenant_that_is_down_is_transient(
    directory: Directory, sandbox: SandboxState
) -> None:
    break_it(sandbox, "unavailable", retry_after=0.05)
    with pytest.raises(TransientProviderError):
        await directory.users()


async def test_with_nothing_changed_a_second_look_is_one_call(
    directory: Directory,
) -> None:
    await directory.users()
    assert (await directory.users()).calls == 1
