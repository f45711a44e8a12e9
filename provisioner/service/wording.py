"""The words of a notice in its reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from provisioner.model.notice import Notice
from provisioner.renderers.language import N_, Translator, translator
from provisioner.service import request_words

_TITLES = {
    "run_failed": N_("A run has failed"),
    "approval": N_("A plan waits for a second person"),
    "drift": N_("Differences were found or resolved"),
    "worker_gone": N_("A worker is gone"),
    **request_words.TITLES,
}
_BODIES = {
    "run_failed": N_("Run %(run)s (%(mode)s) has failed: %(reason)s"),
    "approval": N_(
        "%(by)s asks to apply %(changes)s change(s) in %(municipalities)s. Somebody else"
        " can approve until %(until)s: provisioner runs approve %(run)s"
    ),
    "drift": N_("%(municipality)s: %(new)s new, %(resolved)s resolved."),
    "worker_gone": N_("Worker %(worker)s has not been heard of since %(seen)s."),
    **request_words.BODIES,
}
_MOMENTS = ("until", "seen")


def words_of(notice: Notice, language: str) -> tuple[str, str]:
    """Title and body of a notice in `he`, `ar` or `en`."""
    words = translator(language)
    facts = {key: _told(key, value, words) for key, value in notice.facts.items()}
    return (
        words.gettext(_TITLES[notice.about]),
        words.gettext(_BODIES[notice.about], **facts),
    )


def _told(key: str, value: Any, words: Translator) -> str:
    name = request_words.named(key, value, words)
    if name is not None:
        return name
    if key in _MOMENTS:
        return words.moment(datetime.fromisoformat(value))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return words.number(value) if isinstance(value, int) else str(value)
