"""Jinja2 as reports and the portal use it: escaping, strict, in one language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from provisioner.renderers.language import LANGUAGES, Translator, translator
from provisioner.renderers.sentences import Piece, tell
from provisioner.renderers.values import spoken, visible
from provisioner.renderers.words import (
    ACTIONS,
    FIELDS,
    GUARDS,
    KINDS,
    LIVES,
    STATES,
    label,
)
from provisioner.shipped import templates


@lru_cache(maxsize=2 * len(LANGUAGES))
def environment(language: str, folders: tuple[str, ...] = ("reports",)) -> Environment:
    """The environment of templates in one language, looked for in `folders` in turn."""
    words = translator(language)
    env = Environment(
        loader=FileSystemLoader([templates() / one for one in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        words.catalogue.gettext, words.catalogue.ngettext, newstyle=True
    )
    env.filters.update(_filters(words))
    env.globals.update(states=STATES, actions=ACTIONS, language=words)
    return env


def _filters(words: Translator) -> dict[str, Callable[..., Any]]:
    return {
        "number": words.number,
        "visible": visible,
        "moment_text": words.moment,
        "moment": lambda moment: _moment(moment, words),
        "age": words.age,
        "value": lambda value: _value(value, words),
        "sentence": lambda text: _sentence(text, words),
        "kind": lambda name: words.gettext(label(KINDS, name)),
        "field": lambda name: words.gettext(label(FIELDS, name)),
        "guard": lambda name: words.gettext(label(GUARDS, name)),
        "life": lambda name: words.gettext(label(LIVES, name)),
    }


def _moment(moment: datetime, words: Translator) -> Markup:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    exact = aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}"><bdi>{}</bdi></time>').format(
        exact, words.moment(aware)
    )


def _value(value: Any, words: Translator) -> Markup:
    """A value kept apart from the direction of what surrounds it."""
    text = spoken(value, words)
    if value is None or value in ("", [], ()):
        return Markup('<span class="absent">{}</span>').format(text)
    if isinstance(value, str) and text.isascii():
        # An address or a time has no direction of its own until a letter comes.
        return Markup('<bdi dir="ltr">{}</bdi>').format(text)
    return Markup("<bdi>{}</bdi>").format(text)


def _sentence(text: str, words: Translator) -> Markup:
    """A sentence of the engine, translated, or as it is and marked English."""
    return Markup("").join(_piece(one) for one in tell(text, words))


def _piece(one: Piece) -> Markup:
    if one.english:
        return Markup('<bdi lang="en" dir="ltr">{}</bdi>').format(visible(one.text))
    if one.value:
        return Markup("<bdi>{}</bdi>").format(visible(one.text))
    return Markup("{}").format(one.text)
