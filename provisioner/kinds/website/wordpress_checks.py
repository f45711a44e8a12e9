"""What a WordPress site must show to visitors, and what it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from provisioner.errors import TransientProviderError
from provisioner.model.hosts import Website
from provisioner.model.outcome import Check
from provisioner.providers.web import Page

Pages = Mapping[str, Page | TransientProviderError]

# What is asked for, under which name, and what must refuse it.
_REFUSED = {
    "xmlrpc.php": "XML-RPC is refused",
    "?author=1": "pages of authors are refused",
    "?rest_route=/wp/v2/users": "the list of users is refused",
    "wp-content/uploads/provisioner.php": "no program runs among uploads",
}


def wordpress_urls(home: str) -> dict[str, str]:
    """The addresses that `wordpress_checks` wants to see, by name."""
    return {
        "statement": f"{home}accessibility/",
        "feed": f"{home}feed/",
        "sign-in": f"{home}wp-login.php",
        **{path: f"{home}{path}" for path in _REFUSED},
    }


def wordpress_checks(site: Website, pages: Pages) -> Iterator[Check]:
    """What holds of a WordPress site besides what holds of every site."""
    feed = pages["feed"]
    body = feed.body if isinstance(feed, Page) and feed.status == 200 else ""
    told = re.search(r"<language>([^<]*)</language>", body)
    language = told.group(1) if told else ""
    holds = language.partition("-")[0] == site.language
    yield Check("language of the feed", holds=holds, detail=language)
    door = pages["sign-in"]
    holds = isinstance(door, Page) and door.status == 200 and "loginform" in door.body
    yield Check("editors can sign in", holds=holds, detail=_status(door))
    for path, name in _REFUSED.items():
        page = pages[path]
        holds = isinstance(page, Page) and page.status in (401, 403, 404)
        yield Check(name, holds=holds, detail=_status(page))


def _status(page: Page | TransientProviderError) -> str:
    return str(page.status) if isinstance(page, Page) else str(page)
