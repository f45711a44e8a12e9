"""The backup report in words, row by row: one table for every form of report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from msgspec import Struct

from provisioner.model.backup import (
    Acknowledged,
    Disagreement,
    Drilled,
    Judgement,
    State,
)
from provisioner.model.backup_report import Asset, BackupReport, JobStanding
from provisioner.renderers.language import N_, NN_, Translator
from provisioner.renderers.sentences import told
from provisioner.renderers.values import visible
from provisioner.renderers.words import Word

STANDINGS = {
    State.OK: Word(N_("saved"), "✓", "+", "good"),
    State.LATE: Word(N_("late"), "…", "..", "attention"),
    State.BREACHED: Word(N_("too old"), "✗", "x", "bad"),
    State.NEVER: Word(N_("never saved"), "∅", "--", "bad"),
    State.UNKNOWN: Word(N_("unknown"), "?", "?", "attention"),
}
MISSING = Word(N_("no backup"), "∅", "--", "bad")
REBUILT = Word(N_("made anew from the inventory"), "·", ".", "quiet")
NOT_OURS = Word(N_("kept by Microsoft, not saved by us"), "·", ".", "quiet")
_ASSETS = {
    "website": N_("website"),
    "database": N_("database"),
    "server": N_("server"),
    "files": N_("files"),
    "mailboxes": N_("mailboxes"),
    "forums": N_("forums"),
}
_DISAGREEMENTS = {
    Disagreement.NOTHING_OF_IT: N_(
        "The job says it succeeded; the repository has nothing of it."
    ),
    Disagreement.NEWER_THAN_TOLD: N_(
        "The repository has a copy that the job does not know of."
    ),
    Disagreement.FUTURE: N_("The repository has copies from the future."),
}
_HEADINGS = (
    N_("Municipality"),
    N_("What"),
    N_("Job"),
    N_("State"),
    N_("Last good copy"),
    N_("Age"),
    N_("Allowed"),
    N_("Size"),
    N_("Last check"),
    N_("Last restore drill"),
)


class Row(Struct, frozen=True):
    """An asset with one of its jobs, or alone; `cells` in the order of `headings`."""

    word: Word
    cells: tuple[str, ...]
    asset: Asset
    job: JobStanding | None
    acknowledged: Acknowledged | None = None

    @property
    def key(self) -> str:
        """What can be acknowledged: the job, or the asset that has none."""
        return self.job.key if self.job else self.asset.key


def headings(words: Translator) -> list[str]:
    """The names of the columns."""
    return [words.gettext(one) for one in _HEADINGS]


def rows(report: BackupReport, words: Translator) -> Iterator[Row]:
    """One for each asset and job that saves it."""
    for asset in report.assets:
        jobs: list[JobStanding | None] = [report.job(key) for key in asset.jobs]
        for job in jobs or [None]:
            word = _word(asset, job)
            owner = visible(report.names[asset.owner].in_language(words.code))
            state = f"{word.symbol} {words.gettext(word.label)}"
            known = job.judgement.acknowledged if job else asset.acknowledged
            if known:
                state = words.gettext("%(state)s, known of", state=state)
            facts = _facts(job, words) if job else ("", "", "", "", "", "")
            name = visible(job.name) if job else ""
            cells = (owner, _what(asset, words), name, state, *facts)
            yield Row(word, cells, asset, job, known)


def remarks(report: BackupReport, words: Translator) -> Iterator[str]:
    """Sentences: why a job is unknown, who disagrees, what else is wrong, who knows."""
    for job in report.jobs:
        for cause, detail in dict.fromkeys(causes(job, words)):
            yield f"{visible(job.key)}: {f'{cause}: {detail}' if detail else cause}"
    for key, word in report.in_danger.items():
        if word:
            yield f"{visible(key)}: {known_by(word, words)}"


def known_by(word: Acknowledged, words: Translator) -> str:
    """Who lets a danger be, until when, and why."""
    return words.gettext(
        "Acknowledged by %(who)s until %(until)s: %(reason)s",
        who=visible(word.actor),
        until=words.moment(word.until),
        reason=visible(word.reason),
    )


def backup_lines(report: BackupReport, words: Translator) -> Iterator[str]:
    """For a terminal that shows a whole run: the count of each state, and remarks."""
    counts = Counter(one.word.label for one in rows(report, words))
    shown = (f"{words.gettext(label)} {words.number(n)}" for label, n in counts.items())
    yield f"\n{words.gettext('Backups')}: {'; '.join(shown)}"
    yield from (f"  {one}" for one in remarks(report, words))


def causes(job: JobStanding, words: Translator) -> Iterator[tuple[str, str]]:
    """What is wrong with a job, beside its age: what many may have, and its own detail."""
    judged, known = job.judgement, job.known
    if judged.reason:
        yield told(judged.reason, words, visible), ""
    for one in judged.disagreements:
        yield words.gettext(_DISAGREEMENTS[one]), ""
    if known.job and known.job.result == "failed":
        why = told(known.job.reason, words, visible)
        yield words.gettext("The last run failed"), why
    if known.listed and not known.listed.independent:
        yield words.gettext("The repository is seen from the job's own host alone."), ""
    if judged.trend and judged.trend.sudden:
        yield words.gettext("The size jumped: somebody should look."), ""
    if known.checked and not known.checked.sound:
        yield (
            words.gettext("The last check found damage"),
            visible(known.checked.reason),
        )
    for side in ("job", "check"):
        if side in known.unread:
            yield told(known.unread[side], words, visible), ""
    if known.drilled and not known.drilled.passed:
        yield (
            words.gettext("The last drill did not pass"),
            visible(known.drilled.reason),
        )


def _word(asset: Asset, job: JobStanding | None) -> Word:
    if job is not None:
        return STANDINGS[job.judgement.state]
    if not asset.ours:
        return NOT_OURS
    return MISSING if asset.missing else REBUILT


def _what(asset: Asset, words: Translator) -> str:
    kind = words.gettext(_ASSETS[asset.kind])
    return f"{kind} {visible(asset.name) or words.number(asset.count)}"


def _facts(job: JobStanding, words: Translator) -> tuple[str, ...]:
    known = job.known
    newest = known.listed.newest if known.listed else None
    checked, drilled = known.checked, known.drilled
    return (
        words.moment(newest) if newest else "",
        duration(job.judgement.age, words) if job.judgement.age is not None else "",
        duration(job.recovery_point, words),
        _size(job.judgement, known.listed.size if known.listed else None),
        f"{words.moment(checked.at)} ({visible(checked.part)})" if checked else "",
        f"{words.moment(drilled.at)}, {_compared(drilled, words)}" if drilled else "",
    )


def duration(length: timedelta, words: Translator) -> str:
    """A length of time in whole days, from two days on, or whole hours."""
    hours = max(0, int(length.total_seconds() // 3600))
    if hours < 48:
        return words.ngettext(*NN_("%(count)s hour", "%(count)s hours"), hours)
    return words.ngettext(*NN_("%(count)s day", "%(count)s days"), hours // 24)


def _size(judged: Judgement, size: int | None) -> str:
    if size is None:
        return ""
    trend = f" ({judged.trend.change:+.0%})" if judged.trend else ""
    return f"{size_in_words(size)}{trend}"


def size_in_words(size: int) -> str:
    """Bytes in the unit that leaves three digits."""
    amount, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.3g} {units[0]}"


def _compared(one: Drilled, words: Translator) -> str:
    return words.gettext(
        "%(same)s of %(files)s the same, %(rows)s rows",
        same=words.number(one.same),
        files=words.number(one.files),
        rows=words.number(one.rows),
    )
