"""A list of people that somebody uploaded, as it was understood: nothing is sent yet."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from provisioner.model.wish import NewMailboxes, NewPerson


class CellFault(Struct, frozen=True, gc=False):
    """What is wrong with one cell; `column` is a field of `NewPerson`, or "" for the row."""

    column: str
    what: str
    remedy: str
    code: str


class PreviewRow(Struct, frozen=True):
    """One row: where it stands (from 1), the person in it, and what is wrong.

    `assumed` names the fields that the file did not have and that were filled in;
    `same_name` is the line of somebody before of the same name, 0 for nobody.
    """

    line: int
    person: NewPerson
    faults: tuple[CellFault, ...] = ()
    assumed: tuple[str, ...] = ()
    same_name: int = 0


class ReadColumn(Struct, frozen=True, gc=False):
    """A column by its heading: the field it was read as ("" for none), or one like it."""

    heading: str
    field: str
    suggestion: str = ""


class Preview(Struct, frozen=True):
    """A whole file; `encoding` is Python's name of how its text was written ("" for XLSX)."""

    name: str
    encoding: str
    columns: tuple[ReadColumn, ...]
    rows: tuple[PreviewRow, ...]

    @property
    def is_right(self) -> bool:
        """Whether there is something to send, and no cell is wrong."""
        return bool(self.rows) and not any(one.faults for one in self.rows)

    @property
    def needed(self) -> dict[str, int]:
        """Seats that these people need, by licence."""
        found = Counter(one.person.license for one in self.rows)
        return {name: found[name] for name in sorted(found) if name}

    @property
    def wish(self) -> NewMailboxes:
        """What to submit when a person has looked at it."""
        return NewMailboxes(tuple(one.person for one in self.rows))
