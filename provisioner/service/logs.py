"""Logs of the service: one JSON object a line, or words for a person at a terminal."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_run: ContextVar[str] = ContextVar("run", default="")


@contextmanager
def within_run(run_id: str) -> Iterator[None]:
    """What is logged inside names the run; event loops begun here inherit it."""
    token = _run.set(run_id)
    try:
        yield
    finally:
        _run.reset(token)


class JsonLines(logging.Formatter):
    """One object a line: `at`, `level`, `logger`, `message`, `run`, `trace`."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if run := _run.get():
            told["run"] = run
        if municipality := getattr(record, "municipality", ""):
            told["municipality"] = municipality
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


class Words(logging.Formatter):
    """For a person: time, level, the run's last letters, message."""

    def format(self, record: logging.LogRecord) -> str:
        run = _run.get()
        where = f" [{run[-6:]}]" if run else ""
        words = super().format(record)
        return (
            f"{self.formatTime(record, '%H:%M:%S')} {record.levelname}{where} {words}"
        )


def log_to_stderr(*, as_json: bool) -> None:
    """Send all logs from INFO on to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else Words())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # These say every request and every wake-up, and whole URLs.
    for name in (
        "httpx",
        "httpx2",
        "apscheduler",
        "uvicorn.access",
        "alembic",
        "procrastinate",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
