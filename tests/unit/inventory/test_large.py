"""A hundred thousand rows: the last one counts as much as the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.inventory import load
from provisioner.inventory.faults import KEPT
from provisioner.model.place import Fault

ROWS = 100_000
WRONG = 25_000  # more than are held before the surplus is let go
PEOPLE = "municipalities/yarka/mailboxes.csv"
MUNICIPALITY = "municipalities/yarka/municipality.yml"
Writer = Callable[..., Path]
Finder = Callable[[Path], tuple[Fault, ...]]


@pytest.fixture
def many(header: str, base: dict[str, str]) -> dict[str, str]:
    """A municipality of a hundred thousand, valid."""
    rows = "".join(
        f"person{number},איש {number},איש,כהן,{number},חינוך,מורה,,SPB,,,\n"
        for number in range(ROWS)
    )
    budget = base[MUNICIPALITY].replace("seats: {", f"seats: {{SPB: {ROWS + 1}, ")
    return {PEOPLE: header + rows, MUNICIPALITY: budget}


def test_all_of_them_are_read(written: Writer, many: dict[str, str]) -> None:
    people = load(written(many)).municipality("yarka").people
    assert len(people) == ROWS
    assert people[-1].address == f"person{ROWS - 1}@yarka.example"
    assert people[-1].line == ROWS + 1


def test_a_fault_in_the_last_row_is_found_with_its_line(
    written: Writer, faults_of: Finder, many: dict[str, str]
) -> None:
    many[PEOPLE] += "last,א\u200fב,א,ב,,,,,SPB,,person0,\n"
    assert [(str(one.place), one.code) for one in faults_of(written(many))] == [
        (f"inventory/{PEOPLE}:{ROWS + 2}", "duplicate-address"),
        (f"inventory/{PEOPLE}:{ROWS + 2}:7", "bidi-control"),
    ]


def test_a_fault_in_every_row_is_counted_and_not_listed(
    written: Writer, faults_of: Finder, many: dict[str, str]
) -> None:
    rows = many[PEOPLE].splitlines(keepends=True)[: WRONG + 1]
    many[PEOPLE] = "".join(rows).replace(",SPB,", ",SPBB,")
    faults = faults_of(written(many))
    assert len(faults) == KEPT + 1
    assert [one.place.line for one in faults[:KEPT]] == list(range(2, KEPT + 2))
    assert faults[-1].code == "more-faults"
    assert faults[-1].what == f"{WRONG - KEPT} more faults are not listed."
