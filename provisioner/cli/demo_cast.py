"""The people of the demo: whom the careless administrator hits, who joins and who leaves."""

from __future__ import annotations

import csv
import io
from pathlib import Path

_NEWCOMER = {
    "address": "tamar.dolev",
    "display_name": "תמר דולב",
    "given_name": "תמר",
    "surname": "דולב",
    "employee_id": "demo-00001",
    "department": "חינוך",
    "job_title": "רכזת גני ילדים",
    "license": "EXCHANGESTANDARD",
}


class Cast:
    """People of the copied inventory, by what happens to them.

    All live in one municipality but the newcomer, who joins another: the seats that its
    budget leaves free are enough for one.
    """

    def __init__(self, inventory: Path) -> None:
        slugs = sorted(one.name for one in (inventory / "municipalities").iterdir())
        self.home, self.other = slugs[0], slugs[1]
        self._file = inventory / "municipalities" / self.home / "mailboxes.csv"
        self._other_file = inventory / "municipalities" / self.other / "mailboxes.csv"
        people = [row["address"] for row in _rows(self._file) if not row["state"]]
        (
            self.titled,
            self.disabled,
            self.unlicensed,
            self.deleted,
            self.leaver,
        ) = people[11:16]
        self.newcomer = f"{_NEWCOMER['address']}@{self.other}.example"

    def join(self) -> str:
        """One person joins: a row at the end of the file."""
        header = next(iter(_rows(self._other_file))).keys()
        line = io.StringIO()
        writer = csv.DictWriter(line, list(header), restval="", lineterminator="\n")
        writer.writerow(_NEWCOMER)
        with self._other_file.open("a", encoding="utf-8", newline="") as file:
            file.write(line.getvalue())
        return f"{self.newcomer} joins {self.other}: one row more in mailboxes.csv."

    def leave(self) -> str:
        """One person leaves: the row says so."""
        rows = _rows(self._file)
        for row in rows:
            if row["address"] == self.leaver:
                row["state"] = "leaver"
        with self._file.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return f"{self.leaver} leaves {self.home}: the row's state is now leaver."


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))
