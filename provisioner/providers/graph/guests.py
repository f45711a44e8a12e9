"""People from elsewhere: how a guest is known by address, and how one is invited.

Source: "Create invitation", Microsoft Graph. The service mails the invited person.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from provisioner.errors import ProviderError
from provisioner.providers.graph.batch import batch
from provisioner.providers.graph.calls import Call
from provisioner.providers.graph.faults import unexpected
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.wire import Invitation, User

# Where the vendor sends a guest after the first sign-in.
_REDIRECT = "https://myapplications.microsoft.com"
_GUEST = "#ext#@"

_decode = msgspec.json.Decoder(Invitation).decode


def address_of(user: User) -> str:
    """The address a user is known by, lower case: a guest's is that of its home."""
    name = user.user_principal_name.lower()
    return user.mail.lower() if _GUEST in name and user.mail else name


async def invite(
    sender: Sender, addresses: Sequence[str]
) -> dict[str, str | ProviderError]:
    """Invite each address; the ids of the users made for them, or why there is none."""
    calls = (
        Call(
            one,
            "POST",
            "/invitations",
            {
                "invitedUserEmailAddress": one,
                "inviteRedirectUrl": _REDIRECT,
                "sendInvitationMessage": True,
            },
            writes=1,
        )
        for one in addresses
    )
    made: dict[str, str | ProviderError] = {}
    async for reply in batch(sender, calls):
        if reply.error is not None:
            made[reply.id] = reply.error
            continue
        try:
            made[reply.id] = _decode(reply.body).invited_user.id
        except msgspec.ValidationError as error:
            made[reply.id] = unexpected("POST /invitations", error)
    return made
