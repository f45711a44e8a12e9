"""What the service says in English is told in the reader's language, wherever it is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import provisioner
from provisioner.errors import SecretUnavailable
from provisioner.renderers.language import translator
from provisioner.renderers.sentences import tell, told
from provisioner.renderers.words import GUARDS

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
# What is wrong with what people fill in, and what a guard or an order is refused for.
_FAULTS_IN = (
    "engine/guard.py",
    "inventory/characters.py",
    "inventory/faults.py",
    "inventory/shared_mailboxes.py",
    "inventory/upload/cells.py",
    "inventory/upload/preview.py",
    "inventory/wording.py",
    "service/request_rules.py",
)
_FIELD_NAMES = {"label", "name"}
# What only files have and no form writes; with "7" for what is put together of two.
_OF_FILES = {
    "Begin with a letter a-z, then a-z, 0-9 and inner hyphens.",
    "Begin with a letter a-z, then a-z, 0-9, hyphen and underscore; 31 at most.",
    "Use letters a-z, digits and underscore.",
    "Write 7.",
    "Write `key: value` lines below it.",
    "Write a path, sftp:…, rest:https://… or s3:…, without a password in it.",
    "Write a variable of restic's, such as AWS_ACCESS_KEY_ID.",
    "Write a whole path such as /srv/www, without .. and blanks.",
    "Write an IP address, or a name such as web-1.galil.example.",
    "Write an address or a network such as 10.20.0.0/16.",
    "Write env/NAME or file/PATH; if it was the secret, replace it at the tenant:"
    " it stands in the history now.",
    "Write file/PATH of the PEM file.",
    "Write hours as HH:MM, such as 08:00.",
    "Write it as he-IL.",
    "Write it as in the DNS, such as rameh.example (other scripts as xn--…).",
    "Write the address of the directory, such as https://acme.example/directory.",
    "Write the id as 8-4-4-4-12 hexadecimal digits.",
    "Write the line of a .pub file, without options.",
    "Write two letters, such as IL.",
    "surname 7.",
    "surname is 'seven'.",
    "surname is no id (the value is not shown).",
    "surname is no mapping.",
    "surname is no public SSH key (the value is not shown).",
    "surname is no reference (the value is not shown: it may be the secret).",
    "surname is no reference to a file (the value is not shown).",
    "surname is no repository (the value is not shown).",
    "surname is not 7.",
}
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


def _faults(source: str) -> Iterator[str]:
    """Whole sentences of a module that are no docstrings, a column for each name."""
    tree = ast.parse(source)
    inner = {id(x) for node in ast.walk(tree) for x in _inner(node)}
    for node in ast.walk(tree):
        if id(node) not in inner and isinstance(node, ast.Constant | ast.JoinedStr):
            text = "".join(map(_filled, getattr(node, "values", [node])))
            text = text.replace("{name}", "surname")
            if " " in text and text.endswith("."):
                yield text


def _inner(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):
        yield from node.values
    if isinstance(node, ast.Expr):
        yield node.value


def _filled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return part.value if isinstance(part.value, str) else ""
    quoted = isinstance(part, ast.FormattedValue) and (
        part.conversion == ord("r")
        or (isinstance(part.value, ast.Call) and _name(part.value.func) == "shown")
    )
    if quoted:
        return "'seven'"
    of_field = (
        isinstance(part, ast.FormattedValue) and _name(part.value) in _FIELD_NAMES
    )
    return "surname" if of_field else "7"


@pytest.mark.parametrize("module", _FAULTS_IN)
def test_every_fault_of_a_form_is_told_in_hebrew_and_arabic(module: str) -> None:
    source = (Path(provisioner.__file__).parent / module).read_text(encoding="utf-8")
    said = set(_faults(source)) - _OF_FILES
    for language in ("he", "ar"):
        words = translator(language)
        english = [one for one in said if any(x.english for x in tell(one, words))]
        assert sorted(english) == []


@pytest.mark.parametrize("language", ["he", "ar"])
def test_guards_in_a_sentence_are_told_by_what_people_call_them(language: str) -> None:
    words = translator(language)
    said = "What members, removals held back was approved by Huda: run 8."
    labels = [words.gettext(GUARDS[one]) for one in ("members", "removals")]
    assert ", ".join(labels) in told(said, words)
    assert "removals" not in told(said, words)


@pytest.mark.parametrize("language", ["he", "ar"])
def test_a_secret_that_is_gone_is_told(language: str) -> None:
    assert not tell(str(SecretUnavailable()), translator(language))[0].english
