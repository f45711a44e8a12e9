"""One HTTP exchange with Graph through the official SDK's adapter, in raw bytes.

Sign-in, Continuous Access Evaluation and redirects are the SDK's. Its typed models, its
page iterator and its batch classes are not used (docs/decisions), and its retries are
switched off: they ignore a fractional `Retry-After`, send creates again and cannot be
shared between callers; `limiter` and `sender` do that instead.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from provisioner import __version__
from provisioner.errors import PermanentProviderError
from provisioner.providers.graph.credentials import SharedToken
from provisioner.providers.graph.endpoint import Endpoint
from provisioner.providers.graph.faults import fault, no_answer, unreadable

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials_async import AsyncTokenCredential
    from msgraph.graph_request_adapter import GraphRequestAdapter

_CONNECT_SECONDS = 10.0
_CONNECTIONS = 16


class Answer(Struct, frozen=True, gc=False):
    """A successful answer; header names are lower case, the body is empty on 204."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class GraphAdapter:
    """The SDK's request adapter of one tenant and one event loop."""

    def __init__(
        self,
        sdk: GraphRequestAdapter,
        client: httpx.AsyncClient,
        transport: httpx.AsyncHTTPTransport,
        token: SharedToken,
        endpoint: Endpoint,
    ) -> None:
        self._sdk = sdk
        self._client = client
        self._transport = transport
        self._token = token
        self._endpoint = endpoint
        self._options = _request_options(endpoint)
        self.base_url = endpoint.base_url
        self.calls = 0

    def absolute(self, url: str) -> str:
        """A path under the base URL made absolute; raises `ForeignHost`."""
        return self._endpoint.absolute(url)

    @property
    def granted(self) -> frozenset[str] | None:
        """The application permissions of the token in use; None where unknown."""
        return self._token.roles

    async def call(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; `url` is `/users…` under the base URL or a link Graph gave.

        Raises `TransientProviderError` or `PermanentProviderError` for whatever is no
        success, and `ForeignHost` before anything is sent where `url` leads elsewhere.
        """
        import httpx
        from kiota_http._exceptions import RedirectError

        absolute = self._endpoint.absolute(url)
        where = f"{method} {self._endpoint.path(absolute)}"
        try:
            response = await self._attempt(method, absolute, body, headers)
        except httpx.RequestError as error:
            raise _transport_fault(where, error) from error
        except (RedirectError, ValueError) as error:
            # The SDK's words for redirects in a circle and for a garbled challenge.
            raise PermanentProviderError(f"{where}: {error}") from error
        if response.status_code >= 300:
            raise fault(where, response.status_code, response.headers, response.content)
        if "html" in response.headers.get("content-type", "").lower():
            raise unreadable(where, "an HTML page")
        return Answer(response.status_code, response.headers, response.content)

    async def _attempt(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Response:
        """One exchange, and a second one with a new token where the first was revoked.

        The SDK renews on a CAE challenge only; a plain 401 it would hand on.
        """
        response = await self._exchange(method, url, body, headers)
        bearer = response.request.headers.get("Authorization", "")
        spent = bearer.removeprefix("Bearer ")
        if response.status_code == 401 and spent:
            await self._token.renew(spent, self._endpoint.scope)
            response = await self._exchange(method, url, body, headers)
        return response

    async def _exchange(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Response:
        from kiota_abstractions.method import Method
        from kiota_abstractions.request_information import RequestInformation

        request = RequestInformation()
        request.http_method = Method(method)
        request.url = url
        request.headers.try_add("Accept", "application/json")
        request.headers.try_add("client-request-id", str(uuid.uuid4()))
        for name, value in (headers or {}).items():
            request.headers.try_add(name, value)
        if body is not None:
            request.set_stream_content(body, "application/json")
        request.add_request_options(self._options)
        self.calls += 1
        # With a response handler among the options the SDK returns the raw response.
        response: Any = await self._sdk.send_primitive_async(request, "bytes", None)
        return response  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Close the pooled sockets and the credential's.

        The SDK's transport has no close of its own, so that of the client does nothing.
        """
        await self._client.aclose()
        await self._transport.aclose()
        await self._token.close()


def open_adapter(
    credential: AsyncTokenCredential,
    *,
    base_url: str,
    hosts: tuple[str, ...] = (),
    timeout: float = 60.0,
    ca_file: str = "",
    tenant: str = "",
    cloud: str = "graph.microsoft.com",
) -> GraphAdapter:
    """An adapter for `base_url` (https, or http on loopback) in the running event loop.

    `hosts` are those that may be sent the token, that of `base_url` unless given;
    `timeout` is in seconds and for each answer; `tenant` is named in errors; `cloud` is
    the host that a sandbox stands in for. The adapter owns the credential from now on.
    """
    import httpx
    from kiota_authentication_azure.azure_identity_authentication_provider import (
        AzureIdentityAuthenticationProvider,
    )
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]

    endpoint = Endpoint(base_url.rstrip("/"), ca_file, cloud)
    transport = httpx.AsyncHTTPTransport(
        verify=endpoint.tls(),
        limits=httpx.Limits(
            max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS
        ),
        # httpx looks for the environment's proxy only without a transport of our own.
        proxy=endpoint.proxy(),
    )
    client = httpx.AsyncClient(
        transport=transport,
        timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        headers={"User-Agent": f"provisioner/{__version__}"},
    )
    client = GraphClientFactory.create_with_default_middleware(client=client)
    token = SharedToken(credential, tenant)
    provider = AzureIdentityAuthenticationProvider(
        token,
        scopes=[endpoint.scope],
        allowed_hosts=list(hosts) or [endpoint.host],
    )
    sdk = GraphRequestAdapter(provider, client)
    sdk.base_url = endpoint.base_url
    return GraphAdapter(sdk, client, transport, token, endpoint)


def _request_options(endpoint: Endpoint) -> list[Any]:
    """Options of every request: raw responses, no SDK retries, no foreign redirects."""
    from kiota_abstractions.native_response_handler import NativeResponseHandler
    from kiota_http.middleware.options import (
        RedirectHandlerOption,
        ResponseHandlerOption,
        RetryHandlerOption,
    )

    def check(new_request: httpx.Request, _: httpx.URL) -> None:
        # The SDK takes the token off, but would still send body and address elsewhere.
        endpoint.refuse_foreign(str(new_request.url))

    return [
        ResponseHandlerOption(NativeResponseHandler()),
        RetryHandlerOption(should_retry=False),
        RedirectHandlerOption(
            allow_redirect_on_scheme_change=True, scrub_sensitive_headers=check
        ),
    ]


def _transport_fault(where: str, error: httpx.RequestError) -> Exception:
    import httpx

    text = str(error)
    if re.search("CERTIFICATE_VERIFY_FAILED|certificate verify failed", text):
        return PermanentProviderError(
            f"{where}: the server's TLS certificate is not trusted ({text}).",
            remedy="Check the base URL, or name the CA file of a private one.",
        )
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return no_answer(where, error, sent=not isinstance(error, unsent))
