"""`sendMail`: kept instead of sent; `GET /_sandbox/mails` shows what was."""

from __future__ import annotations

import uuid
from typing import Any

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.kept import Mail
from provisioner.sandbox.tenant.refusal import Refusal, no_mailbox
from provisioner.sandbox.tenant.users import current, found_user

_MOST = 1000
_MOST_RECIPIENTS = 500


def send_mail(call: Call) -> Answer:
    """202 for a message with somebody to go to, from a user with a mailbox."""
    account = current(call, found_user(call))
    if account.mailbox is None or not account.mailbox.ready:
        raise no_mailbox()
    body = {name.lower(): value for name, value in call.document().items()}
    message = body.get("message")
    if not isinstance(message, dict):
        raise Refusal(400, "ErrorInvalidRequest", "The Message property is required.")
    people = recipients(message)
    if not people:
        raise Refusal(
            400,
            "ErrorInvalidRecipients",
            "At least one recipient is not valid., Recipients are required.",
        )
    if len(people) > _MOST_RECIPIENTS:
        text = "The message exceeds the maximum supported number of recipients."
        raise Refusal(400, "ErrorMessageSizeExceeded", text)
    mails = call.directory.mails
    mails.append(Mail(str(uuid.uuid4()), account.name, call.now, message))
    del mails[:-_MOST]
    return Answer(202)


def recipients(message: dict[str, Any]) -> list[str]:
    """Everybody a message goes to; refuses an entry that is no address."""
    found = []
    for field in ("toRecipients", "ccRecipients", "bccRecipients"):
        for one in message.get(field) or ():
            box = one.get("emailAddress") if isinstance(one, dict) else None
            address = box.get("address") if isinstance(box, dict) else None
            if not isinstance(address, str) or "@" not in address:
                text = "At least one recipient is not valid."
                raise Refusal(400, "ErrorInvalidRecipients", text)
            found.append(address)
    return found


def kept_mails(directory: Directory) -> list[dict[str, Any]]:
    """Every mail as the admin side shows it, the oldest first."""
    return [
        {
            "id": one.id,
            "from": one.sender,
            "time": moment(one.at),
            "to": recipients(one.message),
            "message": one.message,
        }
        for one in directory.mails
    ]
