"""Backups in danger by their cause: one host that is down is one line, not thirty."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from provisioner.model.backup import Acknowledged, State
from provisioner.model.backup_report import BackupReport, JobStanding
from provisioner.renderers.backups import MISSING, STANDINGS, causes, duration
from provisioner.renderers.language import Translator
from provisioner.renderers.values import visible

_WORST = (State.NEVER, State.BREACHED, State.LATE)


class Endangered(Struct, frozen=True):
    """A job or an asset without one, what is its own in the danger, and who knows of it."""

    key: str
    detail: str
    acknowledged: Acknowledged | None


class Danger(Struct, frozen=True):
    """A cause, and all that it endangers."""

    cause: str
    entries: tuple[Endangered, ...]

    @property
    def known(self) -> bool:
        """Whether somebody knows of all of it."""
        return all(one.acknowledged for one in self.entries)


def dangers(report: BackupReport, words: Translator) -> list[Danger]:
    """Each cause once; what nobody knows of comes first, then what endangers most."""
    found: dict[str, list[Endangered]] = {}
    for cause, one in _each(report, words):
        found.setdefault(cause, []).append(one)
    every = [Danger(cause, tuple(entries)) for cause, entries in found.items()]
    return sorted(every, key=lambda one: (one.known, -len(one.entries)))


def _each(report: BackupReport, words: Translator) -> Iterator[tuple[str, Endangered]]:
    for asset in report.assets:
        if asset.missing:
            cause = words.gettext(MISSING.label)
            yield cause, Endangered(asset.key, "", asset.acknowledged)
    for state in _WORST:
        for job in (one for one in report.jobs if one.judgement.state is state):
            cause = words.gettext(STANDINGS[state].label)
            yield cause, _endangered(job, _age(job, words))
    for job in report.jobs:
        for cause, detail in dict.fromkeys(causes(job, words)):
            yield cause, _endangered(job, detail)


def _endangered(job: JobStanding, detail: str) -> Endangered:
    return Endangered(job.key, visible(detail), job.judgement.acknowledged)


def _age(job: JobStanding, words: Translator) -> str:
    age = job.judgement.age
    return duration(age, words) if age is not None else ""
