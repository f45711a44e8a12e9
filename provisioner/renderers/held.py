"""What guards hold back, gathered by guard: a hundred people wait for one purchase."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from provisioner.model.plan import Refusal

EXAMPLES = 5


class Example(Struct, frozen=True):
    """One refusal; `name` is the resource's own, "" for the whole municipality."""

    name: str
    message: str
    remedy: str


class HeldGroup(Struct, frozen=True):
    """The refusals of one guard, with the first of them in full.

    `whole` is true where it holds back the whole municipality, not single changes.
    """

    guard: str
    waits: bool
    whole: bool
    count: int
    examples: tuple[Example, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.examples)


def held_groups(refusals: Iterable[Refusal], limit: int | None) -> list[HeldGroup]:
    """Refusals by guard, the municipality's own first, `limit` examples of each."""
    groups: dict[tuple[bool, bool, str], list[Refusal]] = {}
    for one in refusals:
        groups.setdefault((bool(one.key), one.waits, one.guard), []).append(one)
    return [
        HeldGroup(
            guard,
            waits,
            not keyed,
            len(members),
            tuple(_example(one) for one in members[:limit]),
        )
        for (keyed, waits, guard), members in sorted(
            groups.items(), key=lambda pair: pair[0]
        )
    ]


def _example(one: Refusal) -> Example:
    # A key is municipality/kind/name, and the municipality is the heading above; most
    # messages begin with the name themselves.
    name = one.key.split("/", 2)[-1]
    shown = "" if one.message.startswith(name) else name
    return Example(shown, one.message, one.remedy)
