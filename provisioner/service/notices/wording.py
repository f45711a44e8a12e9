"""The words of a notice in its reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from provisioner.model.approval import Approval
from provisioner.model.cluster import Cluster
from provisioner.model.condition import Condition
from provisioner.model.drift_item import DriftItem
from provisioner.model.notice import Notice
from provisioner.renderers.language import N_, NN_, Translator, translator
from provisioner.renderers.words import TASKS, label
from provisioner.service.notices import request_words

_WAITS = N_("A plan waits for a second person")
_TITLES = {
    "run_failed": N_("A run has failed"),
    "approval": _WAITS,
    "drift": N_("Differences were found or resolved"),
    "worker_gone": N_("A worker is gone"),
    "certificate": N_("A certificate is near its end"),
    "backup": N_("A backup is overdue"),
    "drill": N_("A restore drill did not pass"),
    "seats": N_("Seats are short"),
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
    "certificate": N_("%(municipality)s: %(domain)s, %(days)s days left."),
    "backup": N_("%(municipality)s: %(name)s, last good copy: %(last)s."),
    "drill": N_("%(municipality)s: %(name)s, drill of %(last)s: %(reason)s"),
    "seats": N_(
        "%(municipality)s: %(license)s, %(free)s free, %(waiting)s waiting; runs out:"
        " %(runs_out)s."
    ),
    **request_words.BODIES,
}
_OVER = {
    "certificate": N_("A certificate was renewed"),
    "backup": N_("A backup is recent again"),
    "drill": N_("A restore drill passed again"),
    "seats": N_("There are seats enough again"),
}
_MOMENTS = ("until", "seen", "last")
_DAYS = ("runs_out",)


def words_of(notice: Notice, language: str) -> tuple[str, str]:
    """Title and body of a notice in `he`, `ar` or `en`."""
    words = translator(language)
    titles = _OVER if notice.facts.get("over") else _TITLES
    return (
        words.gettext(titles[notice.about]),
        body_of(notice.about, notice.facts, words),
    )


def body_of(about: str, facts: Mapping[str, Any], words: Translator) -> str:
    """One sentence that says it all."""
    told = {key: _told(key, value, words) for key, value in facts.items()}
    return words.gettext(_BODIES[about], **told)


def _told(key: str, value: Any, words: Translator) -> str:
    name = request_words.named(key, value, words)
    if name is not None:
        return name
    if value is None or value == "":
        return "–"
    if key in _MOMENTS:
        return words.moment(datetime.fromisoformat(value))
    if key == "mode":
        return words.gettext(label(TASKS, value))
    if key in _DAYS:
        return date.fromisoformat(value).strftime("%d.%m.%Y")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return words.number(value) if isinstance(value, int) else str(value)


def digest_title(cluster: Cluster, days: int, words: Translator) -> str:
    """What a digest is of."""
    name = getattr(cluster.names, words.code)
    weekly = words.gettext("%(name)s: this week", name=name)
    return weekly if days > 1 else words.gettext("%(name)s: today", name=name)


def digest_lines(
    runs: Counter[str],
    drift: Sequence[DriftItem],
    conditions: Sequence[Condition],
    waiting: Sequence[Approval],
    words: Translator,
) -> Iterator[str]:
    """A digest line by line: what ran, what differs, what is short, what waits."""
    ran, failed = sum(runs.values()), runs["failed"] + runs["lost"]
    yield words.ngettext(*_RUNS, ran) + " " + words.ngettext(*_FAILED, failed)
    by_town = Counter(one.municipality for one in drift)
    yield words.ngettext(*_DRIFT, len(drift))
    for slug, count in sorted(by_town.items()):
        yield f"{slug}: {words.number(count)}"
    for one in conditions:
        title = words.gettext(_TITLES[one.about])
        yield f"{title}: {body_of(one.about, one.facts, words)}"
    for approval in waiting:
        title = words.gettext(_WAITS)
        yield f"{title}: provisioner runs approve {approval.run_id}"


_RUNS = NN_("%(count)s run ended.", "%(count)s runs ended.")
_FAILED = NN_("%(count)s failed.", "%(count)s failed.")
_DRIFT = NN_("%(count)s difference is open.", "%(count)s differences are open.")
