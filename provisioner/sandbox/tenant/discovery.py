"""The documents clients ask for before they sign in, and after it, beside Graph."""

from __future__ import annotations

from typing import Any

import msgspec

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.oauth_errors import refused
from provisioner.sandbox.tenant.tokens import GRAPH

JSON = "application/json; charset=utf-8"


def plain(value: Any, status: int = 200) -> Answer:
    """A document that no cache shall keep."""
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Answer(status, msgspec.json.encode(value), headers, JSON)


def configuration(call: Call) -> Answer:
    """OpenID Connect discovery, with the endpoints on the host that was asked."""
    tenant = call.params[0]
    directory = call.world.tenant_for(tenant)
    if directory is None and tenant not in ("common", "organizations"):
        text = f"Tenant '{tenant}' not found."
        return refused(call, 400, "invalid_tenant", 90002, text)
    known = directory.tenant_id if directory else "{tenantid}"
    base = f"{call.origin}/{directory.tenant_id if directory else tenant}"
    host = call.origin.partition("://")[2]
    return plain(
        {
            "issuer": f"{call.origin}/{known}/v2.0",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "userinfo_endpoint": f"{call.origin}/oidc/userinfo",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "client_secret_basic",
                "private_key_jwt",
            ],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code"],
            "grant_types_supported": [
                "authorization_code",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code",
            ],
            "code_challenge_methods_supported": ["plain", "S256"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "claims_supported": [
                *("sub", "iss", "aud", "exp", "iat", "nonce", "ver"),
                *("oid", "tid", "name", "preferred_username", "email"),
            ],
            "tenant_region_scope": "EU",
            "cloud_instance_name": host,
            "msgraph_host": host,
        }
    )


def instance(call: Call) -> Answer:
    """Instance discovery: this host is a cloud of its own."""
    host = call.origin.partition("://")[2]
    tenant = next(iter(call.world.tenants), "common")
    return plain(
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
    return plain(call.world.mint.jwks())


def endpoints(call: Call) -> Answer:
    """This cloud as the resource manager tells the vendor's tools.

    The version of 2019 answers a list, those before and after it one cloud.
    """
    root = f"{call.origin}/"
    signing_in = {"loginEndpoint": call.origin, "audiences": [root, GRAPH]}
    version = call.options.get("api-version", "")
    if version == "2015-01-01":
        named = ("galleryEndpoint", "graphEndpoint", "portalEndpoint")
        return plain({**dict.fromkeys(named, root), "authentication": signing_in})
    services = (
        *("portal", "resourceManager", "graph", "graphAudience", "gallery", "media"),
        *("microsoftGraphResourceId", "activeDirectoryDataLake", "batch"),
        *("sqlManagement", "vmImageAliasDoc"),
    )
    cloud = {
        "name": "ProvisionerSandbox",
        "authentication": {
            **signing_in,
            "tenant": "common",
            "identityProvider": "AAD",
        },
        **dict.fromkeys(services, root),
        "suffixes": {},
    }
    return plain([cloud] if version == "2019-05-01" else cloud)


def subscriptions(call: Call) -> Answer:
    """The tenants here own no subscription of the vendor's cloud; tools ask for them
    when they sign in."""
    return plain({"value": []})
