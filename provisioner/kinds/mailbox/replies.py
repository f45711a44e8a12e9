"""Automatic replies as text: in three languages, as HTML, and read back from Exchange."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from provisioner.model.municipality import Language, Names

_LANGUAGES: tuple[Language, ...] = ("he", "ar", "en")
_BLOCKS = frozenset({"p", "div", "br", "li", "tr"})


def in_all_languages(reply: Names, first: Language) -> str:
    """A line in each language, the municipality's own `first`."""
    order = sorted(_LANGUAGES, key=lambda other: other != first)
    return "\n".join(_line(reply.in_language(other)) for other in order)


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
