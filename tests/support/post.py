"""A mail server on loopback: the letters that came, to whom, and how it answers."""

from __future__ import annotations

import socket
from asyncio import WriteTransport
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Post:
    """What arrives; `refuses` are addresses without a mailbox, no `answer` is a cut line."""

    def __init__(self) -> None:
        self.port = 0
        self.letters: list[Any] = []
        self.to: list[str] = []
        self.refuses: set[str] = set()
        self.answer = "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: Any
    ) -> str:
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=default))
        self.to += envelope.rcpt_tos
        if not self.answer:
            assert isinstance(server.transport, WriteTransport)
            server.transport.abort()
        return self.answer or "250 OK"


@contextmanager
def post_office() -> Iterator[Post]:
    """A server that takes mail as long as the block lasts."""
    post = Post()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        post.port = probe.getsockname()[1]
    server = Controller(post, hostname="127.0.0.1", port=post.port)
    server.start()
    try:
        yield post
    finally:
        server.stop()
