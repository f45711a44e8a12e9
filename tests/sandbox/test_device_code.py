"""The vendor's own library signs a person in by device code, over https."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx
from azure.identity import DeviceCodeCredential

from provisioner.sandbox.state import SandboxState


def test_azure_identity_signs_in_by_device_code(
    sandbox: SandboxState,
    galil: httpx.Client,
    add_domain: Callable[[httpx.Client, str], None],
    add_person: Callable[[httpx.Client, str], str],
) -> None:
    add_domain(galil, "nof.example")
    noa = add_person(galil, "noa@nof.example")
    seen: list[str] = []

    def choose(address: str, code: str, expires: datetime) -> None:
        seen.append(code)
        galil.post(address, data={"user_code": code, "user": noa}).raise_for_status()

    with DeviceCodeCredential(
        client_id=sandbox.client_id,
        tenant_id=sandbox.tenant_id,
        authority=sandbox.authority,
        connection_verify=sandbox.ca_file,
        disable_instance_discovery=True,
        prompt_callback=choose,
    ) as credential:
        token = credential.get_token("https://graph.microsoft.com/User.Read")
    assert len(seen) == 1
    headers = {"Authorization": f"Bearer {token.token}"}
    assert galil.get("me?$select=id", headers=headers).json()["id"] == noa
