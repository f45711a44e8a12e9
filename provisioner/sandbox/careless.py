"""What people do to a tenant and its DNS without telling anybody.

Each function goes through the tenant's own Graph API or the DNS host, picks a person of
`domain` where none is named, and answers with a sentence that says what was done.
"""

from __future__ import annotations

import secrets

from provisioner.errors import SandboxError
from provisioner.sandbox.outsider import call, desk_of, order, signed_in, tenant_of
from provisioner.sandbox.state import SandboxState


def edit_title(
    state: SandboxState, *, person: str = "", domain: str = "", value: str = "Wizard"
) -> str:
    """Somebody gives a person another job title."""
    with desk_of(state, person, domain) as (client, user):
        call(client, "PATCH", f"users/{user['id']}", {"jobTitle": value})
        return f"{user['userPrincipalName']} is now called {value!r}."


def disable_account(state: SandboxState, *, person: str = "", domain: str = "") -> str:
    """Somebody switches a person's account off."""
    with desk_of(state, person, domain) as (client, user):
        call(client, "PATCH", f"users/{user['id']}", {"accountEnabled": False})
        return f"{user['userPrincipalName']} can no longer sign in."


def remove_licence(state: SandboxState, *, person: str = "", domain: str = "") -> str:
    """Somebody takes a person's licences away."""
    with desk_of(state, person, domain) as (client, user):
        held = [one["skuId"] for one in user["assignedLicenses"]]
        if not held:
            raise SandboxError(f"{user['userPrincipalName']} has no licence to lose.")
        body = {"addLicenses": [], "removeLicenses": held}
        call(client, "POST", f"users/{user['id']}/assignLicense", body)
        return f"{user['userPrincipalName']} has lost {len(held)} licence(s)."


def delete_user(state: SandboxState, *, person: str = "", domain: str = "") -> str:
    """Somebody deletes a person; the account lies in the recycle bin."""
    with desk_of(state, person, domain) as (client, user):
        call(client, "DELETE", f"users/{user['id']}")
        return f"{user['userPrincipalName']} is deleted."


def create_stranger(
    state: SandboxState, *, domain: str, value: str = "Stranger"
) -> str:
    """Somebody creates an account by hand that no inventory knows."""
    nickname = f"stranger-{secrets.token_hex(3)}"
    password = {
        "password": "Aa1!" + secrets.token_urlsafe(16),
        "forceChangePasswordNextSignIn": True,
    }
    user = {
        "accountEnabled": True,
        "displayName": value,
        "mailNickname": nickname,
        "userPrincipalName": f"{nickname}@{domain}",
        "passwordProfile": password,
    }
    with signed_in(state, tenant_of(state, domain)) as client:
        call(client, "POST", "users", user)
    return f"{user['userPrincipalName']} was created by hand."


def change_settings(
    state: SandboxState,
    *,
    person: str = "",
    domain: str = "",
    value: str = "Pacific Standard Time",
) -> str:
    """A person's mailbox is moved to another time zone."""
    with desk_of(state, person, domain) as (client, user):
        path = f"users/{user['id']}/mailboxSettings"
        call(client, "PATCH", path, {"timeZone": value})
        return f"The mailbox of {user['userPrincipalName']} now lives in {value}."


def change_mx(
    state: SandboxState, *, domain: str, value: str = "mail.elsewhere.example"
) -> str:
    """Somebody points a domain's mail to another server."""
    override = {"action": "override", "type": "MX", "values": [f"10 {value}"]}
    order(state, "POST", "dns", {**override, "name": domain})
    return f"Mail of {domain} now goes to {value}."


def remove_record(state: SandboxState, *, domain: str, value: str = "DMARC") -> str:
    """Somebody deletes the DMARC, SPF or MX record of a domain (named by value)."""
    places = {
        "DMARC": (f"_dmarc.{domain}", "TXT"),
        "SPF": (domain, "TXT"),
        "MX": (domain, "MX"),
    }
    if value.upper() not in places:
        raise SandboxError(f"There is no record {value!r}, only {', '.join(places)}.")
    name, type_ = places[value.upper()]
    order(state, "POST", "dns", {"action": "override", "name": name, "type": type_})
    return f"The {type_} record of {name} is gone."


def dns_fail(state: SandboxState, *, domain: str, value: str = "servfail") -> str:
    """The DNS host of a domain answers SERVFAIL, or nothing (value: silent)."""
    body = {"action": "fail", "name": domain, "how": value}
    order(state, "POST", "dns", body)
    return f"The DNS of {domain} fails ({value})."
