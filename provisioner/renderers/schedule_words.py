"""When a schedule begins, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.schedule import DAYS, Schedule
from provisioner.renderers.language import NN_, Translator
from provisioner.renderers.words import KINDS, label

_HOUR = 60


def schedule_in_words(schedule: Schedule, words: Translator) -> str:
    """Its times, and for whom and what it is where it is not for all."""
    return ", ".join(_parts(schedule, words))


def _parts(schedule: Schedule, words: Translator) -> Iterator[str]:
    if schedule.every is not None:
        yield _interval(schedule.every, words)
    elif schedule.days:
        days = ", ".join(words.weekday(DAYS.index(one)) for one in schedule.days)
        yield words.gettext("%(days)s at %(time)s", days=days, time=schedule.at)
    else:
        yield words.gettext("every day at %(time)s", time=schedule.at)
    yield from schedule.municipalities
    for kind in schedule.kinds:
        yield words.gettext(label(KINDS, kind))
    if schedule.each == "municipality":
        yield words.ngettext(
            *NN_(
                "each municipality by itself, over %(count)s minute",
                "each municipality by itself, over %(count)s minutes",
            ),
            schedule.spread,
        )


def _interval(minutes: int, words: Translator) -> str:
    if minutes % _HOUR == 0:
        one = NN_("every %(count)s hour", "every %(count)s hours")
        return words.ngettext(*one, minutes // _HOUR)
    one = NN_("every %(count)s minute", "every %(count)s minutes")
    return words.ngettext(*one, minutes)
