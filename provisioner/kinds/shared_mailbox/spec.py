"""What a shared mailbox shall be, our marks on it, and its automatic reply as text."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Collection, Mapping
from html.parser import HTMLParser
from typing import Any

from msgspec import Struct

from provisioner.kinds.mailbox.spec import SHARED_MARK_PREFIX
from provisioner.model.municipality import Language, SharedMailbox

KIND = "shared_mailbox"
FULL_ACCESS, SEND_AS = "full_access", "send_as"
RIGHTS = (FULL_ACCESS, SEND_AS)
MEMBER = "member "
_NAME_MAX = 64
_LANGUAGES: tuple[Language, ...] = ("he", "ar", "en")
_BLOCKS = frozenset({"p", "div", "br", "li", "tr"})


class SharedMailboxSpec(Struct, frozen=True, gc=False):
    """A shared mailbox.

    `members` are the rights (`full_access`, `send_as`) by person's address; `auto_reply`
    is the reply's text, a line for each paragraph, "" for none; `enabled` is false for
    one out of service, which address lists hide; nobody may sign in as it; `marked` is
    whether its user bears our mark.
    """

    address: str
    display_name: str
    aliases: tuple[str, ...] = ()
    members: dict[str, tuple[str, ...]] = {}
    auto_reply: str | None = ""
    enabled: bool = True
    sign_in: bool = False
    marked: bool = True


def desired_spec(
    one: SharedMailbox, language: Language, active: Collection[str]
) -> SharedMailboxSpec:
    """What the inventory asks for; only people who are `active` get rights."""
    reply = one.auto_reply
    order = sorted(_LANGUAGES, key=lambda other: other != language)
    return SharedMailboxSpec(
        one.address,
        one.names.in_language(language),
        tuple(sorted(one.aliases)),
        {person: RIGHTS for person in sorted(one.members) if person in active},
        "\n".join(_line(reply.in_language(other)) for other in order) if reply else "",
    )


def flat(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A spec as JSON-like fields, with one field for each member."""
    fields = {name: value for name, value in spec.items() if name != "members"}
    for person, rights in spec.get("members", {}).items():
        fields[MEMBER + person] = list(rights)
    return fields


def mark_of(municipality: str, name: str) -> str:
    """Our ownership mark, kept in an extension attribute of the mailbox's user."""
    return f"{SHARED_MARK_PREFIX}{municipality}:{name}"


def read_mark(mark: str) -> tuple[str, str] | None:
    """Municipality and name of a mark of ours, or None for anything else."""
    if not mark.startswith(SHARED_MARK_PREFIX):
        return None
    municipality, separator, name = mark[len(SHARED_MARK_PREFIX) :].partition(":")
    return (municipality, name) if separator and municipality and name else None


def exchange_name(municipality: str, address: str) -> str:
    """Name and alias in Exchange: unique in the tenant, and telling that it is ours.

    Two municipalities may both have a `moked`; and a create whose answer was lost is
    known again by this name before its user can bear a mark.
    """
    local = address.partition("@")[0]
    name = f"provisioner.{municipality}.{local}"
    if len(name) <= _NAME_MAX:
        return name
    digest = hashlib.sha256(f"{municipality}/{address}".encode()).hexdigest()[:12]
    return f"provisioner.{digest}"


def reply_page(text: str) -> str:
    """The reply as HTML; each line is a paragraph in the direction of its letters."""
    return "".join(
        f'<p dir="auto">{html.escape(line)}</p>' for line in text.splitlines()
    )


def reply_text(page: str) -> str:
    """The text of a reply as Exchange keeps it: a whole page, rewritten at will."""
    reader = _Text()
    reader.feed(page)
    lines = map(_line, "".join(reader.parts).split("\n"))
    return "\n".join(filter(None, lines))


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


class _Text(HTMLParser):
    """Text of a page with a line break at each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(re.sub(r"\s+", " ", data))
