"""Domains of a tenant: added, proven, put to use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.errors import PermanentProviderError, TransientProviderError
from provisioner.providers.dns import DnsRecord
from provisioner.providers.graph.directory import Directory
from provisioner.providers.graph.domains import DomainState

pytestmark = pytest.mark.anyio

RAMEH = {"id": "rameh.example", "isVerified": False, "supportedServices": []}
VERIFIED = RAMEH | {"isVerified": True, "supportedServices": ["Email"]}
TAKEN = [{"code": "ObjectConflict", "target": "id"}]


async def test_domains_are_listed_by_name(graph: Any, directory: Directory) -> None:
    initial = {"id": "galil.onmicrosoft.example", "isVerified": True, "isInitial": True}
    graph.on("GET", "/domains", graph.page(VERIFIED, initial))
    listed = await directory.domains.list()
    assert listed["rameh.example"] == DomainState("rameh.example", True, ("Email",))
    assert listed["galil.onmicrosoft.example"].initial


async def test_a_domain_is_added_once(graph: Any, directory: Directory) -> None:
    graph.on("POST", "/domains", graph.ok(RAMEH, status=201))
    state = await directory.domains.create("rameh.example")
    assert not state.verified
    assert json.loads(graph.requests[0].body) == {"id": "rameh.example"}


async def test_a_lost_answer_to_adding_is_settled_by_looking(
    graph: Any, directory: Directory
) -> None:
    graph.on("POST", "/domains", graph.fails(503, "Busy"))
    graph.on("GET", "/domains/rameh.example", graph.ok(RAMEH))
    assert (await directory.domains.create("rameh.example")).name == "rameh.example"
    assert len(graph.asked("/domains")) == 1


async def test_a_lost_answer_with_nothing_there_stays_an_error(
    graph: Any, directory: Directory
) -> None:
    graph.on("POST", "/domains", graph.fails(503, "Busy"))
    graph.on("GET", "/domains/.*", graph.fails(404, "Request_ResourceNotFound"))
    with pytest.raises(TransientProviderError):
        await directory.domains.create("rameh.example")


async def test_a_domain_of_our_own_is_no_conflict(
    graph: Any, directory: Directory
) -> None:
    graph.on("POST", "/domains", graph.fails(400, "Request_BadRequest", "m", TAKEN))
    graph.on("GET", "/domains/rameh.example", graph.ok(VERIFIED))
    assert (await directory.domains.create("rameh.example")).verified


async def test_a_domain_of_another_tenant_is(graph: Any, directory: Directory) -> None:
    graph.on("POST", "/domains", graph.fails(400, "Request_BadRequest", "m", TAKEN))
    graph.on("GET", "/domains/.*", graph.fails(404, "Request_ResourceNotFound"))
    with pytest.raises(PermanentProviderError) as caught:
        await directory.domains.create("rameh.example")
    assert caught.value.code == "ObjectConflict"


async def test_the_text_to_prove_a_domain_by(graph: Any, directory: Directory) -> None:
    graph.on(
        "GET",
        "/domains/rameh.example/verificationDnsRecords",
        graph.page(
            {"recordType": "Mx", "mailExchange": "ms1.msv1.invalid"},
            {"recordType": "Txt", "text": "MS=ms12345678"},
        ),
    )
    text = await directory.domains.verification_text("rameh.example")
    assert text == "MS=ms12345678"


async def test_verifying_twice_is_fine(graph: Any, directory: Directory) -> None:
    refused = graph.fails(400, "Request_BadRequest", "Domain is already verified.")
    graph.on("POST", "/domains/rameh.example/verify", graph.ok(VERIFIED), refused)
    graph.on("GET", "/domains/rameh.example", graph.ok(VERIFIED))
    assert (await directory.domains.verify("rameh.example")).verified
    assert (await directory.domains.verify("rameh.example")).verified


async def test_a_domain_not_proven_yet_is_refused(
    graph: Any, directory: Directory
) -> None:
    refused = graph.fails(400, "Request_BadRequest", "Domain verification failed")
    graph.on("POST", "/domains/rameh.example/verify", refused)
    graph.on("GET", "/domains/rameh.example", graph.ok(RAMEH))
    with pytest.raises(PermanentProviderError, match="verification failed"):
        await directory.domains.verify("rameh.example")


async def test_services_are_set(graph: Any, directory: Directory) -> None:
    graph.on("PATCH", "/domains/rameh.example", graph.ok(status=204))
    await directory.domains.set_services("rameh.example", ("Email",))
    assert json.loads(graph.requests[0].body) == {"supportedServices": ["Email"]}


async def test_service_records_come_as_dns_records(
    graph: Any, directory: Directory
) -> None:
    name = "rameh.example"
    email = {"supportedService": "Email", "ttl": 600}
    graph.on(
        "GET",
        f"/domains/{name}/serviceConfigurationRecords",
        graph.page(
            email
            | {"recordType": "Mx", "label": name, "mailExchange": "mx.example"}
            | {"preference": 0},
            email | {"recordType": "Txt", "label": name, "text": "v=spf1 -all"},
            email
            | {"recordType": "CName", "label": f"autodiscover.{name}"}
            | {"canonicalName": "autodiscover.example"},
            {"supportedService": "Yammer", "recordType": "Txt", "label": name}
            | {"text": "x"},
            email | {"recordType": "Srv", "label": name},
        ),
    )
    assert await directory.domains.service_records(name) == (
        DnsRecord(name, "MX", "mx.example", 0, 600),
        DnsRecord(name, "TXT", "v=spf1 -all", 0, 600),
        DnsRecord(f"autodiscover.{name}", "CNAME", "autodiscover.example", 0, 600),
    )
