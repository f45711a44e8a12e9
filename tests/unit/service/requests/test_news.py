"""Mails about requests: each step once, in the reader's language, to nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from post import Post, post_office

from provisioner.model.cluster import Cluster, RequestPolicy
from provisioner.model.language import Language
from provisioner.model.mail import Message
from provisioner.model.notice import Recipient
from provisioner.model.request import Act, Request, WaitsFor, move, submitted
from provisioner.model.wish import PersonLeaves
from provisioner.renderers.language import translator
from provisioner.service.notices import request_words
from provisioner.service.notices.channels import Channels
from provisioner.service.notices.notifier import Notifier
from provisioner.service.notices.request_news import addressed
from provisioner.service.request_progress import entry_of
from provisioner.store import Store

MakeCluster = Callable[..., Cluster]


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with post_office() as post:
        channel = f"mailto://127.0.0.1:{post.port}/?from=it@galil.example&mode=insecure"
        monkeypatch.setenv("MAIL", channel)
        yield post


@pytest.fixture
def cluster(make_cluster: MakeCluster) -> Cluster:
    policy = RequestPolicy(mail="env/MAIL")
    return msgspec.structs.replace(make_cluster(), requests=policy)


def made(
    store: Store, mail: str = "huda@rameh.example", language: Language = "ar"
) -> Request:
    now = datetime.now(UTC)
    request = Request(
        id=f"R-{language}-{mail[:4]}",
        municipality="town-001",
        wish=PersonLeaves("sami"),
        requester=mail,
        submitted=now,
        changed=now,
        key=f"{language}{mail}",
        mail=mail,
        language=language,
        start=date(2026, 12, 1),
    )
    step = submitted(request)
    return store.requests.submit(request, step, entry_of(request, step))


def go(
    store: Store, request: Request, act: Act, reason: str = "", **more: Any
) -> Request:
    moved, step = move(request, act, "Noa", datetime.now(UTC), reason, **more)
    store.requests.save(moved, step, entry_of(moved, step))
    return moved


def tell(store: Store, cluster: Cluster) -> int:
    notifier = Notifier(store, lambda: cluster, lambda: True)
    notifier.look(cluster)
    return notifier.deliver(cluster)


class Kept(Channels):
    """Keeps what is sent, and where to."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, Message]] = []

    def send(self, address: str, message: Message, cluster: Cluster) -> str:
        self.sent.append((address, message))
        return ""


def test_each_step_is_mailed_once_in_the_requesters_language(
    store: Store, cluster: Cluster, post: Post
) -> None:
    request = made(store)
    assert tell(store, cluster) == 1
    request = go(store, request, Act.APPROVE)
    request = go(store, request, Act.WAIT, "x", waits_for=WaitsFor.START_DATE)
    assert tell(store, cluster) == 2
    assert tell(store, cluster) == 0
    assert set(post.to) == {"huda@rameh.example"}
    titles = [one["Subject"] for one in post.letters]
    arabic = translator("ar")
    assert titles == [
        arabic.gettext(request_words.TITLES[f"request_{one}"])
        for one in ("submitted", "approved", "waiting")
    ]
    assert all(one not in request_words.TITLES.values() for one in titles)
    body = post.letters[-1].get_body(("plain", "html")).get_content()
    assert arabic.gettext(request_words.WAITS_FOR["start_date"]) in body
    assert request.id in body


def test_each_reader_has_their_own_language(
    store: Store, cluster: Cluster, post: Post
) -> None:
    for language in ("he", "ar", "en"):
        made(store, language=language)
    assert tell(store, cluster) == 3
    assert len({one["Subject"] for one in post.letters}) == 3


@pytest.mark.parametrize(
    "mail",
    [
        "",
        "huda",
        "huda@rameh.example\nBcc: all@rameh.example",
        "huda@rameh.example,all@rameh.example",
        "huda@rameh.example&to=all@rameh.example",
        "huda@rameh.example?to=all@rameh.example",
        "Huda <huda@rameh.example>",
    ],
)
def test_an_address_that_would_say_more_than_one_gets_no_mail(
    mail: str, store: Store, cluster: Cluster, post: Post
) -> None:
    made(store, mail)
    assert tell(store, cluster) == 0
    assert post.letters == []
    with pytest.raises(ValueError, match="address"):
        addressed("mailto://x", Recipient(f"requester:he:{mail}", "env/MAIL"))


def test_what_people_write_cannot_become_a_header(
    store: Store, cluster: Cluster, post: Post
) -> None:
    evil = "no\r\nBcc: all@rameh.example\r\n\r\n<script>"
    go(store, made(store, language="en"), Act.REJECT, evil)
    tell(store, cluster)
    letter = post.letters[-1]
    assert letter["Subject"] == "Your request was rejected"
    assert letter["Bcc"] is None
    assert set(post.to) == {"huda@rameh.example"}


def test_without_a_channel_nobody_is_mailed_and_who_decides_is_told_all_the_same(
    store: Store, make_cluster: MakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept()
    monkeypatch.setenv("IT", "json://nowhere")
    it = Recipient("it", "env/IT", "en", ("request",))
    cluster = msgspec.structs.replace(make_cluster(), recipients=(it,))
    request = made(store)
    notifier = Notifier(store, lambda: cluster, lambda: True, channels=kept)
    assert notifier.look(cluster) == 1
    assert notifier.look(cluster) == 0
    notifier.deliver(cluster)
    assert [one.text for _, one in kept.sent] == [
        "huda@rameh.example asks in town-001: a person leaves. See: provisioner requests"
        f" show {request.id}"
    ]


def test_that_a_request_is_held_is_told_to_who_decides_and_not_to_who_asked(
    store: Store, cluster: Cluster, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IT", "json://nowhere")
    it = Recipient("it", "env/IT", "en", ("request",))
    cluster = msgspec.structs.replace(cluster, recipients=(it,))
    request = go(store, made(store), Act.APPROVE)
    kept = Kept()
    notifier = Notifier(store, lambda: cluster, lambda: True, channels=kept)
    notifier.look(cluster)
    notifier.deliver(cluster)
    kept.sent.clear()
    go(store, request, Act.HOLD, "the remote is ahead")
    assert notifier.look(cluster) == 1
    assert notifier.look(cluster) == 0
    notifier.deliver(cluster)
    ((address, message),) = kept.sent
    assert address == "json://nowhere"
    assert message.title == "An approved request cannot be recorded now"
    assert "the remote is ahead" in message.text
