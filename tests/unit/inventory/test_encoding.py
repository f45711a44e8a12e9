"""Which encoding bytes are in that are not UTF-8."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.inventory.encoding import recognise

HEBREW = "אבגדהוזחטיכלמנסעפצקרשתםןץףך"
ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآ"


@given(words=st.lists(st.text(HEBREW, min_size=2, max_size=9), min_size=3))
def test_hebrew_is_told_from_arabic(words: list[str]) -> None:
    data = f"yael,{' '.join(words)},SPB\n".encode("windows-1255")
    assert recognise(data) == "windows-1255"


def test_real_names_are_told_apart_however_few() -> None:
    assert recognise("names: {he: ראמה}\n".encode("windows-1255")) == "windows-1255"
    assert recognise("names: {ar: الرامة}\n".encode("windows-1256")) == "windows-1256"
    row = "m.khatib,محمد الخطيب,محمد,الخطيب,1002,الهندسة,مهندس\n"
    assert recognise(row.encode("windows-1256")) == "windows-1256"


def test_the_ascii_around_a_name_does_not_drown_it() -> None:
    rows = "plain,Plain,Plain,Plain,,,,,SPB,,,\n" * 5000
    data = (rows + "yael,יעל כהן,יעל,כהן,,,,,SPB,,,\n").encode("windows-1255")
    assert recognise(data) == "windows-1255"


@pytest.mark.parametrize("data", [b"\xff", b"\x81\x82", b"\xe9\x81\xff\xfe"])
def test_what_is_no_letter_is_not_taken_for_hebrew_or_arabic(data: bytes) -> None:
    assert recognise(data) not in ("windows-1255", "windows-1256")
