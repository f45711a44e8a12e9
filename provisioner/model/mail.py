"""A message on its way to somebody."""

from __future__ import annotations

from msgspec import Struct


class Attachment(Struct, frozen=True):
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


class Message(Struct, frozen=True):
    """What is sent: plain words always, a page where the channel can show one."""

    title: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()


class GraphMail(Struct, frozen=True):
    """A mail through a tenant: from a mailbox in it, to addresses anywhere."""

    tenant: str
    sender: str
    to: tuple[str, ...]
    message: Message
