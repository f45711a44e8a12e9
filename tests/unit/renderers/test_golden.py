"""Reports look as they did when somebody last looked at them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from provisioner.model.report import Report
from provisioner.renderers import render
from provisioner.renderers.document import schema
from provisioner.renderers.terminal import show

Golden = Callable[[Path, str], None]


def unstyled(text: str) -> str:
    """Without the style and its hash, which change whenever somebody moves a margin."""
    bare = re.sub(r"<style>.*</style>", "<style></style>", text, flags=re.DOTALL)
    return re.sub(r"'sha256-[^']+'", "'sha256-…'", bare)


@pytest.mark.parametrize(
    "name",
    [
        "drift.he.html",
        "drift.ar.html",
        "apply.en.html",
        "drift.he.md",
        "apply.ar.md",
        "plan.en.md",
        "drift.en.csv",
        "apply.en.csv",
        "drift.en.json",
        "apply.en.json",
    ],
)
def test_a_report_is_rendered_as_it_was(
    name: str, reports: dict[str, Report], cases: Path, golden: Golden
) -> None:
    mode, language, format = name.split(".")
    golden(cases / name, unstyled(render(reports[mode], format, language)))


@pytest.mark.parametrize("mode", ["plan", "apply", "drift", "quiet"])
def test_a_terminal_shows_what_it_showed(
    mode: str, reports: dict[str, Report], cases: Path, golden: Golden
) -> None:
    out = io.StringIO()
    show(reports[mode], Console(file=out, width=100))
    golden(cases / f"{mode}.terminal.txt", out.getvalue())


def test_the_schema_of_the_json_report_is_fresh(root: Path, golden: Golden) -> None:
    text = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    golden(root / "docs" / "reference" / "report-schema.json", text)
