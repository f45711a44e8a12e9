"""Automatic replies in the three languages, as files write them."""

from __future__ import annotations

from string import Formatter
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from provisioner.inventory.definition.words import Entry, Paragraph
from provisioner.model.cluster import REPLY_WORDS


def _known_words(text: str) -> str:
    """Refuse braces that will not be filled in."""
    known = " or ".join(f"{{{one}}}" for one in REPLY_WORDS)
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise _refused("A brace is not closed, or not opened.", known) from None
    for _, name, form, conversion in parts:
        if name is not None and (name not in REPLY_WORDS or form or conversion):
            raise _refused(f"{{{name}}} is no word that can be filled in.", known)
    return text


def _refused(what: str, known: str) -> PydanticCustomError:
    remedy = f"Write {known}, or no braces."
    return PydanticCustomError(
        "unknown-word", "{what}", {"what": what, "remedy": remedy}
    )


WithWords = Annotated[Paragraph, AfterValidator(_known_words)]


class ReplyEntry(Entry):
    """An automatic reply in the three languages, one paragraph each."""

    he: Paragraph
    ar: Paragraph
    en: Paragraph


class LeaverReplyEntry(Entry):
    """What senders to somebody who left are answered, one paragraph in each language.

    `{name}` becomes the person's name, `{municipality}` the municipality's.
    """

    he: WithWords
    ar: WithWords
    en: WithWords
