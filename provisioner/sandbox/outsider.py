"""A careless administrator at the sandbox: the tenant's own Graph, and its admin side."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from provisioner.errors import SandboxError
from provisioner.sandbox.state import SandboxState, TenantAccess

SELECT = (
    "id,userPrincipalName,displayName,jobTitle,accountEnabled,"
    "assignedLicenses,usageLocation"
)


@contextmanager
def signed_in(state: SandboxState, tenant: TenantAccess) -> Iterator[httpx.Client]:
    """A client of one tenant's Graph, over https, signed in by its client secret."""
    trust = ssl.create_default_context(cafile=state.ca_file)
    with httpx.Client(verify=trust, timeout=30, trust_env=False) as client:
        answer = client.post(
            f"{state.authority}/{tenant.tenant_id}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": tenant.client_id,
                "client_secret": tenant.client_secret,
                "scope": "https://graph.microsoft.com/.default",
            },
        )
        token = _checked(answer)["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        # In the tenant's audit it was a person, not the application.
        client.headers["X-Sandbox-Actor"] = "administrator"
        client.headers["X-Sandbox-Key"] = state.admin_key
        client.base_url = httpx.URL(state.graph_url_https + "/")
        yield client


def call(
    client: httpx.Client, method: str, path: str, body: object = None
) -> dict[str, Any]:
    """One call; raises `SandboxError` with what the tenant said against it."""
    sent: dict[str, Any] = {"json": body} if body is not None else {}
    answer: dict[str, Any] = _checked(client.request(method, path.lstrip("/"), **sent))
    return answer


def order(state: SandboxState, method: str, path: str, body: object = None) -> Any:
    """One call to the admin side, `path` below `/_sandbox/`."""
    answer = httpx.request(
        method,
        f"{state.admin_url}/{path}",
        headers={"X-Sandbox-Key": state.admin_key},
        json=body,
        timeout=30,
        trust_env=False,
    )
    return _checked(answer)


def _checked(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else {}
    try:
        error = answer.json().get("error", "")
        said = error.get("message", "") if isinstance(error, dict) else error
    except ValueError:
        said = answer.text[:200]
    raise SandboxError(
        f"The sandbox refused {answer.request.method} {answer.request.url.path}"
        f" ({answer.status_code}): {said}"
    )


def tenant_of(state: SandboxState, domain: str) -> TenantAccess:
    """The tenant that knows a domain; raises `SandboxError` where none does."""
    for tenant in state.tenants:
        with signed_in(state, tenant) as client:
            if any(
                one["id"] == domain for one in call(client, "GET", "domains")["value"]
            ):
                return tenant
    raise SandboxError(
        f"No tenant of the sandbox knows the domain {domain!r}.",
        remedy="Bring it there first with: provisioner --sandbox apply.",
    )


@contextmanager
def desk_of(
    state: SandboxState, person: str, domain: str
) -> Iterator[tuple[httpx.Client, dict[str, Any]]]:
    """The signed-in client and the user: the person named, or a licensed one there."""
    if not person and not domain:
        raise SandboxError(
            "Say whom it shall hit.", remedy="Add --person ADDRESS or --municipality S."
        )
    place = person.rpartition("@")[2] if person else domain
    with signed_in(state, tenant_of(state, place)) as client:
        if person:
            yield client, call(client, "GET", f"users/{person}?$select={SELECT}")
        else:
            yield client, _somebody(client, domain)


def _somebody(client: httpx.Client, domain: str) -> dict[str, Any]:
    """The first enabled and licensed user of a domain."""
    page = call(client, "GET", f"users?$top=999&$select={SELECT}")
    while True:
        for user in page["value"]:
            there = user["userPrincipalName"].lower().endswith("@" + domain)
            if there and user["accountEnabled"] and user["assignedLicenses"]:
                return dict(user)
        if "@odata.nextLink" not in page:
            raise SandboxError(f"Nobody in {domain} is enabled and has a licence.")
        page = _checked(client.get(page["@odata.nextLink"]))
