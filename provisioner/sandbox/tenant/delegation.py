"""Tokens for people: a code becomes tokens, a refresh token new ones, and who it is.

Codes and refresh tokens are sealed by the mint and kept nowhere, so they outlive a restart.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from provisioner.sandbox.tenant.account import Account, value_of
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.discovery import plain
from provisioner.sandbox.tenant.oauth_errors import refused
from provisioner.sandbox.tenant.refusal import bad_token
from provisioner.sandbox.tenant.tokens import GRAPH, LIFETIME, id_claims

CODE_LIFE = 600.0
_REFRESH_LIFE = 90 * 86400.0


def code_for(
    call: Call, directory: Directory, account: Account, wishes: dict[str, str]
) -> str:
    """An authorization code for a person; `wishes` are the options of `/authorize`."""
    content = {
        "tid": directory.tenant_id,
        "oid": account.id,
        "redirect": wishes.get("redirect_uri", ""),
        "challenge": wishes.get("code_challenge", ""),
        "method": wishes.get("code_challenge_method", "plain"),
        "nonce": wishes.get("nonce", ""),
        "scope": wishes.get("scope", ""),
    }
    life = CODE_LIFE * max(call.world.clock.scale, 1.0)
    return call.world.mint.seal("code", content, call.now + life)


def redeem_code(call: Call, directory: Directory, form: dict[str, str]) -> Answer:
    """Tokens for a code, once, to whom knows its verifier or the client's secret."""
    mint = call.world.mint
    content = mint.unseal("code", form.get("code", ""), call.now)
    if content is None or content["tid"] != directory.tenant_id:
        text = (
            "The provided authorization code or refresh token has expired or is none."
        )
        return refused(call, 400, "invalid_grant", 70008, text)
    if content["redirect"] != form.get("redirect_uri", ""):
        text = "Reply address does not match that of the authorization request."
        return refused(call, 400, "invalid_grant", 500112, text)
    challenge, verifier = content["challenge"], form.get("code_verifier", "")
    if challenge and not _verified(challenge, content["method"], verifier):
        text = (
            "The Code_Verifier does not match the code_challenge supplied in the"
            " authorization request."
        )
        return refused(call, 400, "invalid_grant", 501481, text)
    if not challenge and "client_secret" not in form and "client_assertion" not in form:
        text = "The request body must contain: 'client_assertion' or 'client_secret'."
        return refused(call, 401, "invalid_client", 7000218, text)
    if not mint.spend(content):
        text = "OAuth2 Authorization code was already redeemed."
        return refused(call, 400, "invalid_grant", 54005, text)
    return granted(call, directory, content, content["scope"])


def refresh(call: Call, directory: Directory, form: dict[str, str]) -> Answer:
    """New tokens for a refresh token, until the person's sessions are revoked."""
    content = call.world.mint.unseal("refresh", form.get("refresh_token", ""), call.now)
    if content is None or content["tid"] != directory.tenant_id:
        text = "The refresh token has expired or is none."
        return refused(call, 400, "invalid_grant", 700082, text)
    return granted(call, directory, content, form.get("scope") or content["scope"])


def _verified(challenge: str, method: str, verifier: str) -> bool:
    if method.upper() == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(challenge.encode(), verifier.encode())


def granted(
    call: Call, directory: Directory, content: dict[str, Any], scope: str
) -> Answer:
    """Tokens for the person `content["oid"]` with these scopes, or why none."""
    account = directory.accounts.get(content["oid"])
    wrong = _barred(call, account, content)
    if wrong is not None or account is None:
        return wrong or refused(call, 400, "invalid_grant", 50034, "No such user.")
    mint = call.world.mint
    lifetime = LIFETIME * max(call.world.clock.scale, 1.0)
    scopes = _scopes(call, directory, scope)
    given: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": " ".join(one for one in scopes if one != "offline_access"),
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": mint.issue_delegated(
            directory.tenant_id,
            directory.client_id,
            call.now,
            lifetime,
            user_id=account.id,
            name=account.name,
            scopes=scopes,
        ),
    }
    if "offline_access" in scopes:
        kept = {"tid": directory.tenant_id, "oid": account.id, "scope": scope}
        kept["since"] = moment(call.now)
        given["refresh_token"] = mint.seal("refresh", kept, call.now + _REFRESH_LIFE)
    if "openid" in scopes:
        nonce = content.get("nonce", "")
        given["id_token"] = _id_token(call, directory, account, nonce)
    return plain(given)


def _barred(
    call: Call, account: Account | None, content: dict[str, Any]
) -> Answer | None:
    """Why a person gets no token any more."""
    if account is None or account.deleted is not None:
        text = "The user account does not exist in the directory."
        return refused(call, 400, "invalid_grant", 50034, text)
    if not account.properties.get("accountEnabled", True):
        text = "The user account is disabled."
        return refused(call, 400, "invalid_grant", 50057, text)
    since = content.get("since")
    if since and since < value_of(account, "signInSessionsValidFromDateTime"):
        text = "The provided grant has expired due to it being revoked."
        return refused(call, 400, "invalid_grant", 50173, text)
    return None


def _scopes(call: Call, directory: Directory, scope: str) -> list[str]:
    """Scopes without the name of Graph; `.default` are those the application has."""
    found: dict[str, None] = {}
    for one in scope.split():
        bare = one.removeprefix(f"{GRAPH}/").removeprefix(f"{call.origin}/")
        bare = bare.lstrip("/")
        found |= dict.fromkeys(directory.granted if bare == ".default" else (bare,))
    return list(found)


def _id_token(call: Call, directory: Directory, account: Account, nonce: str) -> str:
    issuer = f"{call.origin}/{directory.tenant_id}/v2.0"
    claims = id_claims(issuer, directory.client_id, LIFETIME)
    claims |= {"tid": directory.tenant_id, **_about(account, directory)}
    if roles := directory.app_roles.get(account.id):
        claims["roles"] = list(roles)
    if nonce:
        claims["nonce"] = nonce
    return call.world.mint.sign(claims)


def _about(account: Account, directory: Directory) -> dict[str, Any]:
    """The person's claims; `sub` is another one for each application."""
    subject = hashlib.sha256(f"{account.id}/{directory.client_id}".encode()).digest()
    return {
        "sub": base64.urlsafe_b64encode(subject).decode().rstrip("="),
        "oid": account.id,
        "name": account.properties.get("displayName", account.name),
        "preferred_username": account.name,
        "email": account.properties.get("mail") or account.name,
    }


def userinfo(call: Call) -> Answer:
    """Who the bearer of a delegated token is, as OpenID Connect has it."""
    _, _, token = call.headers.get("authorization", "").partition(" ")
    caller = call.world.mint.caller(token.strip(), call.now)
    directory = call.world.tenants.get(caller.tenant_id) if caller else None
    account = directory.accounts.get(caller.user_id) if directory and caller else None
    if directory is None or account is None:
        raise bad_token("The token is none of a person.")
    about = _about(account, directory)
    given = account.properties.get("givenName"), account.properties.get("surname")
    return plain({**about, "given_name": given[0], "family_name": given[1]})
