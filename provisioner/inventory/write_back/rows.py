"""Lines of `mailboxes.csv` changed in place: every other byte stays as it is.

Rows are found as the reader finds them. A field that changes is written anew; those
beside it keep their own quotes and spaces, and the file keeps its mark and line ends.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence

from provisioner.inventory.csv_table import Table, read_table
from provisioner.inventory.definition.municipality import COLUMNS
from provisioner.inventory.faults import Faults
from provisioner.model.wish import whole

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_END = re.compile(r"(?:\r\n|\r|\n)\Z")


class Rows:
    """One file of people: its lines, and where each person stands.

    Raises `ValueError` for bytes that the reader would not take either.
    """

    def __init__(self, data: bytes, domain: str) -> None:
        self._mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        text = data[len(self._mark) :].decode("utf-8")
        table = read_table(text, "", COLUMNS, Faults())
        if table is None or tuple(table.positions) != COLUMNS:
            raise ValueError("The file has another header.")
        self._lines = _LINES.findall(text)
        self._at = _lines_of_people(table, domain)
        self._columns = table.columns
        self._row = {line: row for row, line in enumerate(table.lines)}

    @property
    def data(self) -> bytes:
        """The file as it is by now."""
        return self._mark + "".join(self._lines).encode("utf-8")

    def of(self, address: str) -> dict[str, str] | None:
        """The text of each column of a person's row as it was read; None without one."""
        line = self._at.get(address)
        if line is None:
            return None
        row = self._row[line]
        return {name: self._columns[name][row] for name in COLUMNS}

    def change(self, address: str, fields: Mapping[str, str]) -> None:
        """Write new values into a person's row. Raises `KeyError` without one."""
        at = self._at[address] - 1
        line = self._lines[at]
        end = _end_of(line)
        parts = _raw_fields(line.removesuffix(end))
        for name, value in fields.items():
            parts[COLUMNS.index(name)] = _quoted(value)
        self._lines[at] = ",".join(parts) + end

    def append(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Add people after the last row, with the line end that the file has."""
        end = next((_end_of(one) for one in self._lines if _end_of(one)), "\n")
        last = max(at for at, line in enumerate(self._lines) if line.strip())
        if not _end_of(self._lines[last]):
            self._lines[last] += end
        written = [
            ",".join(_quoted(one.get(name, "")) for name in COLUMNS) + end
            for one in rows
        ]
        self._lines[last + 1 : last + 1] = written


def _lines_of_people(table: Table, domain: str) -> dict[str, int]:
    addresses = (whole(one, domain) for one in table.columns["address"])
    return dict(zip(addresses, table.lines, strict=True))


def _end_of(line: str) -> str:
    found = _END.search(line)
    return found.group() if found else ""


def _raw_fields(line: str) -> list[str]:
    """The fields of a line as they are written, quotes and all."""
    parts, quoted = [""], False
    for character in line:
        if character == '"':
            quoted = not quoted
        if character == "," and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _quoted(value: str) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="").writerow([value.strip()])
    # A row of one empty field is written as a pair of quotes.
    return "" if target.getvalue() == '""' else target.getvalue()
