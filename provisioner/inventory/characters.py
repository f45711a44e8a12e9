"""Which characters may stand in the inventory, and how a value is shown in a message.

Invisible direction marks can make a reviewed line read otherwise than it is (Unicode
Technical Report 36); template markers could run where a text is rendered. Neither has a
use in a name, so both are refused everywhere, comments included.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = r"\u00ad\u200b-\u200d\u2028\u2029\u2060-\u2065\ufeff"
_BROKEN = r"\ufffd"
_CONTROL = r"\u0000-\u001f\u007f-\u009f"
_CONTROL_IN_FILE = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"

# Without look-around, because pydantic's patterns run in linear time and have none:
# a brace is followed by anything but a second half of a marker.
_HARMLESS = f"{_BIDI}{_INVISIBLE}{_BROKEN}{_CONTROL}"
TEXT_PATTERN = rf"^(?:[^{{{_HARMLESS}]|\{{[^{{%#{_HARMLESS}])*\{{?$"

# The same for names, and no two question marks together: a spreadsheet that saves plain
# CSV writes one for each letter its code page lacks. Runs of braces and question marks
# that alternate are whole tokens, so that neither of them can double.
_PLAIN = f"[^{{?{_HARMLESS}]"
_AFTER_BRACE = f"[^{{?%#{_HARMLESS}]"
_TO_MARK = r"\{?\?(?:\{\?)*"
_TO_BRACE = r"\??\{(?:\?\{)*"
NAME_PATTERN = (
    rf"^(?:{_PLAIN}|{_TO_MARK}{_PLAIN}|{_TO_BRACE}{_AFTER_BRACE})*"
    rf"(?:{_TO_MARK}|{_TO_BRACE})?$"
)

_BIDI_CHARACTER = re.compile(f"[{_BIDI}]")
_UNSEEN = re.compile(f"[{_INVISIBLE}{_BROKEN}{_BIDI}{_CONTROL_IN_FILE}]")
_MARKER = re.compile(r"\{[{%#]")
_ESCAPED = re.compile(f"[{_HARMLESS}]|[\ud800-\udfff]")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb1d-\ufeff]")
_LONGEST_SHOWN = 60


class Stain(NamedTuple):
    """A forbidden thing in a text: where it starts, its fault code and what it is."""

    position: int
    code: str
    what: str
    remedy: str


def stains(text: str) -> Iterator[Stain]:
    """Every forbidden character and template marker of a whole file."""
    for match in _UNSEEN.finditer(text):
        yield _unseen(match.group(), match.start())
    for match in _MARKER.finditer(text):
        yield _marker(match.group(), match.start())


def first_stain(text: str) -> Stain | None:
    """What is forbidden in one value (there, a tab or line break is too)."""
    unseen = _ESCAPED.search(text)
    if unseen:
        return _unseen(unseen.group(), unseen.start())
    marker = _MARKER.search(text)
    return _marker(marker.group(), marker.start()) if marker else None


def _unseen(character: str, position: int) -> Stain:
    name = unicodedata.name(character, "control character")
    what = f"holds U+{ord(character):04X} ({name.lower()}), which cannot be seen"
    if _BIDI_CHARACTER.match(character):
        return Stain(
            position,
            "bidi-control",
            what,
            "Delete it: the letters alone set the direction of the text.",
        )
    if character == "\ufffd":
        return Stain(
            position,
            "lost-character",
            "holds U+FFFD, which stands where an earlier conversion lost a letter",
            "Write the letters again and save the file as CSV UTF-8.",
        )
    remedy = "Delete it; a value is one line of visible characters."
    return Stain(position, "control-character", what, remedy)


def _marker(marker: str, position: int) -> Stain:
    return Stain(
        position,
        "template-marker",
        f"holds the template marker {marker}",
        "Delete it: nothing in the inventory is a template.",
    )


def is_right_to_left(text: str) -> bool:
    """Whether a Hebrew or Arabic letter stands in it."""
    return _RIGHT_TO_LEFT.search(text) is not None


def shown(value: object) -> str:
    """A value for a message: quoted, on one line, invisible characters spelt out."""
    text = _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", str(value))
    if len(text) > _LONGEST_SHOWN:
        text = text[: _LONGEST_SHOWN - 1] + "…"
    return f"'{text}'"
