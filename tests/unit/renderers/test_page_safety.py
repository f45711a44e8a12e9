"""Names from a tenant are not ours: markup in any of them stays text."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import html5lib
import msgspec
import pytest

from provisioner.model.report import Report
from provisioner.renderers import render

EVIL = "\"'><script>alert(1)</script><img src=x onerror=y>{{7*7}}\u202etxt.exe"
ALLOWED = {"html", "head", "meta", "title", "style", "body", "a", "header", "main"}
ALLOWED |= {"footer", "section", "h1", "h2", "h3", "h4", "p", "span", "strong", "bdi"}
ALLOWED |= {"ul", "li", "dl", "dt", "dd", "div", "pre", "code", "details", "summary"}
ALLOWED |= {"table", "caption", "thead", "tbody", "tr", "th", "td", "time"}


def poisoned(value: Any) -> Any:
    """The same value with markup behind every free text in it."""
    if isinstance(value, Enum | datetime) or value is None:
        return value
    if isinstance(value, str):
        return f"{value}{EVIL}"
    if isinstance(value, dict):
        return {f"{key}{EVIL}": poisoned(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(poisoned(one) for one in value)
    if isinstance(value, msgspec.Struct):
        fields = {
            name: poisoned(getattr(value, name))
            for name in value.__struct_fields__
            if name != "mode"
        }
        return msgspec.structs.replace(value, **fields)
    return value


@pytest.fixture(scope="module")
def evil(report: Report) -> Report:
    spoiled = poisoned(report)
    assert isinstance(spoiled, Report)
    return spoiled


@pytest.mark.parametrize("language", ["he", "ar", "en"])
def test_markup_in_any_field_stays_text_in_html(evil: Report, language: str) -> None:
    html = render(evil, "html", language)
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    page = parser.parse(html)
    assert {one.tag for one in page.iter()} <= ALLOWED
    assert not [a for one in page.iter() for a in one.attrib if a.startswith("on")]
    text = "".join(page.itertext())
    assert "<script>alert(1)</script>" in text
    assert "{{7*7}}" in text
    assert "\u202e" not in html
    assert "\\u202etxt.exe" in text


def test_markup_in_any_field_stays_text_in_markdown(evil: Report) -> None:
    from markdown_it import MarkdownIt

    html = MarkdownIt("gfm-like", {"linkify": False}).render(render(evil, "md", "en"))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html
    assert "\u202e" not in html


def test_no_text_moves_the_cursor_of_a_terminal(evil: Report) -> None:
    import io

    from rich.console import Console

    from provisioner.renderers.terminal import show

    spoiled = msgspec.structs.replace(evil, run_id="a\x1b[2Jb\rc[bold]d[/bold]")
    out = io.StringIO()
    show(spoiled, Console(file=out, width=100, no_color=True), verbose=True)
    assert "\x1b" not in out.getvalue()
    assert "\r" not in out.getvalue()
    assert "\u202e" not in out.getvalue()
    assert "\\u001b[2Jb\\u000dc[bold]d[/bold]" in out.getvalue()
