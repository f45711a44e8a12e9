"""When a schedule begins is told in the reader's language."""

from __future__ import annotations

import pytest

from provisioner.model.schedule import Schedule
from provisioner.renderers.language import translator
from provisioner.renderers.schedule_words import schedule_in_words


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (Schedule("a", "apply", at="11:00", days=("monday",)), "יום שני ב־11:00"),
        (Schedule("a", "drift", at="02:00"), "כל יום ב־02:00"),
        (Schedule("a", "drift", every=15), "כל 15 דקות"),
        (Schedule("a", "drift", every=60), "כל שעה"),
        (Schedule("a", "drift", every=120, kinds=("domain",)), "כל שעתיים, דומיין"),
        (Schedule("a", "drift", every=90), "כל 90 דקות"),
    ],
)
def test_times_are_told_in_hebrew(schedule: Schedule, said: str) -> None:
    assert schedule_in_words(schedule, translator("he")) == said


@pytest.mark.parametrize("language", ["he", "ar"])
def test_nothing_of_it_is_english_but_names(language: str) -> None:
    one = Schedule(
        "a",
        "apply",
        at="11:00",
        days=("monday", "sunday"),
        municipalities=("rameh",),
        each="municipality",
        spread=30,
    )
    said = schedule_in_words(one, translator(language))
    letters = [word for word in said.replace(",", " ").split() if word[0].isascii()]
    assert [one for one in letters if one[0].isalpha()] == ["rameh"]
