"""Secondary addresses: which shall be there, and which must never be lost.

An alias that we did not put there is somebody's way to be reached (an address from
before a person's name changed above all): it stays until the inventory once named it
and names it no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable


def merged(
    want: Collection[str], have: Collection[str], last: Iterable[str] | None
) -> tuple[str, ...]:
    """The aliases a mailbox shall end with; pure.

    `want` is the inventory's word, `have` what is there, `last` what we last applied.
    """
    withdrawn = {*(last or ())} - {*want}
    return tuple(sorted({*want, *have} - withdrawn))


def remembered(last: Collection[str], have: Collection[str]) -> list[str]:
    """What we last applied together with what we leave alone, to compare with."""
    return sorted({*last, *have})


def edits(
    before: Collection[str], after: Collection[str]
) -> tuple[list[str], list[str]]:
    """What to add and what to remove."""
    return sorted({*after} - {*before}), sorted({*before} - {*after})
