"""One exchange through the SDK's adapter: what is sent, and what each failure means."""

from __future__ import annotations

import asyncio
import base64
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import psutil
import pytest

from provisioner.errors import (
    ForeignHost,
    PermanentProviderError,
    ProviderError,
    Throttled,
    TransientProviderError,
)
from provisioner.providers.graph.adapter import GraphAdapter, open_adapter

pytestmark = pytest.mark.anyio


async def test_a_call_says_who_asks_and_brings_raw_bytes(
    graph: Any, adapter: GraphAdapter
) -> None:
    graph.on("GET", "/users", graph.ok({"value": []}, x_ms_resource_unit="1"))
    answer = await adapter.call("GET", "/users?$top=999")
    assert (answer.status, answer.body) == (200, b'{"value": []}')
    assert answer.headers["x-ms-resource-unit"] == "1"
    (request,) = graph.requests
    assert request.query == "$top=999"
    assert request.headers["authorization"] == "Bearer token-1"
    assert request.headers["user-agent"].startswith("provisioner/")
    assert len(request.headers["client-request-id"]) == 36


async def test_hebrew_in_a_body_arrives_as_it_was_sent(
    graph: Any, adapter: GraphAdapter
) -> None:
    graph.on("PATCH", "/users/1", graph.ok(status=204))
    body = '{"displayName":"נועה כהן"}'.encode()
    answer = await adapter.call("PATCH", "/users/1", body)
    assert (answer.status, answer.body) == (204, b"")
    assert graph.requests[0].body == body
    assert graph.requests[0].headers["content-type"] == "application/json"


async def test_a_taken_address_is_told_by_the_detail_not_by_the_message(
    graph: Any, adapter: GraphAdapter
) -> None:
    detail = {"code": "ObjectConflict", "target": "userPrincipalName", "message": "x"}
    other = {"code": "InvalidValue", "target": "mailNickname"}
    graph.on(
        "POST",
        "/users",
        graph.fails(400, "Request_BadRequest", "Another object", [other, detail]),
    )
    with pytest.raises(PermanentProviderError) as caught:
        await adapter.call("POST", "/users", b"{}")
    error = caught.value
    assert (error.status, error.code) == (400, "ObjectConflict")
    assert error.target == "userPrincipalName"
    assert str(error).startswith("POST /users: 400 ObjectConflict Another object")


async def test_details_that_are_an_object_do_no_harm(
    graph: Any, adapter: GraphAdapter
) -> None:
    body = {"error": {"code": "NotFound", "message": "m", "details": {"target": "x"}}}
    graph.on("GET", "/a", graph.ok(body, status=404))
    with pytest.raises(PermanentProviderError) as caught:
        await adapter.call("GET", "/a")
    assert caught.value.code == "NotFound"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "TooManyRequests"),
        (500, "InternalServerError"),
        (502, ""),
        (503, "ServiceUnavailable"),
        (504, ""),
        (507, ""),
        (408, ""),
        (409, "Directory_ConcurrencyViolation"),
    ],
)
async def test_what_may_pass_is_transient(
    graph: Any, adapter: GraphAdapter, status: int, code: str
) -> None:
    graph.on("GET", "/users", graph.fails(status, code))
    with pytest.raises(TransientProviderError) as caught:
        await adapter.call("GET", "/users")
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.ambiguous == (status >= 500 or status == 408)
    assert len(graph.requests) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 412, 501])
async def test_what_a_person_must_change_is_permanent(
    graph: Any, adapter: GraphAdapter, status: int
) -> None:
    graph.on("GET", "/users", graph.fails(status, "Some_Code"))
    with pytest.raises(PermanentProviderError) as caught:
        await adapter.call("GET", "/users")
    assert caught.value.status == status


@pytest.mark.parametrize("status", [200, 403, 404, 502])
async def test_a_gateways_page_says_nothing_about_the_object(
    graph: Any, adapter: GraphAdapter, status: int
) -> None:
    graph.on("GET", "/users/1", graph.html(status))
    with pytest.raises(TransientProviderError):
        await adapter.call("GET", "/users/1")


async def test_a_fractional_wait_is_taken_at_its_word(
    graph: Any, adapter: GraphAdapter
) -> None:
    graph.on("GET", "/users", graph.fails(429, "TooManyRequests", retry_after="2.128"))
    with pytest.raises(Throttled) as caught:
        await adapter.call("GET", "/users")
    assert caught.value.seconds == caught.value.retry_after == 2.128
    assert not caught.value.ambiguous


