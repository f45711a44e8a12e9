"""Plain SMTP against a real mail server: what arrives, and what its refusals become."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from post import Post, post_office

from provisioner.model.mail import Attachment, Message
from provisioner.service.notices.channels import Refused, Uncertain, by_smtp

MESSAGE = Message(
    "הרצה נכשלה",
    "שורה",
    "<p>שורה</p>",
    (Attachment("report.html", "text/html", "דוח".encode()),),
)


Address = Callable[..., str]


@pytest.fixture
def post() -> Iterator[Post]:
    with post_office() as post:
        yield post


@pytest.fixture
def address(post: Post) -> Address:
    where = f"127.0.0.1:{post.port}/?from=it@it.example"
    return lambda to, user="": f"smtp://{user}{where}&to={to}"


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
