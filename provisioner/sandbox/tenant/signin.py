"""The token endpoint and the discovery documents clients ask for before it."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.tokens import (
    EXCHANGE,
    GRAPH,
    LIFETIME,
    proves_possession,
)

_JSON = "application/json; charset=utf-8"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def _json(value: dict[str, Any], status: int = 200) -> Answer:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Answer(status, msgspec.json.encode(value), headers, _JSON)


def _refused(call: Call, status: int, error: str, code: int, text: str) -> Answer:
    """An OAuth error in the vendor's words, with its AADSTS number."""
    trace, time = str(uuid.uuid4()), moment(call.now).replace("T", " ")
    correlation = call.client_request_id
    return _json(
        {
            "error": error,
            "error_description": f"AADSTS{code}: {text} Trace ID: {trace} Correlation ID:"
            f" {correlation} Timestamp: {time}",
            "error_codes": [code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{call.origin}/error?code={code}",
        },
        status,
    )


def token(call: Call) -> Answer:
    """Client credentials by secret or by certificate, for one of the world's tenants."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    directory = call.world.tenant_for(call.params[0])
    if directory is None:
        text = f"Tenant '{call.params[0]}' not found."
        return _refused(call, 400, "invalid_request", 90002, text)
    if form.get("grant_type") != "client_credentials":
        text = "The app requested an unsupported grant type."
        return _refused(call, 400, "unsupported_grant_type", 70003, text)
    client_id = form.get("client_id", "")
    if client_id.lower() != directory.client_id.lower():
        text = (
            f"Application with identifier '{client_id}' was not found in the directory."
        )
        return _refused(call, 400, "unauthorized_client", 700016, text)
    if not form.get("scope", "").endswith("/.default"):
        text = (
            "The provided value for scope is not valid; it must end with '/.default'."
        )
        return _refused(call, 400, "invalid_scope", 1002012, text)
    return _proved(call, directory, form) or _granted(call, directory, form["scope"])


def _proved(call: Call, directory: Directory, form: dict[str, str]) -> Answer | None:
    """The refusal of a client that does not prove who it is; None for one that does."""
    if form.get("client_assertion_type") == _ASSERTION:
        assertion, certificate = form.get("client_assertion", ""), directory.certificate
        if certificate and proves_possession(
            assertion, certificate, directory.client_id
        ):
            return None
        text = "Client assertion failed signature validation."
        return _refused(call, 401, "invalid_client", 700027, text)
    if _knows_secret(directory, form.get("client_secret", "")):
        return None
    text = (
        "Invalid client secret provided. Ensure the secret being sent in the request is"
        " the client secret value, not the client secret ID, for a secret added to app"
        f" '{directory.client_id}'."
    )
    return _refused(call, 401, "invalid_client", 7000215, text)


def _knows_secret(directory: Directory, secret: str) -> bool:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return hmac.compare_digest(digest, directory.secret_sha256)


def _granted(call: Call, directory: Directory, scope: str) -> Answer:
    # Clients count real seconds, and fetch anew what lasts under five minutes: on a fast
    # clock a token lives as much longer.
    lifetime = LIFETIME * max(call.world.clock.scale, 1.0)
    issued = call.world.mint.issue(
        directory.tenant_id,
        directory.client_id,
        call.now,
        lifetime,
        EXCHANGE if scope.startswith(EXCHANGE) else GRAPH,
    )
    return _json(
        {
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": issued,
        }
    )


def configuration(call: Call) -> Answer:
    """OpenID Connect discovery, with the endpoints on the host that was asked."""
    tenant = call.params[0]
    directory = call.world.tenant_for(tenant)
    if directory is None and tenant not in ("common", "organizations"):
        text = f"Tenant '{tenant}' not found."
        return _refused(call, 400, "invalid_tenant", 90002, text)
    base = f"{call.origin}/{directory.tenant_id if directory else tenant}"
    return _json(
        {
            "issuer": f"{base}/v2.0",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
            ],
            "response_types_supported": ["code", "id_token", "code id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": call.origin.partition("://")[2],
            "msgraph_host": call.origin.partition("://")[2],
        }
    )


def instance(call: Call) -> Answer:
    host = call.origin.partition("://")[2]
    tenant = next(iter(call.world.tenants), "common")
    return _json(
        {
            "tenant_discovery_endpoint": f"{call.origin}/{tenant}/v2.0/.well-known/"
            "openid-configuration",
            "api-version": "1.1",
            "metadata": [
                {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
            ],
        }
    )


def keys(call: Call) -> Answer:
    return _json(call.world.mint.jwks())
