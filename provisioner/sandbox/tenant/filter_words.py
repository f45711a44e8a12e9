"""The words of a `$filter`, and a cursor over them."""

from __future__ import annotations

import re

from provisioner.sandbox.tenant.refusal import Refusal

_WORD = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<colon>:)(?!\d\d)"
    r"|(?P<word>[^\s(),:']+(?::\d\d[^\s(),':]*)*))"
)
# Deeper nesting than anybody writes; the parser calls itself once for each level.
DEEPEST = 50


def invalid(what: str = "Invalid filter clause") -> Refusal:
    """400 BadRequest for a text that is no filter."""
    return Refusal(400, "BadRequest", what)


class Words:
    """A cursor over the words of one filter; raises `Refusal` where they do not fit."""

    def __init__(self, text: str) -> None:
        self.words = _split(text.strip())
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        """The next word, empty at the end."""
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, expected: str = "") -> str:
        """The next word, which must be the expected one where one is given."""
        word = self.peek()
        if not word or (expected and word.lower() != expected):
            raise invalid()
        self.at += 1
        return word

    def follows(self, word: str) -> bool:
        """Take the word where it is the next one; whether it was."""
        if self.peek().lower() != word:
            return False
        self.at += 1
        return True

    def descend(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise invalid("The filter is nested too deeply.")

    def ascend(self) -> None:
        self.depth -= 1


def _split(text: str) -> list[str]:
    words, at = [], 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise invalid()
        words.append(found.group().strip())
        at = found.end()
    return words
