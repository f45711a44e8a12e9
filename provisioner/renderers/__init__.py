"""A report as text for a terminal, JSON, Markdown, HTML and CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from provisioner.model.report import Report
from provisioner.renderers.written import write_whole

FORMATS = ("html", "json", "md", "csv")
_SPOKEN = ("html", "md")


def render(report: Report, format: str, language: str) -> str:
    """The report as text; `language` (`he`, `ar`, `en`) moves only HTML and Markdown.

    Raises `ValueError` for a format or language that does not exist.
    """
    if format not in FORMATS:
        raise ValueError(f"{format!r} is none of the formats {', '.join(FORMATS)}.")
    return _renderer(format)(report, language)


def _renderer(format: str) -> Callable[[Report, str], str]:
    # Imported when used: Jinja2 and Babel have no place in the start of a command.
    if format == "html":
        from provisioner.renderers.page import to_html

        return to_html
    if format == "md":
        from provisioner.renderers.markdown import to_markdown

        return to_markdown
    if format == "csv":
        from provisioner.renderers.sheet import to_csv

        return lambda report, _: to_csv(report)
    from provisioner.renderers.document import to_json

    return lambda report, _: to_json(report)


def write(
    report: Report, folder: Path, formats: Iterable[str], languages: Iterable[str]
) -> list[Path]:
    """Write `drift.he.html`, `drift.json` … into `folder`, each whole or not at all.

    HTML and Markdown are written once for each language, JSON and CSV once.
    """
    tongues = list(languages)
    written = []
    for format in formats:
        for language in tongues if format in _SPOKEN else tongues[:1] or ["en"]:
            middle = f".{language}" if format in _SPOKEN else ""
            target = folder / f"{report.mode}{middle}.{format}"
            write_whole(target, render(report, format, language).encode())
            written.append(target)
    return written
