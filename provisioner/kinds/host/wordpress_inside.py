"""What is inside a WordPress site: options, starting pages, its administrator. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

from provisioner.kinds.host.render import render
from provisioner.kinds.host.website_words import WORDS
from provisioner.model.host_state import Site
from provisioner.model.hosts import Website

THEME = "municipal"
ADMINISTRATOR = "webmaster"
LOCALES = {"he": "he_IL", "ar": "ar", "en": ""}
_PAGES = ("home", "about", "accessibility", "privacy", "contact")


def inside(site: Website, account: str, email: str) -> Site:
    """What the database of a site shall hold; `account` is also the database's name."""
    coordinator = site.accessibility
    return Site(
        name=site.domain,
        user=account,
        database=account,
        administrator=ADMINISTRATOR,
        email=email or coordinator.email,
        options=_options(site),
        pages=tuple(_pages(site)),
        statement=(coordinator.coordinator, coordinator.phone, coordinator.email),
        coordinator=_rendered("coordinator", site),
    )


def _options(site: Website) -> dict[str, str]:
    return {
        # WordPress keeps it with its entities; both are compared as what they mean.
        "blogname": unescape(site.title),
        "WPLANG": LOCALES[site.language],
        "timezone_string": site.time_zone,
        "start_of_week": "0",
        "blog_public": "1",
        "users_can_register": "0",
        "default_role": "subscriber",
        "default_comment_status": "closed",
        "default_ping_status": "closed",
        "show_avatars": "0",
        "permalink_structure": "/%postname%/",
        "template": THEME,
        "stylesheet": THEME,
        "show_on_front": "page",
        "page_on_front": "home",
    }


def _pages(site: Website) -> Iterator[tuple[str, str, str]]:
    words = WORDS[site.language]
    titles = (
        words.home,
        words.about,
        words.accessibility,
        words.privacy,
        words.contact,
    )
    for name, title in zip(_PAGES, titles, strict=True):
        yield name, title, _rendered(name, site)


def _rendered(name: str, site: Website) -> str:
    words = WORDS[site.language]
    return render(f"wordpress/pages/{name}.html.j2", site=site, words=words).strip()