async def test_a_wait_may_be_a_date(graph: Any, adapter: GraphAdapter) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    graph.on("GET", "/users", graph.fails(503, retry_after=until))
    with pytest.raises(TransientProviderError) as caught:
        await adapter.call("GET", "/users")
    assert 55 < (caught.value.retry_after or 0) <= 60


async def test_a_wait_that_is_no_number_counts_as_none(
    graph: Any, adapter: GraphAdapter
) -> None:
    graph.on("GET", "/users", graph.fails(503, retry_after="soon"))
    with pytest.raises(TransientProviderError) as caught:
        await adapter.call("GET", "/users")
    assert caught.value.retry_after is None


async def test_a_create_answered_503_is_not_sent_again_by_the_sdk(
    graph: Any, adapter: GraphAdapter
) -> None:
    graph.on("POST", "/users", graph.fails(503, retry_after="0"))
    with pytest.raises(TransientProviderError) as caught:
        await adapter.call("POST", "/users", b"{}")
    assert caught.value.ambiguous
    assert len(graph.requests) == 1


async def test_a_connection_cut_in_the_answer_leaves_doubt(
    graph: Any, adapter: GraphAdapter
) -> None:
    graph.on("POST", "/users", graph.cut({"id": "1"}))
    with pytest.raises(TransientProviderError) as caught:
        await adapter.call("POST", "/users", b"{}")
    assert caught.value.ambiguous


async def test_a_time_out_leaves_doubt(graph: Any, credential: Any) -> None:
    graph.on("POST", "/users", graph.slow(1.0))
    adapter = open_adapter(credential, base_url=graph.url, timeout=0.1)
    with pytest.raises(TransientProviderError) as caught:
        await adapter.call("POST", "/users", b"{}")
    assert caught.value.ambiguous
    await adapter.close()


async def test_a_refused_connection_leaves_no_doubt(credential: Any) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}/v1.0"
        adapter = open_adapter(credential, base_url=url)
        with pytest.raises(TransientProviderError) as caught:
            await adapter.call("POST", "/users", b"{}")
        await adapter.close()
    assert not caught.value.ambiguous


async def test_a_server_whose_certificate_nobody_knows_is_not_spoken_to(
    tls_graph: Any, credential: Any
) -> None:
    adapter = open_adapter(credential, base_url=tls_graph.url)
    with pytest.raises(PermanentProviderError, match="certificate is not trusted"):
        await adapter.call("GET", "/users")
    assert tls_graph.requests == []
    await adapter.close()


async def test_a_private_authority_can_be_named(
    tls_graph: Any, credential: Any, ca_file: str
) -> None:
    tls_graph.on("GET", "/users", tls_graph.page())
    adapter = open_adapter(credential, base_url=tls_graph.url, ca_file=ca_file)
    assert (await adapter.call("GET", "/users")).status == 200
    await adapter.close()


async def test_a_link_of_graph_is_followed_as_it_is(
    graph: Any, adapter: GraphAdapter
) -> None:
    graph.on("GET", "/users", graph.page())
    await adapter.call("GET", f"{graph.url}/users?$skiptoken=a%2Bb")
    assert graph.requests[0].query == "$skiptoken=a%2Bb"


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.microsoft.evil.example/v1.0/users",
        "http://127.0.0.1:1/v1.0/users",
        "https://127.0.0.1:{port}/v1.0/users",
        "http://127.0.0.1:{port}@evil.example/v1.0/users",
        "http://localhost:{port}/v1.0/users",
        "//evil.example/v1.0/users",
        "http://[bad/users",
        "http://127.0.0.1:99999/users",
        "users",
        "",
    ],
)
async def test_a_link_to_anywhere_else_is_refused_before_anything_is_sent(
    graph: Any, adapter: GraphAdapter, credential: Any, link: str
) -> None:
    port = graph.url.split(":")[2].split("/")[0]
    with pytest.raises(ForeignHost):
        await adapter.call("GET", link.format(port=port))
    assert (credential.claims, graph.requests) == ([], [])


