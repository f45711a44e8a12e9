"""Where in the inventory something was written, and what is wrong there."""

from __future__ import annotations

from msgspec import Struct


class Place(Struct, frozen=True, gc=False):
    """A position in an inventory file; line and column count from 1, 0 is unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        text = self.file
        if self.line:
            text += f":{self.line}"
            if self.column:
                text += f":{self.column}"
        return text


class Fault(Struct, frozen=True, gc=False):
    """One thing wrong in the inventory: where, what, and what to do about it."""

    place: Place
    what: str
    remedy: str
    code: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.what} {self.remedy}".rstrip()
