"""What people are told whose request is not even read: in all languages, none is known."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from provisioner.inventory.upload.cells import UPLOAD_LIMIT
from provisioner.renderers.language import LANGUAGES, N_, Translator, translator

_SAID = (
    N_("A list of people has at most %(limit)s MiB."),
    N_("Leave out what is not about the people, such as pictures."),
    N_("Split it into several."),
)
_PAGE = Markup(
    '<!doctype html><html lang="{first}"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>413</title>{parts}</html>'
)
_PART = Markup(
    '<div lang="{lang}" dir="{direction}"><h1>{title}</h1><p>{said}</p>'
    '<p><a href="/">{back}</a></p></div>'
)


def too_large() -> str:
    """A page that needs neither a session nor the portal's templates."""
    parts = Markup("\n").join(_parts())
    return _PAGE.format(first=LANGUAGES[0], parts=parts)


def _parts() -> Iterator[Markup]:
    for words in map(translator, LANGUAGES):
        yield _PART.format(
            lang=words.code,
            direction=words.direction,
            title=words.gettext("The file is too large"),
            said=" ".join(_told(words)),
            back=words.gettext("Overview"),
        )


def _told(words: Translator) -> Iterator[str]:
    for one in _SAID:
        yield words.gettext(one, limit=UPLOAD_LIMIT >> 20)