async def test_a_redirect_within_graph_is_followed(
    graph: Any, adapter: GraphAdapter
) -> None:
    graph.on("GET", "/old", graph.ok(status=302, location=f"{graph.url}/new"))
    graph.on("GET", "/new", graph.ok({"value": [1]}))
    answer = await adapter.call("GET", "/old")
    assert answer.body == b'{"value": [1]}'
    assert graph.requests[1].headers["authorization"] == "Bearer token-1"


async def test_a_redirect_to_another_host_is_refused_before_it_is_asked(
    graph: Any, elsewhere: Any, adapter: GraphAdapter
) -> None:
    graph.on("POST", "/a", graph.ok(status=307, location=f"{elsewhere.url}/a"))
    with pytest.raises(ForeignHost):
        await adapter.call("POST", "/a", b'{"passwordProfile":{}}')
    assert elsewhere.requests == []


async def test_a_redirect_in_a_circle_ends(graph: Any, adapter: GraphAdapter) -> None:
    graph.on("GET", "/a", graph.ok(status=302, location=f"{graph.url}/a"))
    with pytest.raises(ProviderError):
        await adapter.call("GET", "/a")
    assert len(graph.requests) < 20


async def test_a_challenge_of_continuous_access_fetches_a_token_with_its_claims(
    graph: Any, adapter: GraphAdapter, credential: Any
) -> None:
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    challenge = base64.b64encode(claims.encode()).decode()
    header = f'Bearer realm="", error="insufficient_claims", claims="{challenge}"'
    refused = graph.fails(401, "InvalidAuthenticationToken", www_authenticate=header)
    graph.on("GET", "/users", refused, graph.page())
    assert (await adapter.call("GET", "/users")).status == 200
    assert credential.claims == [None, claims]
    assert graph.requests[1].headers["authorization"] == "Bearer token-2"


async def test_a_challenge_that_makes_no_sense_is_an_error_not_a_crash(
    graph: Any, adapter: GraphAdapter
) -> None:
    header = 'Bearer error="insufficient_claims", claims="a"'
    graph.on("GET", "/users", graph.fails(401, www_authenticate=header))
    with pytest.raises(PermanentProviderError):
        await adapter.call("GET", "/users")


async def test_a_revoked_token_is_renewed_once(
    graph: Any, adapter: GraphAdapter
) -> None:
    refused = graph.fails(401, "InvalidAuthenticationToken")
    graph.on("GET", "/users", refused, graph.page())
    assert (await adapter.call("GET", "/users")).status == 200
    tokens = [one.headers["authorization"] for one in graph.requests]
    assert tokens == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_refused_twice_is_an_error(
    graph: Any, adapter: GraphAdapter
) -> None:
    graph.on("GET", "/users", graph.fails(401, "InvalidAuthenticationToken"))
    with pytest.raises(PermanentProviderError, match="client secret or certificate"):
        await adapter.call("GET", "/users")
    assert len(graph.requests) == 2


async def test_eight_callers_share_one_token_and_one_renewal(
    graph: Any, adapter: GraphAdapter, credential: Any
) -> None:
    def answer(request: Any) -> Any:
        stale = request.headers["authorization"] == "Bearer token-1"
        return graph.fails(401, "Expired") if stale else graph.page()

    graph.on("GET", "/users", answer)
    await asyncio.gather(*(adapter.call("GET", "/users") for _ in range(8)))
    assert len(credential.claims) == 2


async def test_closing_leaves_no_connection_open(graph: Any, credential: Any) -> None:
    graph.on("GET", "/users", graph.page())
    adapter = open_adapter(credential, base_url=graph.url)
    await adapter.call("GET", "/users")
    port = int(graph.url.split(":")[2].split("/")[0])

    def ours() -> list[Any]:
        connections = psutil.Process().net_connections("tcp4")
        return [one for one in connections if one.raddr and one.raddr.port == port]

    assert ours()
    await adapter.close()
    assert not [one for one in ours() if one.status == psutil.CONN_ESTABLISHED]
    assert credential.closed


@pytest.mark.parametrize(
    "url", ["http://graph.microsoft.com/v1.0", "http://127.0.0.2/v1.0", "graph", ""]
)
async def test_a_plain_base_url_is_refused(credential: Any, url: str) -> None:
    with pytest.raises(PermanentProviderError, match="not https"):
        open_adapter(credential, base_url=url)
