"""Shared mailboxes of one `municipality.yml`: their addresses made whole, and checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from provisioner.inventory.characters import shown
from provisioner.inventory.definition.municipality import SharedMailboxEntry
from provisioner.inventory.faults import Faults, suggestion
from provisioner.model.municipality import Names, SharedMailbox
from provisioner.model.place import Place

KEY = "shared_mailboxes"
Entries = Sequence[SharedMailboxEntry]
Placing = Callable[..., Place]


def own_addresses(
    entries: Entries, suffix: str, place: Placing
) -> Iterator[tuple[str, Place]]:
    """Every address and alias, whole, with a place of its own."""
    for number, one in enumerate(entries):
        yield _whole(one.address, suffix), place(KEY, number, "address")
        for at, alias in enumerate(one.aliases):
            yield _whole(alias, suffix), place(KEY, number, "aliases", at)


def check_members(
    entries: Entries,
    suffix: str,
    people: Collection[str],
    place: Placing,
    faults: Faults,
) -> None:
    """Members are people of the municipality, each named once."""
    for number, one in enumerate(entries):
        seen = set[str]()
        for at, given in enumerate(one.members):
            member = _whole(given, suffix)
            where = place(KEY, number, "members", at)
            if member not in people:
                what = f"No person of the municipality has the address {shown(member)}."
                otherwise = "Name people of its mailboxes.csv by their primary address."
                remedy = suggestion(member, people, otherwise)
                faults.add(where, "unknown-member", what, remedy)
            elif member in seen:
                what = f"{shown(member)} is a member already."
                faults.add(where, "duplicate-member", what, "Name each person once.")
            seen.add(member)


def finished(
    entries: Entries, suffix: str, place: Placing
) -> tuple[SharedMailbox, ...]:
    """The entries as the values that the rest of the program speaks in."""
    return tuple(
        SharedMailbox(
            address=_whole(one.address, suffix),
            names=Names(**one.names.model_dump()),
            members=tuple(_whole(member, suffix) for member in one.members),
            auto_reply=Names(**one.auto_reply.model_dump()) if one.auto_reply else None,
            aliases=tuple(_whole(alias, suffix) for alias in one.aliases),
            line=place(KEY, number).line,
        )
        for number, one in enumerate(entries)
    )


def _whole(address: str, suffix: str) -> str:
    return address if "@" in address else address + suffix
