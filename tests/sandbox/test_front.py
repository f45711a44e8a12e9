"""The DNS host's admin endpoint, and what the tenant sees of the DNS."""

from __future__ import annotations

from collections.abc import Callable

import dns.resolver
import httpx
import pytest

from provisioner.errors import SandboxError
from provisioner.sandbox.outsider import call, order, signed_in
from provisioner.sandbox.state import SandboxState

OREN = "oren.example"
Add = Callable[[httpx.Client, str], None]


def resolver_of(state: SandboxState) -> dns.resolver.Resolver:
    host, _, port = state.dns.partition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = [host], int(port), 3.0
    return resolver


def test_an_answer_is_not_held_back_by_the_network_stack(sandbox: SandboxState) -> None:
    headers = {"X-Sandbox-Key": sandbox.admin_key}
    took = []
    with httpx.Client(headers=headers, trust_env=False) as client:
        for _ in range(12):
            answer = client.get(f"{sandbox.admin_url}/health")
            took.append(answer.elapsed.total_seconds())
    assert min(took[1:]) < 0.02  # delayed acknowledgement makes it 0.04


def test_only_who_has_the_key_may_order(sandbox: SandboxState) -> None:
    for headers in ({}, {"X-Sandbox-Key": "x"}):
        answer = httpx.get(f"{sandbox.admin_url}/dns", headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "explode"},
        {"action": "set", "name": "a.example", "planet": "mars"},
        {"action": "set", "name": "a.example", "type": "MX", "values": ["mail"]},
        {"action": "fail", "name": "a.example", "how": "loudly"},
        [],
    ],
)
def test_an_order_that_cannot_be_is_refused_with_the_reason(
    sandbox: SandboxState, wrong: object
) -> None:
    with pytest.raises(SandboxError, match=r"refused POST /_sandbox/dns \(400\): ."):
        order(sandbox, "POST", "dns", wrong)


def test_a_domain_of_the_tenant_is_published_and_can_be_verified(
    sandbox: SandboxState, add_domain: Add
) -> None:
    with signed_in(sandbox, sandbox.tenants[1]) as client:
        add_domain(client, OREN)
        assert call(client, "GET", f"domains/{OREN}")["isVerified"] is True
        listed = call(client, "GET", f"domains/{OREN}/serviceConfigurationRecords")
    resolver = resolver_of(sandbox)
    wanted = [one for one in listed["value"] if "mailExchange" in one]
    (mx,) = resolver.resolve(OREN, "MX")
    assert mx.exchange.to_text(omit_final_dot=True) == wanted[0]["mailExchange"]
    (dkim,) = resolver.resolve(f"selector1._domainkey.{OREN}", "CNAME")
    expected = "selector1-oren-example._domainkey.carmel.onmicrosoft.example."
    assert dkim.target.to_text() == expected
    (alias,) = resolver.resolve(f"autodiscover.{OREN}", "CNAME")
    assert alias.target.to_text() == "autodiscover.outlook.com."


def test_a_failing_dns_host_keeps_the_tenant_from_verifying(
    sandbox: SandboxState, galil: httpx.Client
) -> None:
    order(
        sandbox,
        "POST",
        "dns",
        {"action": "fail", "name": "ela.example", "how": "silent"},
    )
    call(galil, "POST", "domains", {"id": "ela.example"})
    with pytest.raises(SandboxError, match="400"):
        call(galil, "POST", "domains/ela.example/verify")
    order(sandbox, "POST", "dns", {"action": "clear"})
    assert call(galil, "POST", "domains/ela.example/verify")["isVerified"]


def test_a_manual_host_publishes_nothing_by_itself(
    sandbox: SandboxState, galil: httpx.Client
) -> None:
    try:
        order(sandbox, "POST", "dns", {"action": "mode", "mode": "manual"})
        call(galil, "POST", "domains", {"id": "tamar.example"})
        with pytest.raises(SandboxError):
            call(galil, "POST", "domains/tamar.example/verify")
        records = call(galil, "GET", "domains/tamar.example/verificationDnsRecords")
        (text,) = (one["text"] for one in records["value"] if "text" in one)
        by_hand = {"action": "set", "name": "tamar.example", "values": [text]}
        order(sandbox, "POST", "dns", by_hand)
        assert call(galil, "POST", "domains/tamar.example/verify")["isVerified"]
    finally:
        order(sandbox, "POST", "dns", {"action": "mode", "mode": "auto"})
