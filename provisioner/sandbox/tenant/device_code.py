"""Sign-in of a device without a browser: a code that a person types elsewhere.

Source: OAuth 2.0 device authorization grant (RFC 8628) as the vendor's identity platform
answers it. The device code is sealed and kept nowhere; what a person said to it is kept
until the process ends, as with codes that are spent.
"""

from __future__ import annotations

import secrets
from urllib.parse import parse_qsl

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.delegation import granted
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.discovery import plain
from provisioner.sandbox.tenant.oauth_errors import described, refused
from provisioner.sandbox.tenant.people_page import can_sign_in, choice
from provisioner.sandbox.tenant.signin_page import code_page, error_page, page

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_LIFE = 900
_INTERVAL = 5
# Without what people mistake for one another, and without vowels: it spells nothing.
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"  # pragma: allowlist secret
_LENGTH = 9


def begin(call: Call, directory: Directory, form: dict[str, str]) -> Answer:
    """The two codes: one for the device, one for the person to type."""
    scope = form.get("scope", "")
    if not scope:
        text = "The request body must contain the following parameter: 'scope'."
        return refused(call, 400, "invalid_request", 900144, text)
    user_code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    life = _LIFE * max(call.world.clock.scale, 1.0)
    content = {"tid": directory.tenant_id, "scope": scope, "user_code": user_code}
    device_code = call.world.mint.seal("device", content, call.now + life)
    call.world.devices.expect(user_code, directory.tenant_id, call.now + life)
    address = f"{call.origin}/common/oauth2/deviceauth"
    return plain(
        {
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": address,
            "expires_in": _LIFE,
            "interval": _INTERVAL,
            "message": "To sign in, use a web browser to open the page"
            f" {address} and enter the code {user_code} to authenticate.",
        }
    )


def poll(call: Call, directory: Directory, form: dict[str, str]) -> Answer:
    """Tokens once a person has chosen herself, and until then the word to wait."""
    mint = call.world.mint
    given = form.get("device_code") or form.get("code", "")
    content = mint.unseal("device", given, call.now)
    if content is None and mint.unseal("device", given, float("-inf")) is not None:
        text = "The code has expired. Send a new device authorization request."
        return refused(call, 400, "expired_token", 70020, text)
    if content is None or content["tid"] != directory.tenant_id:
        text = "The device code is none of ours."
        return refused(call, 400, "bad_verification_code", 70018, text)
    device = call.world.devices.find(content["user_code"], call.now)
    if device is None or (not device.user_id and not device.declined):
        text = (
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
        )
        return refused(call, 400, "authorization_pending", 70016, text)
    if device.declined:
        text = "The user declined to authenticate."
        return refused(call, 400, "authorization_declined", 70019, text)
    if not mint.spend(content):
        text = "The device code was already redeemed."
        return refused(call, 400, "invalid_grant", 54005, text)
    return granted(
        call, directory, {**content, "oid": device.user_id}, content["scope"]
    )


def approve(call: Call) -> Answer:
    """The page of the person: type the code, choose whom to be, or decline."""
    wishes = dict(call.options)
    if call.method == "POST":
        sent = call.body.decode("utf-8", "replace")
        wishes |= dict(parse_qsl(sent, keep_blank_values=True))
    code = wishes.get("user_code", "").strip().upper().replace("-", "")
    if not code:
        return code_page()
    device = call.world.devices.find(code, call.now)
    directory = call.world.tenants.get(device.tenant_id) if device else None
    if device is None or directory is None:
        return code_page("This code did not work. Check it and try again.")
    if device.user_id or device.declined:
        return code_page("This code was already used.")
    if call.method == "POST" and "decline" in wishes:
        device.declined = True
        return page("You declined", "<p>The device gets nothing. Close this page.</p>")
    chosen = wishes.get("user") if call.method == "POST" else None
    if chosen is None:
        return choice(directory, {**wishes, "user_code": code}, declines=True)
    account = directory.accounts.get(chosen)
    if account is None or not can_sign_in(account):
        text = "The user account is disabled or does not exist in the directory."
        return error_page(described(call, 50057, text))
    device.user_id = account.id
    return page(
        "You have signed in on your device", "<p>You can close this page now.</p>"
    )
