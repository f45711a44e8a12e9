"""A CSV file as columns of raw text, its header and the shape of its rows checked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from provisioner.inventory.characters import shown
from provisioner.inventory.faults import Faults, nearest
from provisioner.model.place import Place

_BLOCK = 4096  # rows held as lists at once; a column is a quarter of their memory
_LINE_END = re.compile(r"\r\n|\r|\n")
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass
class Table:
    """Raw columns by name, all of one length, with the line of each row."""

    file: str
    text: str
    positions: dict[str, int]
    lines: list[int]
    columns: dict[str, list[str]]

    @cached_property
    def _text_lines(self) -> list[str]:
        return _LINE_END.split(self.text)

    def place(self, row: int, column: str) -> Place:
        """Where a field begins."""
        line = self.lines[row]
        start = _field_start(self._text_lines[line - 1], self.positions[column])
        return Place(self.file, line, start)


def _field_start(line: str, wanted: int) -> int:
    """The column (from 1) at which a field of a line begins."""
    number, quoted = 0, False
    for position, character in enumerate(line):
        if number == wanted:
            return position + 1
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            number += 1
    return len(line) + 1


def read_table(
    text: str, file: str, known: Sequence[str], faults: Faults
) -> Table | None:
    """The table of a file; None when its header tells nothing.

    Rows of a wrong length are faults and left out; a missing column is left out; a
    misspelt one is read as what it most likely is, so that its values are checked too.
    """
    rows = _Rows(text, file, faults)
    positions = _header(rows.header, file, known, faults)
    if not positions:
        return None
    table = Table(file, text, positions, rows.lines, {name: [] for name in positions})
    for block in rows.blocks():
        raw = list(zip(*block, strict=True))
        for name, position in positions.items():
            table.columns[name].extend(raw[position])
    return table


def _header(
    header: list[str], file: str, known: Sequence[str], faults: Faults
) -> dict[str, int]:
    """The position of each known column, with a fault for all that is wrong."""
    if tuple(header) == tuple(known):
        return {name: position for position, name in enumerate(known)}
    place = Place(file, 1, 1)
    right = f"The header must be: {','.join(known)}"
    delimiter = next((one for one in _DELIMITERS if header and one in header[0]), "")
    if len(header) == 1 and delimiter:
        what = f"The fields are separated by {_DELIMITERS[delimiter]}, not by commas."
        faults.add(place, "wrong-delimiter", what, "Save it as CSV with commas.")
        return {}
    positions = {name: at for at, name in reversed(list(enumerate(header)))}
    _strange_columns(header, file, known, positions, faults)
    for name in known:
        if name not in positions:
            faults.add(place, "missing-column", f"The column {name} is missing.", right)
    if sorted(header) == sorted(known):
        what = "The columns are in another order."
        faults.add(place, "misplaced-column", what, right)
    return {name: positions[name] for name in known if name in positions}


def _strange_columns(
    header: list[str],
    file: str,
    known: Sequence[str],
    positions: dict[str, int],
    faults: Faults,
) -> None:
    for at, name in enumerate(header):
        place = Place(file, 1, _field_start(",".join(header), at))
        missing = [one for one in known if one not in positions]
        if name in known:
            if positions[name] != at:
                what = f"The column {name} stands twice."
                faults.add(place, "duplicate-column", what, "Keep one of them.")
            continue
        near = nearest(name, missing) or nearest(name.strip(), missing)
        remedy = f"Did you mean {near}?" if near else "Remove it."
        what = f"The column {shown(name)} is not known."
        faults.add(place, "unknown-column", what, remedy)
        if near:
            positions[near] = at


class _Rows:
    """The header, then the rows below it in blocks; `lines` grows with the blocks."""

    def __init__(self, text: str, file: str, faults: Faults) -> None:
        self._reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        self._file = file
        self._faults = faults
        self.lines: list[int] = []
        self.header: list[str] = []
        try:
            self.header = next(self._reader, [])
        except csv.Error as error:
            self._syntax(error, 1)
        self._line = self._reader.line_num

    def blocks(self) -> Iterator[list[list[str]]]:
        while True:
            rows: list[list[str]] = []
            ended = self._fill(rows)
            kept = self._whole(rows)
            if kept:
                yield kept
            if ended:
                return

    def _fill(self, rows: list[list[str]]) -> bool:
        """Add up to a block of rows; true at the end of what can be read."""
        try:
            rows.extend(islice(self._reader, _BLOCK))
        except csv.Error as error:
            self._after_error(rows, error)
            return True
        return len(rows) < _BLOCK

    def _after_error(self, rows: list[list[str]], error: csv.Error) -> None:
        """Tell where the row begins that a quote has spoilt; the rest is unreadable."""
        line = self._line + 1 + sum(map(_lines_of, rows))
        self._syntax(error, line)

    def _syntax(self, error: csv.Error, line: int) -> None:
        what = f"The row cannot be read: {error}."
        remedy = 'Close the quotes of a value, and double a quote inside: "מנכ""ל".'
        self._faults.add(Place(self._file, line), "csv-syntax", what, remedy)

    def _whole(self, rows: list[list[str]]) -> list[list[str]]:
        """The rows of the right length; their lines are noted."""
        first = self._line + 1
        one_line_each = self._reader.line_num - self._line == len(rows)
        if one_line_each and {*map(len, rows)} <= {len(self.header)}:
            self.lines.extend(range(first, first + len(rows)))
            self._line += len(rows)
            return rows
        kept = []
        for row in rows:
            line = self._line + 1
            self._line += _lines_of(row)
            if len(row) == len(self.header):
                kept.append(row)
                self.lines.append(line)
            elif row:
                self._wrong_count(line, len(row))
        return kept

    def _wrong_count(self, line: int, count: int) -> None:
        what = f"The row has {count} fields; the header has {len(self.header)}."
        remedy = 'Put a value that has a comma in quotes: "…".'
        place = Place(self._file, line)
        self._faults.add(place, "wrong-field-count", what, remedy)


def _lines_of(row: list[str]) -> int:
    """How many lines of the file a row takes."""
    return 1 + sum(len(_LINE_END.findall(one)) for one in row)
