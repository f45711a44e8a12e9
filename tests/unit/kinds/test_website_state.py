"""What a static website shall have on its host: pages in its language, nothing foreign."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import html5lib
import msgspec
import pytest

from provisioner.kinds.host.merge import merge
from provisioner.kinds.host.static_site import PAGES
from provisioner.kinds.host.website_words import WORDS
from provisioner.kinds.host.websites import website_part
from provisioner.model.host_state import HostPart
from provisioner.model.hosts import Accessibility, Website

SITE = Website(
    "learning",
    "static",
    "web-1",
    "learning.sakhnin.example",
    "ar",
    'دورات "رقمية" <لكبار السن>',
    Accessibility("ياسمين", "04-999-0012", "access@sakhnin.example"),
    aliases=("courses.sakhnin.example",),
    about="{{ 7 * 191 }} & <script>alert(1)</script>",
)


def _content(part: HostPart, name: str) -> str:
    (found,) = [one.content for one in part.files if one.path.endswith(name)]
    return found


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_whole_html_in_its_language(language: str, page: str) -> None:
    site = msgspec.structs.replace(SITE, language=language)
    text = _content(website_part(site, "x"), f"/{page}.html")
    html5lib.HTMLParser(strict=True).parse(text)
    direction = WORDS[language].direction
    assert f'<html lang="{language}" dir="{direction}">' in text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text), "nothing foreign"
    assert 'href="/accessibility"' in text


def test_what_the_inventory_says_is_text_and_never_markup_or_a_template() -> None:
    text = _content(website_part(SITE, "x"), "/index.html")
    assert "{{ 7 * 191 }} &amp; &lt;script&gt;" in text
    seen: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: seen.append(tag)  # type: ignore[method-assign]
    parser.feed(text)
    assert "script" not in seen


def test_the_statement_names_the_coordinator() -> None:
    text = _content(website_part(SITE, "x"), "/accessibility.html")
    for told in ("ياسمين", "04-999-0012", "access@sakhnin.example"):
        assert told in text


def test_two_sites_share_what_is_common_and_one_unit_reads_both() -> None:
    other = msgspec.structs.replace(SITE, domain="two.example", aliases=())
    state = merge([("a", website_part(SITE, "x")), ("b", website_part(other, "y"))])
    (unit,) = state["services"]
    assert "/etc/nginx/sites-enabled/x.conf" in unit["reads"]
    assert "/etc/nginx/sites-enabled/y.conf" in unit["reads"]
    assert len([one for one in state["files"] if "conf.d" in one["path"]]) == 1
