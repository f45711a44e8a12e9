"""The token endpoint: for applications by secret or certificate, for people by a code."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from urllib.parse import parse_qsl, unquote

from provisioner.sandbox.tenant.assertions import disproof
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.delegation import redeem_code, refresh
from provisioner.sandbox.tenant.device_code import GRANT, begin, poll
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.discovery import plain
from provisioner.sandbox.tenant.kept import Client
from provisioner.sandbox.tenant.oauth_errors import refused
from provisioner.sandbox.tenant.objects import principal_id
from provisioner.sandbox.tenant.tokens import GRAPH, LIFETIME, id_claims

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEFAULT = "/.default"
_GRANTS = ("client_credentials", "authorization_code", "refresh_token", GRANT)


def token(call: Call) -> Answer:
    """Tokens by client credentials, authorization code, refresh token or device code."""
    form = _form(call)
    found = _registered(call, form)
    if isinstance(found, Answer):
        return found
    directory, grant = found, form.get("grant_type")
    client = directory.clients.get(form["client_id"].lower())
    if grant not in _GRANTS:
        text = "The app requested an unsupported grant type."
        return refused(call, 400, "unsupported_grant_type", 70003, text)
    if client is not None and grant != "client_credentials":
        text = "The client is not permitted to request a token by this grant."
        return refused(call, 400, "unauthorized_client", 700054, text)
    if grant == "client_credentials":
        return _for_application(call, directory, form)
    # A public client has nothing to prove but its code verifier or its refresh token.
    if "client_secret" in form or "client_assertion" in form:
        wrong = _proved(call, directory, form)
        if wrong is not None:
            return wrong
    if grant == "authorization_code":
        return redeem_code(call, directory, form)
    if grant == GRANT:
        return poll(call, directory, form)
    return refresh(call, directory, form)


def device_code(call: Call) -> Answer:
    """The start of a sign-in for a device without a browser."""
    form = _form(call)
    found = _registered(call, form)
    return found if isinstance(found, Answer) else begin(call, found, form)


def _registered(call: Call, form: dict[str, str]) -> Directory | Answer:
    """The tenant of the path in which the application is; the refusal where it is not."""
    directory = call.world.tenant_for(call.params[0]) or _home(call, form)
    if directory is None:
        text = f"Tenant '{call.params[0]}' not found."
        return refused(call, 400, "invalid_request", 90002, text)
    client_id = form.get("client_id", "")
    if client_id.lower() not in (directory.client_id.lower(), *directory.clients):
        text = (
            f"Application with identifier '{client_id}' was not found in the directory."
        )
        return refused(call, 400, "unauthorized_client", 700016, text)
    return directory


def _form(call: Call) -> dict[str, str]:
    """The form sent; the client may name itself in the Authorization header instead."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(credentials).decode()
        except (binascii.Error, UnicodeDecodeError):
            return form
        name, _, secret = pair.partition(":")
        form.setdefault("client_id", unquote(name))
        form.setdefault("client_secret", unquote(secret))
    return form


def _home(call: Call, form: dict[str, str]) -> Directory | None:
    """Of `common` and `organizations`: the tenant that the application is of."""
    if call.params[0].lower() not in ("common", "organizations"):
        return None
    return tenant_of_client(call, form.get("client_id", ""))


def tenant_of_client(call: Call, client_id: str) -> Directory | None:
    """The tenant in which this application is registered."""
    for directory in call.world.tenants.values():
        known = (directory.client_id.lower(), *directory.clients)
        if client_id.lower() in known:
            return directory
    return None


def _for_application(call: Call, directory: Directory, form: dict[str, str]) -> Answer:
    scope = form.get("scope", "")
    if not scope.endswith(_DEFAULT):
        text = (
            "The provided value for scope is not valid; it must end with '/.default'."
        )
        return refused(call, 400, "invalid_scope", 1002012, text)
    wrong = _proved(call, directory, form)
    if wrong is not None:
        return wrong
    resource = scope.removesuffix(_DEFAULT)
    client = directory.clients.get(form["client_id"].lower())
    if resource.removeprefix("api://").lower() == directory.client_id.lower():
        issued = _for_our_api(call, directory, client)
    else:
        issued = _for_graph(call, directory, client, resource)
    return plain(
        {
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": issued,
        }
    )


def _for_graph(
    call: Call, directory: Directory, client: Client | None, resource: str
) -> str:
    # Clients count real seconds, and fetch anew what lasts under five minutes: on a fast
    # clock a token lives as much longer.
    lifetime = LIFETIME * max(call.world.clock.scale, 1.0)
    return call.world.mint.issue(
        directory.tenant_id,
        client.client_id if client else directory.client_id,
        call.now,
        lifetime,
        _audience(call, resource),
        roles=() if client else directory.granted,
    )


def _for_our_api(call: Call, directory: Directory, client: Client | None) -> str:
    """A token of version 2 for the tenant's own application, with the app roles there.

    The application may ask for itself; it has no role of its own.
    """
    caller = client.client_id if client else directory.client_id
    principal = client.id if client else principal_id(directory)
    issuer = f"{call.origin}/{directory.tenant_id}/v2.0"
    claims = id_claims(issuer, directory.client_id, LIFETIME)
    claims |= {"tid": directory.tenant_id, "azp": caller, "azpacr": "1"}
    claims |= {"oid": principal, "sub": principal, "uti": uuid.uuid4().hex[:22]}
    if client and client.roles:
        claims["roles"] = list(client.roles)
    return call.world.mint.sign(claims)


def _audience(call: Call, resource: str) -> str:
    """What a token is for; this host stands for Graph under its own name too."""
    resource = resource.rstrip("/")
    return GRAPH if resource == call.origin else resource


def _proved(call: Call, directory: Directory, form: dict[str, str]) -> Answer | None:
    """The refusal of a client that does not prove who it is; None for one that does."""
    own = form["client_id"].lower() == directory.client_id.lower()
    if own and form.get("client_assertion_type") == _ASSERTION:
        wrong = disproof(
            form.get("client_assertion", ""),
            directory.certificate,
            directory.client_id,
        )
        if not wrong:
            return None
        text = f"Client assertion failed signature validation. {wrong}"
        return refused(call, 401, "invalid_client", 700027, text)
    client = directory.clients.get(form["client_id"].lower())
    known = client.secret_sha256 if client else directory.secret_sha256
    if _knows_secret(known, form.get("client_secret", "")):
        return None
    text = (
        "Invalid client secret provided. Ensure the secret being sent in the request is"
        " the client secret value, not the client secret ID, for a secret added to app"
        f" '{form['client_id']}'."
    )
    return refused(call, 401, "invalid_client", 7000215, text)


def _knows_secret(known: str, secret: str) -> bool:
    """Whether this is the secret of which only a digest is known."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return hmac.compare_digest(digest, known)
