"""What the service says in English is told in the reader's language, wherever it is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import provisioner
from provisioner.renderers.language import translator
from provisioner.renderers.sentences import tell, told

_SAID_IN = (
    "inventory/write_back/files.py",
    "inventory/write_back/git.py",
    "inventory/write_back/record.py",
    "inventory/write_back/wishes.py",
    "model/request.py",
    "portal/pages/approvals.py",
    "service/acknowledging.py",
    "service/orders.py",
    "service/reasons.py",
    "service/request_progress.py",
    "service/requests.py",
    "store/approvals.py",
    "store/drift.py",
    "store/one_time_secrets.py",
    "store/run_queue.py",
    "store/translation.py",
)
_ERRORS = {
    "AcknowledgementRefused",
    "RecordingHeld",
    "RequestRefused",
    "SecretUnavailable",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "WrongStep",
}
# What a program of others said, whole: it stays as it is.
_OF_OTHERS = {"7: 7", "7: 7.", "git: 7", "git: 7; nothing was written."}
_OF_OTHERS |= {"7: 7; nothing was written."}
# Put together of two; see `test_what_is_in_the_way_of_a_commit_is_told`.
_PUT_TOGETHER = {"7 7; nothing was written over it."}
_NEVER_SEEN = {
    "Who waits, waits for something; and nobody else does.",
    "Run 7 was taken away before it began.",
}


def _sentences(source: str) -> Iterator[str]:
    """What a module says: in errors of ours, and one by one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Yield) and node.value is not None:
            yield from _text(node.value)
        if isinstance(node, ast.Call) and _name(node.func) in _ERRORS:
            for part in (*node.args, *(one.value for one in node.keywords)):
                yield from _text(part)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr) -> Iterator[str]:
    """A text as it is written, with a number in the place of each value."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = ""
    for one in parts:
        value = one.value if isinstance(one, ast.Constant) else "7"
        if not isinstance(value, str):
            return
        text += value
    if " " in text:
        yield text


@pytest.mark.parametrize("module", _SAID_IN)
def test_every_sentence_of_the_service_is_told_in_hebrew_and_arabic(
    module: str,
) -> None:
    source = (Path(provisioner.__file__).parent / module).read_text(encoding="utf-8")
    said = set(_sentences(source)) - _OF_OTHERS - _NEVER_SEEN - _PUT_TOGETHER
    assert said, "the module says nothing: take it out of the list"
    for language in ("he", "ar"):
        words = translator(language)
        pieces = [piece for one in said for piece in tell(one, words)]
        assert not [one.text for one in pieces if one.english and one.text != "7"]


@pytest.mark.parametrize(
    "what",
    [
        "is not in git yet",
        "is staged for a commit of somebody",
        "has changes that nobody has committed",
    ],
)
def test_what_is_in_the_way_of_a_commit_is_told(what: str) -> None:
    said = f"rameh/mailboxes.csv {what}; nothing was written over it."
    for language in ("he", "ar"):
        (path,) = [one.text for one in tell(said, translator(language)) if one.value]
        assert path == "rameh/mailboxes.csv"


_BUDGET = (
    "inventory/municipalities/rameh/municipality.yml:9:27: Active people need 20 seats of"
    " E1; the budget has 19. Raise seats.E1 to 20, or free 1. It is tried again when the"
    " budget has grown."
)


def test_what_a_request_waits_for_is_told_sentence_by_sentence() -> None:
    assert told(_BUDGET, translator("he")) == (
        "inventory/municipalities/rameh/municipality.yml:9:27: האנשים הפעילים זקוקים"
        " ל־20 רישיונות E1; בתקציב יש 19. יש להגדיל את seats.E1 ל־20, או לפנות 1."
        " ננסה שוב כשהתקציב יגדל."
    )


def test_a_sentence_that_was_joined_to_another_loses_nothing() -> None:
    said = "a@b.example: the mailbox is not there yet. The next run tries again."
    assert told(said, translator("he")) == (
        "a@b.example: התיבה עוד לא קיימת. ההרצה הבאה תנסה שוב."
    )


@pytest.mark.parametrize("language", ["he", "ar"])
def test_a_list_that_was_cut_off_tells_how_many_more_there_are(language: str) -> None:
    words = translator(language)
    one = "a@b.example: the mailbox is not there yet"
    assert told(f"{one} (and 3 more)", words).startswith(told(one, words))


@pytest.mark.parametrize(
    "said",
    [
        "The moon is full. It is tried again by itself.",
        "rameh/municipality.yml:3: The moon is full.",
        f"{'It is tried again by itself. ' * 60}",
    ],
)
def test_what_does_not_begin_with_a_sentence_of_ours_stays_whole(said: str) -> None:
    (piece,) = tell(said, translator("he"))
    assert (piece.text, piece.english) == (said, True)


def test_english_after_a_sentence_of_ours_is_marked_as_such() -> None:
    pieces = tell("It is tried again by itself. The moon is full.", translator("ar"))
    assert [one.english for one in pieces] == [False, False, True]
    assert pieces[-1].text == "The moon is full."


def test_sentences_told_apart_stay_whole_in_english() -> None:
    assert told(_BUDGET, translator("en")) == _BUDGET
