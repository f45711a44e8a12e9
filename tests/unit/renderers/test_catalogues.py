"""Every text of the program and its templates has its words in all three languages."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from provisioner.renderers.language import LANGUAGES, translator
from provisioner.renderers.sentences import PATTERNS

KEYWORDS: dict[str, Any] = {**DEFAULT_KEYWORDS, "NN_": (1, 2)}


@pytest.fixture(scope="module")
def wanted(root: Path) -> set[Any]:
    """Everything to be translated, as the extraction tool finds it."""
    with (root / "templates" / "locale" / "mapping.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    return {
        message
        for folder in ("provisioner", "templates")
        for _, _, message, _, _ in extract_from_dir(
            root / folder, methods, options, KEYWORDS
        )
        if message
    }


def catalogue(root: Path, language: str) -> Catalog:
    folder = root / "templates" / "locale" / language / "LC_MESSAGES"
    content = (folder / "provisioner.po").read_bytes()
    return read_po(BytesIO(content), locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_fuzzy_or_left_over(
    root: Path, language: str, wanted: set[Any]
) -> None:
    found = catalogue(root, language)
    known = {message.id for message in found if message.id}
    assert not wanted - known, "translate these"
    assert not known - wanted, "nobody says these any more"
    assert not [message.id for message in found if message.id and message.fuzzy]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_every_text_is_there(root: Path, language: str) -> None:
    found = catalogue(root, language)
    forms = {"he": 3, "ar": 6, "en": 2}[language]
    assert found.num_plurals == forms
    for message in found:
        if not message.id:
            continue
        texts = (
            message.string if isinstance(message.string, tuple) else [message.string]
        )
        assert len(texts) == (forms if isinstance(message.id, tuple) else 1)
        assert all(texts), message.id
    assert not list(found.check())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translated_sentence_keeps_its_values(language: str) -> None:
    def holes(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name)

    words = translator(language)
    for pattern in PATTERNS:
        assert holes(words.gettext(pattern)) == holes(pattern)


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        (
            "he",
            {1: "שינוי אחד מוכן.", 2: "שני שינויים מוכנים.", 12: "12 שינויים מוכנים."},
        ),
        (
            "ar",
            {
                0: "لا تغييرات جاهزة.",
                1: "تغيير واحد جاهز.",
                2: "تغييران جاهزان.",
                3: "3 تغييرات جاهزة.",
                11: "11 تغييرًا جاهزًا.",
                100: "100 تغيير جاهز.",
                103: "103 تغييرات جاهزة.",
                1111: "1,111 تغييرًا جاهزًا.",
            },
        ),
        ("en", {0: "0 changes are ready.", 1: "1 change is ready."}),
    ],
)
def test_numbers_take_the_form_their_language_asks_for(
    language: str, counts: dict[int, str]
) -> None:
    words = translator(language)
    said = {
        count: words.ngettext(
            "%(count)s change is ready.", "%(count)s changes are ready.", count
        )
        for count in counts
    }
    assert said == counts


def test_a_language_nobody_speaks_here_is_refused() -> None:
    with pytest.raises(ValueError, match="none of the languages"):
        translator("fr")
