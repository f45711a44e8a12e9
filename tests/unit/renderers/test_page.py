"""The HTML report: valid, alone, readable by everybody, in three languages."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from msgspec import structs

from provisioner.model.outcome import Proof
from provisioner.model.report import Report
from provisioner.renderers import render
from provisioner.shipped import templates

LANGUAGES = ("he", "ar", "en")
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-)?"
    r"(?:left|right|top|bottom|width|height|min-width|max-width|min-height|max-height)"
    r"\s*:"
)
LATIN_RUN = re.compile(r"[A-Za-z]{2,}")


def parsed(html: str) -> Element:
    """The document as the standard reads it; a fault in it is an error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root: Element = parser.parse(html)
    return root


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(report: Report, language: str) -> Element:
    return parsed(render(report, "html", language))


def test_the_page_says_its_language_and_direction(page: Element, language: str) -> None:
    assert page.get("lang") == language
    assert page.get("dir") == ("ltr" if language == "en" else "rtl")


def test_the_page_needs_no_other_file(report: Report, language: str) -> None:
    html = render(report, "html", language)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\ssrc=|<script|<link", html)
    links = re.findall(r'href="([^"]*)"', html)
    assert links
    assert all(link.startswith("#") for link in links)


def test_a_site_that_was_photographed_is_shown_with_words_for_who_cannot_see_it(
    report: Report, language: str
) -> None:
    first, *others = report.municipalities
    at = datetime(2026, 3, 1, tzinfo=UTC)
    proof = Proof(first.slug, "website", "learning", at, (), picture=b"RIFF")
    pictured = structs.replace(first, proofs=(*first.proofs, proof))
    whole = structs.replace(report, municipalities=(pictured, *others))
    page = parsed(render(whole, "html", language))
    (picture,) = page.iter("img")
    assert picture.get("src") == "data:image/webp;base64,UklGRg=="
    assert "learning" in (picture.get("alt") or "")


def test_every_link_leads_to_a_place_of_the_page(page: Element) -> None:
    places = {one.get("id") for one in page.iter() if one.get("id")}
    links = {str(one.get("href"))[1:] for one in page.iter("a")}
    assert links <= places


def test_the_policy_admits_this_one_style(report: Report) -> None:
    html = render(report, "html", "en")
    style = html.split("<style>")[1].split("</style>")[0]
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html
    assert "default-src 'none'" in html
    assert not re.search(r'\sstyle="|\son\w+="', html)


def test_the_style_speaks_of_start_and_end_alone() -> None:
    css = (templates() / "reports" / "_style.css").read_text(encoding="utf-8")
    rules = re.sub(r"@media[^{]*", "@media ", css)
    assert not PHYSICAL.findall(rules)
    assert not re.search(r":\s*(?:left|right)\b", rules)
    assert "float" not in rules


def test_headings_go_down_one_step_at_a_time(page: Element) -> None:
    levels = [int(one.tag[1]) for one in page.iter() if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_page_has_landmarks_and_a_way_past_its_head(page: Element) -> None:
    assert [len(list(page.iter(tag))) for tag in ("header", "main", "footer")] == [
        1
    ] * 3
    skip = next(page.iter("a"))
    main = next(page.iter("main"))
    assert skip.get("href") == f"#{main.get('id')}"


def test_every_table_has_a_caption_and_heads_with_a_scope(page: Element) -> None:
    tables = list(page.iter("table"))
    assert tables
    for table in tables:
        assert next(table.iter("caption"), None) is not None
        assert {one.get("scope") for one in table.iter("th")} == {"col", "row"}


def test_what_scrolls_can_be_reached_by_keyboard(page: Element) -> None:
    for one in page.iter():
        if one.tag == "pre" or one.get("class") == "scroll":
            assert one.get("tabindex") == "0"


def test_no_state_is_told_by_colour_alone(page: Element) -> None:
    badges = [one for one in page.iter("span") if "badge" in (one.get("class") or "")]
    assert badges
    for badge in badges:
        symbol = next(iter(badge))
        assert symbol.get("aria-hidden") == "true"
        assert (symbol.tail or "").strip()


def test_only_municipalities_with_something_to_tell_are_open(page: Element) -> None:
    towns = [one for one in page.iter("details") if one.get("class") == "municipality"]
    states = {one.get("id"): one.get("open") is not None for one in towns}
    assert states == {
        "m-rosh": True,
        "m-wadi": True,
        "m-tavor": True,
        "m-emek": False,
        "m-har": True,
    }


def test_addresses_and_records_run_from_left_to_right(page: Element) -> None:
    for one in page.iter():
        if "code" in (one.get("class") or "").split() or one.tag == "pre":
            assert one.get("dir") == "ltr"


@pytest.mark.parametrize("language", ["he", "ar"])
def test_foreign_text_is_kept_apart_in_a_page_from_right_to_left(
    language: str, reports: dict[str, Report]
) -> None:
    page = parsed(render(reports["drift"], "html", language))
    main = next(page.iter("main"))
    # Words that belong to these languages as they are written in the trade.
    ours = re.compile(
        r"\b(?:DNS|JSON|CSV|MX|SPF|DKIM|DMARC|autodiscover|provisioner)\b"
    )
    bare = [text for text in _bare(main) if LATIN_RUN.search(ours.sub("", text))]
    assert not bare


def _bare(element: Element, isolated: bool = False) -> list[str]:
    """All text that stands in no element with a direction of its own."""
    here = isolated or element.tag in ("bdi", "pre", "caption")
    found = [] if here or not element.text else [element.text]
    for child in element:
        found += _bare(child, here)
        if child.tail and not here:
            found.append(child.tail)
    return found


def test_records_are_shown_exactly(page: Element) -> None:
    shown = ["".join(one.itertext()) for one in page.iter("pre")]
    assert 'rosh.example. 3600 IN TXT "v=spf1 include:spf.mail.example -all"' in shown


def test_the_verdict_stands_on_top(reports: dict[str, Report]) -> None:
    html = render(reports["quiet"], "html", "en")
    assert "Nothing to do: everything is as the inventory says." in html
    assert html.index('class="verdict good"') < html.index('class="tiles"')


def test_moments_are_told_in_israel_and_meant_in_utc(
    reports: dict[str, Report],
) -> None:
    html = render(reports["drift"], "html", "he")
    # 06:30 UTC in winter is 08:30 in Jerusalem.
    assert '<time datetime="2026-03-08T06:30:00Z"><bdi>8 במרץ 2026, 08:30</bdi>' in html


def test_a_hundred_thousand_creations_stay_one_page(
    large: Callable[[Any, int, int], Report],
) -> None:
    html = render(large("plan", 4, 25_000), "html", "en")
    assert html.count('<li class="item') == 400
    assert html.count("And 24,900 more") == 4
    assert len(html) < 1_000_000
