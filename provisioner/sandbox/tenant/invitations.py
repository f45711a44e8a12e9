"""`POST /invitations`: people from elsewhere become guests of the directory."""

from __future__ import annotations

import re
import uuid

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call, reply
from provisioner.sandbox.tenant.changes import EVERYTHING
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.recording import record, user_changes, user_target
from provisioner.sandbox.tenant.refusal import Refusal, bad_request

_ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def invite(call: Call) -> Answer:
    """Invite an address: a new guest, or the one whom this address has already."""
    body = {name.lower(): value for name, value in call.document().items()}
    address = body.get("inviteduseremailaddress")
    if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
        raise bad_request("The invited user email address is invalid.")
    redirect = body.get("inviteredirecturl")
    if not isinstance(redirect, str) or not redirect:
        raise bad_request("The invite redirect URL is missing.")
    domain = call.directory.domain_of(address)
    if domain is not None and domain.verified:
        raise Refusal(
            400,
            "BadRequest",
            "The domain of the email address is a verified domain of this directory.",
        )
    known = call.directory.owner(address)
    guest = call.directory.accounts.get(known or "")
    if guest is None:
        guest = _created(call, address, body.get("inviteduserdisplayname"))
    identifier = str(uuid.uuid4())
    row = {
        "id": identifier,
        "inviteRedeemUrl": f"{call.origin}/redeem?rd={identifier}",
        "invitedUserDisplayName": guest.properties.get("displayName"),
        "invitedUserType": "Guest",
        "invitedUserEmailAddress": address,
        "sendInvitationMessage": bool(body.get("sendinvitationmessage", False)),
        "resetRedemption": False,
        "inviteRedirectUrl": redirect,
        "status": "PendingAcceptance",
        "invitedUser": {"id": guest.id},
    }
    return reply(call, "invitations/$entity", row, 201)


def _created(call: Call, address: str, label: object) -> Account:
    directory = call.directory
    local = address.replace("@", "_")
    name = f"{local}#EXT#@{directory.initial_domain}"
    properties = {
        "accountEnabled": True,
        "creationType": "Invitation",
        "displayName": str(label or address.partition("@")[0]),
        "externalUserState": "PendingAcceptance",
        "externalUserStateChangeDateTime": moment(call.now),
        "mail": address,
        "mailNickname": f"{local}#EXT#",
        "otherMails": [address],
        "userPrincipalName": name,
        "userType": "Guest",
    }
    guest = Account(
        id=str(uuid.uuid4()),
        seq=directory.next_seq(),
        created=call.now,
        properties=properties,
        proxies=(f"SMTP:{address}",),
    )
    lag = call.world.conduct.replication_lag
    directory.put(None, guest, call.now, names=EVERYTHING, lag=lag)
    target = user_target(guest, user_changes(None, guest, properties))
    record(
        call, "Invite external user", target, operation="Add", service="Invited Users"
    )
    return guest
