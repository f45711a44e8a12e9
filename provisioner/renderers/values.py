"""Values of fields as text for people; nothing in them can steer what shows them."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from provisioner.renderers.language import Translator

# Controls move a terminal's cursor and cut a line; direction overrides make a text read
# as what it is not. Both are shown by their code point instead of being obeyed.
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)
_LONGEST = 400
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with every control and direction character written as its code point."""
    if text.isascii() and text.isprintable():
        return text
    return _LONE_SURROGATES.sub(_code_point, _CONTROLS.sub(_code_point, text))


def _code_point(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def plain(value: Any) -> str:
    """A JSON-like value without words of any language: None is empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return ", ".join(visible(one) for one in value)
    return visible(msgspec.json.encode(value, order="deterministic").decode())


def spoken(value: Any, language: Translator) -> str:
    """A JSON-like value in words: `yes`, `no`, `not set`; a very long one is cut."""
    if value is None:
        return language.gettext("not set")
    if isinstance(value, bool):
        return language.gettext("yes") if value else language.gettext("no")
    if value == "" or (isinstance(value, list | tuple) and not value):
        return language.gettext("empty")
    text = plain(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
