"""The https side, met by the vendor's own client of the token endpoint."""

from __future__ import annotations

import ssl

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential

from provisioner.sandbox.state import SandboxState

SCOPE = "https://graph.microsoft.com/.default"


def credential(state: SandboxState, secret: str) -> ClientSecretCredential:
    return ClientSecretCredential(
        state.tenant_id,
        state.client_id,
        secret,
        authority=state.authority,
        disable_instance_discovery=True,
        connection_verify=state.ca_file,
    )


def test_azure_identity_signs_in_with_the_authority_of_the_sandbox(
    sandbox: SandboxState,
) -> None:
    with credential(sandbox, sandbox.client_secret) as ours:
        token = ours.get_token(SCOPE).token
    for url in (sandbox.graph_url, sandbox.graph_url_https):
        trust = ssl.create_default_context(cafile=sandbox.ca_file)
        answer = httpx.get(
            f"{url}/organization",
            headers={"Authorization": f"Bearer {token}"},
            verify=trust,
            trust_env=False,
        )
        (organization,) = answer.json()["value"]
        assert organization["id"] == sandbox.tenant_id


def test_a_wrong_secret_is_refused(sandbox: SandboxState) -> None:
    with (
        credential(sandbox, "wrong") as ours,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        ours.get_token(SCOPE)


def test_nobody_trusts_the_sandbox_who_was_not_told_to(sandbox: SandboxState) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(sandbox.authority, trust_env=False)
