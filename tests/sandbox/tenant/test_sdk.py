"""The vendor's own SDK and sign-in library work against the tenant, over TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
import uvicorn

from provisioner.sandbox.tenant.app import build_app

# The SDK's own modules use what its base library has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


SELECT = (
    "id,displayName,userPrincipalName,accountEnabled,employeeId,usageLocation,"
    "assignedLicenses,assignedPlans,provisionedPlans,identities,proxyAddresses,"
    "onPremisesExtensionAttributes,createdDateTime,licenseAssignmentStates,"
    "passwordProfile,businessPhones,securityIdentifier,deletedDateTime"
)


@pytest.fixture
def secure(
    stage: Any, graph: httpx.Client, tmp_path: Path
) -> Iterator[tuple[str, str]]:
    """The stage's world over https: its URL and the file of its authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    app = build_app(stage.world, resolve_txt=lambda name: [])
    config = uvicorn.Config(
        app, log_level="critical", ssl_context_factory=lambda *_: tls, lifespan="off"
    )
    server = uvicorn.Server(config)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield f"https://127.0.0.1:{listening.getsockname()[1]}", str(tmp_path / "ca.pem")
    server.should_exit = True
    thread.join()
    listening.close()


@asynccontextmanager
async def typed_client(url: str, authority: str, seed: Any) -> AsyncIterator[Any]:
    """The SDK's client on top of azure-identity, both trusting the authority's file."""
    from azure.identity.aio import ClientSecretCredential
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory

    # The SDK puts its middleware over this transport, and has no way to close it.
    trust = ssl.create_default_context(cafile=authority)
    transport = httpx.AsyncHTTPTransport(verify=trust)
    async with (
        transport,
        ClientSecretCredential(
            seed.tenant_id,
            seed.client_id,
            seed.client_secret,
            authority=url,
            disable_instance_discovery=True,
            connection_verify=authority,
        ) as credential,
        httpx.AsyncClient(transport=transport, trust_env=False) as plain,
    ):
        provider = AzureIdentityAuthenticationProvider(
            credential,
            scopes=["https://graph.microsoft.com/.default"],
            allowed_hosts=["127.0.0.1"],
        )
        client = GraphClientFactory.create_with_default_middleware(client=plain)
        adapter = GraphRequestAdapter(provider, client=client)
        adapter.base_url = f"{url}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


def wanted_user() -> Any:
    from msgraph.generated.models.password_profile import PasswordProfile
    from msgraph.generated.models.user import User

    return User(
        account_enabled=True,
        display_name="נועה לוי",
        mail_nickname="noa",
        user_principal_name="noa@nof.example",
        usage_location="IL",
        employee_id="17",
        password_profile=PasswordProfile(password="Xk7!quiet-olive-9"),
    )


def selecting(names: str) -> Any:
    from msgraph.generated.users.item.user_item_request_builder import (
        UserItemRequestBuilder as Builder,
    )

    parameters = Builder.UserItemRequestBuilderGetQueryParameters(
        select=names.split(",")
    )
    return Builder.UserItemRequestBuilderGetRequestConfiguration(
        query_parameters=parameters
    )


async def conversation(url: str, authority: str, seed: Any) -> dict[str, Any]:
    """What the typed client of the SDK sees of one user's life."""
    async with typed_client(url, authority, seed) as graph:
        created = await graph.users.post(wanted_user())
        whole = selecting(SELECT)
        read = await graph.users.by_user_id(created.id).get(whole)
        licensed = await graph.users.by_user_id("adi@nof.example").get(whole)
        skus = await graph.subscribed_skus.get()
        domains = await graph.domains.get()
        delta = await graph.users.delta.get()
        await graph.users.by_user_id(created.id).delete()
        deleted = await graph.directory.deleted_items.graph_user.get()
        return {
            "created": created,
            "read": read,
            "licensed": licensed,
            "sku": skus.value[0],
            "domain": domains.value[0],
            "delta": delta,
            "deleted": deleted.value,
        }


def leftovers(model: Any, seen: set[int]) -> list[str]:
    """Names below a typed model that the SDK did not know, annotations left out."""
    if id(model) in seen or not hasattr(model, "__dict__"):
        return []
    seen.add(id(model))
    found = [n for n in getattr(model, "additional_data", {}) if not n.startswith("@")]
    for value in vars(model).values():
        for part in value if isinstance(value, list) else [value]:
            if type(part).__module__.startswith("msgraph."):
                found += leftovers(part, seen)
    return found


def test_typed_models_of_the_sdk_know_everything_they_are_given(
    stage: Any, secure: tuple[str, str], seeds: Any
) -> None:
    person = {"userPrincipalName": "adi@nof.example", "licences": ["EXCHANGESTANDARD"]}
    stage.order("POST", "users?tenant=galil", [person])
    seen = asyncio.run(conversation(*secure, seeds[0]))
    read = seen["read"]
    assert read.display_name == "נועה לוי"
    assert read.account_enabled is True
    assert read.employee_id == "17"
    assert seen["created"].id == read.id
    assert len(seen["licensed"].assigned_plans) == 3
    assert [user.id for user in seen["deleted"]] == [read.id]
    assert seen["delta"].odata_delta_link
    for name in ("created", "read", "licensed", "sku", "domain"):
        assert leftovers(seen[name], set()) == [], name
    for user in (*seen["delta"].value, *seen["deleted"]):
        assert leftovers(user, set()) == []
