"""`mailboxes.csv` to checked columns, as fast for 100,000 rows as for ten.

Each column is validated through the type of its field in `MailboxRow`, as one list, and
most as a list of distinct values; no second set of rules could disagree with the model.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from provisioner.inventory.addresses import propose
from provisioner.inventory.csv_table import Table, read_table
from provisioner.inventory.definition.municipality import COLUMNS, MailboxRow
from provisioner.inventory.documents import find_stains
from provisioner.inventory.encoding import decode
from provisioner.inventory.faults import Faults
from provisioner.inventory.source import CSV_LIMIT, Folder
from provisioner.inventory.wording import Wording, worded
from provisioner.model.place import Place


def _list_of(hint: Any) -> Any:
    return list[hint]


_HINTS: dict[str, Any] = get_type_hints(MailboxRow, include_extras=True)
_ONE = {name: TypeAdapter[Any](_HINTS[name]) for name in COLUMNS}
_MANY = {name: TypeAdapter[list[Any]](_list_of(_HINTS[name])) for name in COLUMNS}
# In these nearly every value is another, so looking for equal ones gains nothing.
# Faults of an address that a proposal from the person's name mends.
_PROPOSED = frozenset({"non-ascii-address", "empty-value"})
_UNIQUE = frozenset({"address", "display_name", "employee_id"})


class Wrong:
    """Stands in a column where the value was no good; its fault is kept."""


WRONG = Wrong()


@dataclass
class People:
    """The rows of one file: checked columns of one length, `WRONG` where a field was.

    A column that is missing in the file is full of `WRONG`.
    """

    table: Table
    columns: dict[str, list[Any]]

    def place(self, row: int, column: str) -> Place:
        return self.table.place(row, column)


class Reader:
    """Reads the people of one municipality after another; equal texts are kept once."""

    def __init__(self, folder: Folder, faults: Faults) -> None:
        self._folder = folder
        self._faults = faults
        self._known: dict[str, dict[str, Any]] = {
            name: {} for name in COLUMNS if name not in _UNIQUE
        }
        self._wrong: dict[str, dict[str, Wording]] = {name: {} for name in COLUMNS}

    def read(self, relative: str, domain: str) -> People | None:
        """The people of one file; None when nothing of it can be used.

        `domain` serves proposals of addresses only.
        """
        file = self._folder.place_name(relative)
        data = self._folder.read(relative, CSV_LIMIT)
        text = None if data is None else decode(data, file, self._faults)
        if text is None:
            return None
        find_stains(text, file, self._faults)
        table = read_table(text, file, COLUMNS, self._faults)
        if table is None:
            return None
        missing = [WRONG] * len(table.lines)
        columns = {
            name: self._checked(name, table) if name in table.columns else missing
            for name in COLUMNS
        }
        for name, wrong in self._wrong.items():
            if wrong and name in table.columns:
                self._report(name, wrong, table, domain)
        return People(table, columns)

    def _checked(self, name: str, table: Table) -> list[Any]:
        """One column as its model has it."""
        raw = table.columns[name]
        known = self._known.get(name)
        if known is None:
            with suppress(ValidationError):
                return _MANY[name].validate_python(raw)
            known = {}
        new = [*set(raw).difference(known)]
        try:
            known.update(zip(new, _MANY[name].validate_python(new), strict=True))
        except ValidationError:
            for value in new:
                known[value] = self._one(name, value)
        return [*map(known.__getitem__, raw)]

    def _one(self, name: str, value: str) -> Any:
        try:
            return _ONE[name].validate_python(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            part = first["input"] if name == "aliases" and first["loc"] else value
            self._wrong[name][value] = worded(first, name, part)
            return WRONG

    def _report(
        self, name: str, wrong: dict[str, Wording], table: Table, domain: str
    ) -> None:
        taken: set[str] = set()
        for row, value in enumerate(table.columns[name]):
            if value not in wrong:
                continue
            code, what, remedy = wrong[value]
            if name == "address" and code in _PROPOSED:
                taken = taken or _whole(table.columns[name], domain)
                remedy = _proposal(table, row, domain, taken) or remedy
            self._faults.add(table.place(row, name), code, what, remedy)


def _whole(addresses: list[str], domain: str) -> set[str]:
    """Addresses as written, those of a local part alone completed, in lower case."""
    written = (one.strip().lower() for one in addresses if one)
    return {one if "@" in one else f"{one}@{domain}" for one in written}


def _proposal(table: Table, row: int, domain: str, taken: set[str]) -> str:
    """An address from the person's own name, where the row has one.

    It counts as taken from then on: two people of one name get two proposals.
    """
    names = [table.columns.get(one, [])[row:][:1] for one in ("given_name", "surname")]
    given_name, surname = ("".join(one).strip() for one in names)
    if not given_name and not surname:
        return ""
    proposed = propose(given_name, surname, domain, taken)
    taken.add(proposed)
    local = proposed.partition("@")[0]
    return f"Write for example {local}."
