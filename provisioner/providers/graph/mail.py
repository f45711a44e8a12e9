"""A mail as Graph's `sendMail` takes it.

Source: Microsoft, "user: sendMail" (Graph v1.0).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence

import msgspec

_FILE = "#microsoft.graph.fileAttachment"


def mail_body(
    subject: str,
    html: str,
    to: Sequence[str],
    attachments: Iterable[tuple[str, str, bytes]] = (),
) -> bytes:
    """The body of the call; `attachments` are name, media type and content each."""
    message = {
        "subject": subject,
        "body": {"contentType": "HTML", "content": html},
        "toRecipients": [{"emailAddress": {"address": one}} for one in to],
        "attachments": [
            {
                "@odata.type": _FILE,
                "name": name,
                "contentType": media_type,
                "contentBytes": b64encode(content).decode(),
            }
            for name, media_type, content in attachments
        ],
    }
    return msgspec.json.encode({"message": message, "saveToSentItems": False})
