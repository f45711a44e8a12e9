"""What the engine says in English is told in the reader's language, values untouched."""

from __future__ import annotations

import re

import pytest

from provisioner.renderers.language import translator
from provisioner.renderers.sentences import PATTERNS, Piece, recognise, tell, told

SEAT = "a@b.example waits for a seat of E1: this run needs 3, 2 of 60 are free."


def test_a_known_sentence_is_told_with_its_values() -> None:
    assert told(SEAT, translator("he")) == (
        "a@b.example בהמתנה לרישיון E1: להרצה זו דרושים 3, ופנויים 2 מתוך 60."
    )


def test_values_are_marked_so_that_they_can_be_kept_apart() -> None:
    values = [one.text for one in tell(SEAT, translator("ar")) if one.value]
    assert values == ["a@b.example", "E1", "3", "2", "60"]


def test_a_reason_inside_a_sentence_is_told_too() -> None:
    pieces = tell(
        "waits for domain a.example: the mailbox is not there yet", translator("he")
    )
    assert pieces[-1] == Piece("התיבה עוד לא קיימת")


def test_an_unknown_sentence_stays_as_it_is_and_is_marked_english() -> None:
    assert tell("the moon is full", translator("he")) == [
        Piece("the moon is full", value=True, english=True)
    ]


@pytest.mark.parametrize("length", [601, 100_000])
def test_a_very_long_text_is_not_searched(length: int) -> None:
    text = "x of " * (length // 5 + 1)
    assert tell(text, translator("ar"))[0].english


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("websites[1].accessibility.phone is empty.", "טלפון: ריק."),
        (
            "display_name has 300 characters; the limit is 256.",
            "שם תצוגה: 300 תווים; המגבלה 256.",
        ),
        ("shared_mailboxes[4].names.he is empty.", "שם בעברית: ריק."),
        ("shared_mailboxes[4].names.ar is empty.", "שם בערבית: ריק."),
    ],
)
def test_a_field_of_a_fault_is_told_by_what_people_call_it(
    fault: str, said: str
) -> None:
    assert told(fault, translator("he")) == said


def test_a_sentence_that_only_ends_like_a_fault_is_none() -> None:
    assert tell("The moon is empty.", translator("he"))[0].english


_VALUES = {
    "field": "surname",
    "reason": "the moon",
    "short": "x",
    "whole": "x@rameh.example",
    "guard": "members",
    "guards": "members, removals",
    **dict.fromkeys(("count", "found", "wanted"), "7"),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_is_recognised_as_itself_wherever_it_stands(pattern: str) -> None:
    said = re.sub(r"\{(\w+)\}", lambda hole: _VALUES.get(hole[1], "x-7"), pattern)
    found = recognise(said)
    assert found is not None
    assert found[0] == pattern


def test_a_formula_is_not_told_as_the_two_ways_to_write_an_address() -> None:
    said = told("Write it without = + - or @ at its start.", translator("he"))
    assert "without" not in said
    assert "@" in said
