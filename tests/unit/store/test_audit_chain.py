"""The hash chain: whatever is changed in whatever row shows at that row."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from provisioner.store.audit_chain import GENESIS, AuditHead, AuditRow, judge, seal

WORDS = some.text(max_size=20)


def chain(rows: list[tuple[str, str]]) -> list[AuditRow]:
    sealed: list[AuditRow] = []
    for number, (actor, subject) in enumerate(rows, 1):
        row = AuditRow(
            number, "2026-03-01T00:00:00.000000Z", actor, "did", subject, "{}"
        )
        before = sealed[-1].hash if sealed else GENESIS
        sealed.append(replace(row, hash=seal(before, row)))
    return sealed


def head_of(rows: list[AuditRow]) -> AuditHead:
    return AuditHead(rows[-1].id, rows[-1].hash) if rows else AuditHead(0, GENESIS)


@given(some.lists(some.tuples(WORDS, WORDS), max_size=8))
def test_an_honest_chain_holds(words: list[tuple[str, str]]) -> None:
    rows = chain(words)
    assert judge(rows, head_of(rows)).holds
    assert judge(rows, head_of(rows), known=head_of(rows[: len(rows) // 2])).holds


@given(
    some.lists(some.tuples(WORDS, WORDS), min_size=1, max_size=8), some.data(), WORDS
)
def test_a_changed_word_shows_at_its_row(
    words: list[tuple[str, str]], data: some.DataObject, word: str
) -> None:
    rows = chain(words)
    where = data.draw(some.integers(0, len(rows) - 1))
    field = data.draw(
        some.sampled_from(["at", "actor", "action", "subject", "details"])
    )
    if getattr(rows[where], field) == word:
        return
    rows[where] = replace(rows[where], **{field: word})
    assert judge(rows, head_of(rows)).broken_at == where + 1


def test_words_cannot_move_from_one_field_to_the_next() -> None:
    one, other = chain([("ab", "c")]), chain([("a", "bc")])
    assert one[0].hash != other[0].hash


def test_the_hash_is_what_the_documentation_says() -> None:
    (row,) = chain([("dana", "rameh")])
    body = (
        '{"action":"did","actor":"dana","at":"2026-03-01T00:00:00.000000Z",'
        '"details":"{}","id":1,"subject":"rameh"}'
    )
    assert row.hash == hashlib.sha256((GENESIS + body).encode()).hexdigest()


def test_an_empty_chain_with_a_head_that_is_not_is_broken() -> None:
    verdict = judge([], AuditHead(3, "f" * 64))
    assert (verdict.holds, verdict.broken_at) == (False, 1)
    assert "3 row(s)" in verdict.reason
