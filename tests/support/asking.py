"""Who asks and who decides in the tests of requests, and a clock that they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from provisioner.model.viewer import Viewer
from provisioner.model.wish import NewMailboxes, NewPerson
from provisioner.service.requests import everything

HUDA = Viewer("huda@rameh.example", frozenset({"rameh"}), "huda@rameh.example", "ar")
SAMI = Viewer("sami@yarka.example", frozenset({"yarka"}), "sami@yarka.example")
NOA = everything("Noa")
NOOR = NewPerson("", "نور حلبي", "EXCHANGESTANDARD", "نور", "حلبي")
ONE = NewMailboxes((NOOR,))


@dataclass
class Clock:
    """The time, to be moved on by a test."""

    at: datetime = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at
