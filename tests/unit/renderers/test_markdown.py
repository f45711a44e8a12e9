"""The Markdown report reads right on a git host and in a mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from markdown_it import MarkdownIt

from provisioner.model.report import Report
from provisioner.renderers import render
from provisioner.renderers.markdown_text import block, code, text


@pytest.mark.parametrize(("language", "direction"), [("he", "rtl"), ("ar", "rtl")])
def test_a_report_from_right_to_left_says_so(
    report: Report, language: str, direction: str
) -> None:
    told = render(report, "md", language)
    assert told.startswith(f'<div dir="{direction}" lang="{language}">\n\n# ')
    assert told.endswith("\n\n</div>\n")
    assert told.count("<div") == told.count("</div>")


def test_a_report_in_english_needs_no_wrapping(report: Report) -> None:
    assert render(report, "md", "en").startswith("# ")


@pytest.mark.parametrize(
    "evil",
    [
        "a|b",
        "`code`",
        "<b>bold</b>",
        "*strong*",
        "[link](https://x.example)",
        "https://x.example",
        "www.x.example",
        "@everyone",
        "#1",
        "$x$",
        "~~gone~~",
        "&amp;",
        "a\nb",
        "\\",
    ],
)
def test_text_from_elsewhere_stays_text(evil: str) -> None:
    told = MarkdownIt("gfm-like", {"linkify": False}).render(text(evil))
    # What is left is one paragraph with the text and its two isolates.
    assert told.startswith("<p>\u2068")
    assert told.endswith("\u2069</p>\n")
    assert told.count("<") == 2
    assert "://" not in text(evil) or "\\://" in text(evil)


@pytest.mark.parametrize("evil", ["`", "``a``", "a`b", "`a", "x```"])
def test_no_backtick_ends_a_code_span_early(evil: str) -> None:
    told = MarkdownIt("gfm-like", {"linkify": False}).render(f"- {code(evil)} end")
    assert told.count("<code>") == 1
    assert "</code> end" in told


def test_no_record_ends_its_block_early() -> None:
    told = MarkdownIt().render("\n".join(block(["a", "```", "<b>"])))
    assert told.count("<pre>") == 1
    assert "<b>" not in told


def test_records_can_be_copied_without_hidden_characters(
    reports: dict[str, Report],
) -> None:
    lines = render(reports["drift"], "md", "he").splitlines()
    assert "rosh.example. 3600 IN MX 0 rosh-example.mail.example." in lines


def test_quiet_municipalities_are_counted_and_not_listed(
    reports: dict[str, Report],
) -> None:
    told = render(reports["plan"], "md", "en")
    assert "| \u2068Quiet Valley\u2069 | 1,205 |" in told
    assert "## \u2068Quiet Valley" not in told


def test_a_hundred_thousand_creations_stay_a_page(
    large: Callable[[Any, int, int], Report],
) -> None:
    told = render(large("plan", 4, 25_000), "md", "en")
    assert told.count("And 24,950 more") == 4
    assert len(told) < 200_000
