"""Plain SMTP against a real mail server: what arrives, and what its refusals become."""

from __future__ import annotations

import socket
from asyncio import WriteTransport
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from provisioner.model.mail import Attachment, Message
from provisioner.service.notices.channels import Refused, Uncertain, by_smtp

MESSAGE = Message(
    "הרצה נכשלה",
    "שורה",
    "<p>שורה</p>",
    (Attachment("report.html", "text/html", "דוח".encode()),),
)


class Post:
    """What arrives, and how the server answers."""

    def __init__(self) -> None:
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


Address = Callable[..., str]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def address(post: Post) -> Iterator[Address]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(post, hostname="127.0.0.1", port=port)
    server.start()
    yield (
        lambda to, user="": f"smtp://{user}127.0.0.1:{port}/?from=it@it.example&to={to}"
    )
    server.stop()


def test_a_mail_arrives_with_words_page_and_report(
    post: Post, address: Address
) -> None:
    assert by_smtp(address("a@rameh.example,b@rameh.example"), MESSAGE) == ""
    (letter,) = post.letters
    assert (letter["Subject"], letter["From"]) == (MESSAGE.title, "it@it.example")
    assert post.to == ["a@rameh.example", "b@rameh.example"]
    assert letter.get_body(("plain",)).get_content().strip() == MESSAGE.text
    assert letter.get_body(("html",)).get_content().strip() == MESSAGE.html
    (report,) = letter.iter_attachments()
    assert report.get_filename() == "report.html"


def test_who_has_it_does_not_get_it_again_because_of_who_was_refused(
    post: Post, address: Address
) -> None:
    post.refuses = {"gone@rameh.example"}
    fault = by_smtp(address("a@rameh.example,gone@rameh.example"), MESSAGE)
    assert fault == "not taken for gone@rameh.example"
    with pytest.raises(Refused):
        by_smtp(address("gone@rameh.example"), MESSAGE)


def test_a_refusal_is_tried_again_and_a_cut_connection_is_not(
    post: Post, address: Address
) -> None:
    post.answer = "451 try later"
    with pytest.raises(Refused, match="451"):
        by_smtp(address("a@rameh.example"), MESSAGE)
    post.answer = ""
    with pytest.raises(Uncertain):
        by_smtp(address("a@rameh.example"), MESSAGE)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("smtp://127.0.0.1:1/?from=a@b.example&to=c@d.example", "mail server"),
        ("smtp://127.0.0.1/?to=c@d.example", "from=ADDRESS"),
        ("smtp://127.0.0.1:99999/?from=a@b.example&to=c@d.example", "mail server"),
    ],
)
def test_what_cannot_be_reached_or_read_is_refused(url: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        by_smtp(url, MESSAGE)


def test_no_password_is_given_without_tls(post: Post, address: Address) -> None:
    secret = "hunter2" + "secret"
    with pytest.raises(Refused, match="no TLS") as caught:
        by_smtp(address("a@rameh.example", f"user:{secret}@"), MESSAGE)
    assert secret not in str(caught.value)
    assert not post.letters
