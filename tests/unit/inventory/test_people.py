"""A column is judged as its model judges a row: the fast way and the slow agree."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from provisioner.inventory.definition.municipality import COLUMNS, MailboxRow
from provisioner.inventory.faults import Faults
from provisioner.inventory.people import WRONG, Reader
from provisioner.inventory.source import Folder

_RIGHT = {
    "address": st.sampled_from(["yael", "Y.Cohen", "a_b-c@x.example", "1"]),
    "display_name": st.sampled_from(["יעל כהן", "هدى", "A {b}"]),
    "employee_id": st.sampled_from(["", "17", "A-1/2"]),
    "role": st.sampled_from(["", "head"]),
    "license": st.sampled_from(["SPB", " SPB "]),
    "language": st.sampled_from(["", "he", " ar"]),
    "aliases": st.sampled_from(["", "a b;c", "x@y.example"]),
    "state": st.sampled_from(["", "active", "leaver "]),
}
# One line of anything: what joins or splits rows is the business of the table.
_ANY = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"),
        st.sampled_from("{%#}@.-_;, \u200f\u00ad\x00\x1f\x7f\u0130\u212a\u00df"),
    ),
    max_size=80,
)
_LONG = st.builds(
    lambda letter, count: letter * count,
    st.sampled_from("aא."),
    st.sampled_from([16, 17, 40, 41, 63, 64, 65, 113, 114, 128, 129, 256, 257]),
)


def _row() -> st.SearchStrategy[tuple[str, ...]]:
    fields = [
        st.one_of(_RIGHT.get(name, st.sampled_from(["", "כהן"])), _ANY, _LONG)
        for name in COLUMNS
    ]
    return st.tuples(*fields)


def _by_column(rows: list[tuple[str, ...]], root: Path) -> list[bool]:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    folder = root / "inventory"
    folder.mkdir(exist_ok=True)
    (folder / "people.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    faults = Faults()
    people = Reader(Folder(folder, faults), faults).read("people.csv", "x.example")
    assert people is not None
    assert people.table.lines == list(range(2, len(rows) + 2))
    return [
        all(people.columns[name][row] is not WRONG for name in COLUMNS)
        for row in range(len(rows))
    ]


def _by_row(row: tuple[str, ...]) -> bool:
    try:
        MailboxRow.model_validate(dict(zip(COLUMNS, row, strict=True)))
    except ValidationError:
        return False
    return True


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(_row(), min_size=1, max_size=8))
def test_columns_and_rows_have_one_verdict(
    rows: list[tuple[str, ...]], tmp_path: Path
) -> None:
    assert _by_column(rows, tmp_path) == [_by_row(row) for row in rows]


@pytest.mark.parametrize(
    ("column", "limit"),
    [
        ("display_name", 256),
        ("given_name", 64),
        ("surname", 64),
        ("department", 64),
        ("job_title", 128),
        ("employee_id", 16),
        ("address", 64),
    ],
)
def test_the_longest_value_is_right_and_one_more_is_not(
    column: str, limit: int
) -> None:
    row = dict.fromkeys(COLUMNS, "") | {
        "address": "a",
        "display_name": "b",
        "license": "SPB",
    }
    assert MailboxRow.model_validate(row | {column: "x" * limit})
    with pytest.raises(ValidationError):
        MailboxRow.model_validate(row | {column: "x" * (limit + 1)})


def test_the_same_wrong_value_is_told_for_every_file(tmp_path: Path) -> None:
    header = ",".join(COLUMNS)
    for name in ("a.csv", "b.csv"):
        row = "\nx,x,,,,,,,SPB,fr,,\n"
        (tmp_path / name).write_text(header + row, encoding="utf-8")
    faults = Faults()
    reader = Reader(Folder(tmp_path, faults), faults)
    for name in ("a.csv", "b.csv"):
        reader.read(name, "x.example")
    places = [(one.place.file, one.code) for one in faults.kept("")]
    assert places == [
        (f"{tmp_path.name}/a.csv", "unknown-value"),
        (f"{tmp_path.name}/b.csv", "unknown-value"),
    ]
