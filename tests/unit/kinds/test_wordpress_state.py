"""What a WordPress site shall have on its host: of its own, apart from all others."""

from __future__ import annotations

import re

import html5lib
import msgspec
import pytest

from provisioner.kinds.host.differ import SeenPart, compared
from provisioner.kinds.host.merge import merge
from provisioner.kinds.host.website_words import WORDS
from provisioner.kinds.host.websites import website_part
from provisioner.model.host_state import HostPart, facts
from provisioner.model.hosts import Accessibility, Website

SITE = Website(
    "main",
    "wordpress",
    "web-1",
    "www.sakhnin.example",
    "ar",
    "O'Brien \\' ?> {{ 7 * 191 }} <b>",
    Accessibility("ياسمين <x>", "04-999-0012", "access@sakhnin.example"),
    about="{{ 7 * 191 }} & <script>alert(1)</script>",
)


@pytest.fixture
def part() -> HostPart:
    return website_part(SITE, "sakhnin-main", 13, "cio@sakhnin.example")


def _content(part: HostPart, name: str) -> str:
    (found,) = [one.content for one in part.files if one.path.endswith(name)]
    return found


def test_two_sites_share_the_code_and_nothing_of_their_own(part: HostPart) -> None:
    other = msgspec.structs.replace(SITE, domain="two.example")
    second = website_part(other, "sakhnin-two")
    state = merge([("a", part), ("b", second)])
    own = {one.path for one in part.files} - {one.path for one in second.files}
    assert own == {
        "/etc/nginx/sites-enabled/sakhnin-main.conf",
        "/etc/php/8.4/fpm/pool.d/sakhnin-main.conf",
        "/etc/wordpress/config-www.sakhnin.example.php",
        "/etc/wordpress/wp-sakhnin-main.env",
        "/srv/www/sakhnin-main/maintenance.html",
    }
    assert [one["user"] for one in state["databases"]] == [
        "wp-sakhnin-main",
        "wp-sakhnin-two",
    ]
    (pools,) = [one for one in state["services"] if one["name"] == "php8.4-fpm"]
    assert len(pools["reads"]) == 2


def test_there_is_no_database_password_anywhere(part: HostPart) -> None:
    assert "define('DB_PASSWORD', '');" in _content(
        part, "config-www.sakhnin.example.php"
    )
    name = "wp-sakhnin-main"
    assert facts(part)[f"database {name} user"] == f"{name} by unix_socket"


def test_a_lost_database_comes_first_and_a_new_site_has_lost_none(
    part: HostPart,
) -> None:
    lost = [*compared(part, SeenPart({}), part)]
    assert (lost[0].field, lost[0].before) == ("database wp-sakhnin-main", "gone")
    new = [*compared(part, SeenPart({}), None)]
    assert (new[0].field, new[0].before) == ("database wp-sakhnin-main", None)


def test_the_release_of_the_host_decides_which_php_serves() -> None:
    services = {one.name for one in website_part(SITE, "x", 12).services}
    assert "php8.2-fpm" in services


def test_a_long_name_still_makes_an_account_and_never_that_of_another() -> None:
    names = [
        website_part(SITE, f"a-very-long-municipality-name-site-{end}").sites[0].user
        for end in ("one", "two")
    ]
    assert len(set(names)) == 2
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{,31}", name) for name in names)


@pytest.mark.parametrize("language", WORDS)
def test_starting_pages_are_whole_html_that_names_the_coordinator(
    language: str,
) -> None:
    site = msgspec.structs.replace(SITE, language=language)
    (inside,) = website_part(site, "x").sites
    for name, title, content in inside.pages:
        assert title
        html5lib.HTMLParser(strict=True).parseFragment(content)
        assert "<script" not in content
        named = name in ("accessibility", "contact")
        assert ("access@sakhnin.example" in content) is named
    assert inside.options["WPLANG"] == {"he": "he_IL", "ar": "ar", "en": ""}[language]


def test_who_administers_is_whom_the_inventory_names_or_the_first_cio() -> None:
    (inside,) = website_part(SITE, "x", 13, "cio@sakhnin.example").sites
    assert inside.email == "cio@sakhnin.example"
    named = msgspec.structs.replace(SITE, administrator="noor@sakhnin.example")
    (inside,) = website_part(named, "x", 13, "cio@sakhnin.example").sites
    assert inside.email == "noor@sakhnin.example"
