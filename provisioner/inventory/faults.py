"""All faults of one load, gathered, sorted by place and kept within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from provisioner.model.place import Fault, Place

KEPT = 1000
_HELD = 20 * KEPT  # how many wait before the surplus is counted and let go
_SEEN_TWICE = frozenset(
    {"bidi-control", "control-character", "template-marker", "lost-character"}
)
_NEAR = 60
Stain: TypeAlias = tuple[str, int, str]
"""A forbidden character: its file, its line and the code of the fault."""


class Faults:
    """Gathers faults; a file that is wrong in every row costs no more than its time."""

    def __init__(self) -> None:
        self._held: list[Fault] = []
        self._dropped = 0
        self._stained: set[Stain] = set()
        self._unnamed: dict[Stain, tuple[int, int]] = {}

    @property
    def count(self) -> int:
        """How many were found so far."""
        return len(self._held) + self._dropped

    def add(self, place: Place, code: str, what: str, remedy: str) -> None:
        """Remember one fault.

        An invisible character is found in the file and again in its value: it is kept
        once by line, with the place in the file and the words that name the value.
        """
        if code in _SEEN_TWICE:
            stain = (place.file, place.line, code)
            if stain in self._stained:
                self._name(stain, place, what)
                return
            self._stained.add(stain)
            self._unnamed[stain] = (len(self._held), 0)
        self._held.append(Fault(place, what, remedy, code))
        if len(self._held) > _HELD:
            self._cut()

    def _name(self, stain: Stain, place: Place, what: str) -> None:
        """Say which value it is: the last one of its line that begins before it."""
        at, named = self._unnamed.get(stain, (-1, 0))
        if at < 0 or not named < place.column <= self._held[at].place.column:
            return
        self._held[at] = msgspec.structs.replace(self._held[at], what=what)
        self._unnamed[stain] = (at, place.column)

    def kept(self, root: str) -> tuple[Fault, ...]:
        """The first thousand by place, then one that counts the rest."""
        self._cut()
        if not self._dropped:
            return tuple(self._held)
        what = f"{self._dropped} more faults are not listed."
        rest = Fault(Place(root), what, "Mend these first.", "more-faults")
        return (*self._held, rest)

    def _cut(self) -> None:
        self._unnamed.clear()  # the positions no longer hold
        self._held.sort(key=_by_place)
        self._dropped += max(0, len(self._held) - KEPT)
        del self._held[KEPT:]


def _by_place(fault: Fault) -> tuple[str, int, int, str, str]:
    place = fault.place
    return place.file, place.line, place.column, fault.code, fault.what


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like it, or "" when none is near."""
    from rapidfuzz import fuzz, process  # most loads have no fault to word

    found = process.extractOne(
        word.lower(),
        list(known),
        scorer=fuzz.ratio,
        processor=str.lower,
        score_cutoff=_NEAR,
    )
    return found[0] if found else ""


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """`Did you mean X?`, or `otherwise` when nothing is near."""
    near = nearest(word, known)
    return f"Did you mean {near}?" if near else otherwise
