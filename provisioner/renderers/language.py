"""The three languages of a report: texts, plurals, numbers and moments.

Catalogues are the `.po` files themselves, compiled in memory when first needed: a fresh
checkout and an installed wheel both work without a build step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from zoneinfo import ZoneInfo

from provisioner.shipped import templates

LANGUAGES = ("he", "ar", "en")
DOMAIN = "provisioner"

_RIGHT_TO_LEFT = ("he", "ar")
_LOCALES = {"he": "he_IL", "ar": "ar_IL", "en": "en_IL"}
_MOMENTS = {
    "he": "d בMMMM y, HH:mm",
    "ar": "d MMMM y، HH:mm",
    "en": "d MMM y, HH:mm",
}
_DAYS = {"he": "EEEE, d בMMMM y", "ar": "EEEE، d MMMM y", "en": "EEEE, d MMM y"}
_ZONE = "Asia/Jerusalem"


def N_(message: str) -> str:
    """Mark a text for the catalogues where it is written; it is translated later."""
    return message


def NN_(singular: str, plural: str) -> tuple[str, str]:
    """Mark the two English forms of a text that depends on a number."""
    return singular, plural


@dataclass(frozen=True)
class Translator:
    """Texts, plurals, numbers and moments in one language.

    Values are put in by name: `gettext("%(kind)s of %(place)s", kind=…, place=…)`.
    """

    code: str
    catalogue: GNUTranslations

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as HTML wants it."""
        return "rtl" if self.code in _RIGHT_TO_LEFT else "ltr"

    def gettext(self, message: str, **values: object) -> str:
        text = self.catalogue.gettext(message) if message else ""
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, count: int, **values: object) -> str:
        """The form right for `count`, which is `%(count)s` in the text."""
        text = self.catalogue.ngettext(singular, plural, count)
        return text % {"count": self.number(count), **values}

    def number(self, value: int) -> str:
        """Grouped as the language does, in the digits 0 to 9 everywhere in Israel."""
        return _number(value, _LOCALES[self.code])

    def moment(self, value: datetime) -> str:
        """A moment in Israel's time, to the minute."""
        from babel.dates import format_datetime

        return format_datetime(
            value, _MOMENTS[self.code], tzinfo=_zone(), locale=_LOCALES[self.code]
        )

    def day(self, value: date) -> str:
        """A day, with its weekday."""
        from babel.dates import format_date

        return format_date(value, _DAYS[self.code], locale=_LOCALES[self.code])

    def weekday(self, number: int) -> str:
        """The name of a day of the week, 0 for Monday."""
        from babel.dates import get_day_names

        return str(get_day_names("wide", locale=_LOCALES[self.code])[number])

    def age(self, since: datetime, now: datetime) -> str:
        """How long ago, in one unit: `3 hours`."""
        from babel.dates import format_timedelta

        return format_timedelta(
            now - since, threshold=1.5, locale=_LOCALES[self.code], format="long"
        )


def translator(language: str) -> Translator:
    """The translator for `he`, `ar` or `en`. Raises `ValueError` for others."""
    if language not in LANGUAGES:
        raise ValueError(
            f"{language!r} is none of the languages {', '.join(LANGUAGES)}."
        )
    return _translator(language)


@lru_cache(maxsize=len(LANGUAGES))
def _translator(language: str) -> Translator:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = templates() / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    return Translator(language, GNUTranslations(compiled))


@lru_cache(maxsize=4096)
def _number(value: int, locale: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, locale=locale, numbering_system="latn")


def clock(value: datetime) -> str:
    """A time of day in Israel, to the second."""
    return f"{value.astimezone(_zone()):%H:%M:%S}"


@lru_cache(maxsize=1)
def _zone() -> ZoneInfo:
    return ZoneInfo(_ZONE)
