"""The engine's listener on a command line: a progress bar, or plain lines, on stderr."""

from __future__ import annotations

from typing import Self

from provisioner.model.outcome import Outcome
from provisioner.renderers.progress import Progress

_PHASES = {
    "observe": "Reading the tenant and DNS",
    "domain": "Domains",
    "mailbox": "Mailboxes",
    "shared_mailbox": "Shared mailboxes",
    "administrative_unit": "Administrative units",
    "forum": "Forums",
    "server": "Servers",
    "website": "Websites",
    "backup_job": "Backups",
    "verify": "Proving that it works",
}


class Told:
    """Shows phases and outcomes; `quiet` shows nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._progress = None if quiet else Progress()

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._progress is not None:
            self._progress.__exit__(*error)  # type: ignore[arg-type]

    def phase(self, text: str, total: int) -> None:
        if self._progress is not None:
            self._progress.phase(_said(text), total or None)

    def advance(self, outcome: Outcome) -> None:
        if self._progress is not None:
            self._progress.advance(_said(outcome.kind), status=str(outcome.status))


def _said(phase: str) -> str:
    return _PHASES.get(phase, phase)
