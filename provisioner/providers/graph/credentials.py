"""Signing in to a tenant by azure-identity, and one token shared by all calls."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    TransientProviderError,
)
from provisioner.model.cluster import Tenant
from provisioner.providers.graph.permissions import roles_of
from provisioner.settings import resolve_secret

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.core.credentials_async import AsyncTokenCredential

Credential: TypeAlias = "AsyncTokenCredential"
"""What signs in to a tenant."""

_REFRESH_BEFORE = 300.0
# The code of a sign-in that failed for no reason with a number of its own.
SIGN_IN = "sign-in"

# learn.microsoft.com/entra/identity-platform/reference-error-codes
_MEANINGS = {
    "AADSTS7000215": "the client secret is wrong",
    "AADSTS7000222": "the client secret has expired",
    "AADSTS90002": "there is no such tenant",
    "AADSTS900023": "the tenant id is malformed",
    "AADSTS700016": "the application is not registered in this tenant",
    "AADSTS7000112": "the application is disabled in this tenant",
    "AADSTS700027": "the certificate is not registered there or has expired",
    "AADSTS700024": "the certificate's assertion is outside its time; check this clock",
    "AADSTS1000502": "the certificate has expired",
    "AADSTS53003": "a Conditional Access policy blocks the application",
}
_PASSING = frozenset({"AADSTS90033", "AADSTS50196", "temporarily_unavailable"})


def credential(
    tenant: Tenant,
    *,
    authority: str,
    ca_file: str = "",
    client_secret: str | None = None,
) -> AsyncTokenCredential:
    """The credential of a tenant, by certificate (PEM with its key) or client secret.

    `authority` is an https base URL; `ca_file` holds the CA of a private one;
    `client_secret` stands in for the tenant's references (the sandbox makes its own up).
    Raises `SettingsInvalid` for a reference that leads nowhere and
    `PermanentProviderError` for what can be seen to be wrong without asking; neither
    ever names the secret.
    """
    from azure.core.pipeline.transport import AsyncioRequestsTransport
    from azure.identity.aio import CertificateCredential, ClientSecretCredential

    # The library warns on its own of what is raised from here in one sentence.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
    options: dict[str, Any] = {
        "authority": authority,
        "retry_total": 3,
        "retry_backoff_factor": 0.4,
        # msal loads requests at any rate; aiohttp, the default, would come on top.
        "transport": AsyncioRequestsTransport(
            connection_timeout=10, read_timeout=30, connection_verify=ca_file or True
        ),
    }
    try:
        if tenant.certificate and not client_secret:
            pem = resolve_secret(tenant.certificate).encode()
            _refuse_expired(tenant, pem)
            return CertificateCredential(
                tenant.tenant_id, tenant.client_id, certificate_data=pem, **options
            )
        secret = client_secret or resolve_secret(tenant.client_secret)
        return ClientSecretCredential(
            tenant.tenant_id, tenant.client_id, secret, **options
        )
    except (ValueError, TypeError) as error:
        # Raised by the library before any call; its text is about ids, URLs or the PEM.
        raise _refused(tenant.name, str(error).splitlines()[0]) from None


def _refuse_expired(tenant: Tenant, pem: bytes) -> None:
    from cryptography import x509

    ends = x509.load_pem_x509_certificate(pem).not_valid_after_utc
    if ends < datetime.now(UTC):
        raise _refused(tenant.name, f"the certificate expired on {ends:%Y-%m-%d}")


def _refused(tenant: str, why: str) -> PermanentProviderError:
    return PermanentProviderError(
        f"Sign-in to tenant {tenant} failed: {why.rstrip('.')}.",
        remedy="Correct the tenant in cluster.yml or renew its secret or certificate.",
        status=401,
        code=SIGN_IN,
    )


def sign_in_fault(tenant: str, error: Exception) -> ProviderError:
    """What azure-identity's error means, in one sentence without the secret."""
    from azure.core.exceptions import ClientAuthenticationError

    text = str(error)
    found = re.search(r"AADSTS\d+", text)
    code = found.group() if found else ""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return _refused(tenant, "the authority's TLS certificate is not trusted")
    busy = any(word in text for word in _PASSING)
    known = isinstance(error, ClientAuthenticationError) and not busy
    if known and (status is None or (status < 500 and status != 429)):
        refused = _refused(tenant, _MEANINGS.get(code, "") or _first_sentence(text))
        refused.code = code or SIGN_IN
        return refused
    return TransientProviderError(
        f"Sign-in to tenant {tenant}: no answer ({type(error).__name__}).",
        status=status,
        code=code,
    )


def _first_sentence(text: str) -> str:
    said = re.search(r"AADSTS\d+.*", text)
    return re.split(
        r" Trace ID:|[\r\n]|(?<=\w)\. ", said.group() if said else text, maxsplit=1
    )[0]


class SharedToken:
    """A credential around another: one token for all, fetched by one at a time.

    azure-identity searches its cache on every call and, asked by eight callers at once,
    signs in eight times.
    """

    def __init__(self, inner: AsyncTokenCredential, tenant: str = "") -> None:
        self._inner = inner
        self._tenant = tenant or "(unnamed)"
        self._lock = asyncio.Lock()
        self._token: AccessToken | None = None
        self._fresh_until = 0.0

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **options: Any,
    ) -> AccessToken:
        """The shared token; `claims` (a CAE challenge) always fetches a new one."""
        seen = self._token
        if claims is None and seen is not None and time.time() < self._fresh_until:
            return seen
        async with self._lock:
            if self._token is not None and self._token is not seen:
                return self._token
            return await self._fetch(*scopes, claims=claims, enable_cae=enable_cae)

    async def renew(self, spent: str, *scopes: str) -> None:
        """Replace the token `spent`, unless another caller has already done so."""
        async with self._lock:
            if self._token is None or self._token.token != spent:
                return
            # Any claims make azure-identity pass over its cache.
            await self._fetch(*scopes, claims="{}", enable_cae=True)

    @property
    def roles(self) -> frozenset[str] | None:
        """The permissions that the token names; None before a sign-in, or unknown."""
        return roles_of(self._token.token) if self._token is not None else None

    async def _fetch(self, *scopes: str, **options: Any) -> AccessToken:
        from azure.core.exceptions import AzureError

        try:
            token = await self._inner.get_token(*scopes, **options)
        except AzureError as error:
            raise sign_in_fault(self._tenant, error) from None
        lifetime = token.expires_on - time.time()
        self._fresh_until = token.expires_on - min(_REFRESH_BEFORE, lifetime / 2)
        self._token = token
        return token

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the inner credential's own sockets."""
        await self._inner.close()
