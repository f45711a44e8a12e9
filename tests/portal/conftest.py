"""One browser for each module: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from portal_world import PortalWorld

MISSING = "no Chromium here; install it with: apt-get install chromium"
_HEIGHT = 900
Open = Callable[..., Page]


# Not for the whole session: while Playwright runs, its thread has a running event loop,
# and no other test could start one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield one
        one.close()


@pytest.fixture(scope="session")
def axe() -> Axe:
    return Axe()


@pytest.fixture
def open_page(browser: Browser, portal_world: PortalWorld) -> Iterator[Open]:
    """Open a browser of its own: `open_page(who="it", language="he", width=390)`.

    At the end no page may have said anything on its console that is an error of ours.
    """
    contexts, said = [], []

    def open_(
        who: str = "", language: str = "en", theme: str = "light", width: int = 1280
    ) -> Page:
        settings: dict[str, Any] = {
            "viewport": {"width": width, "height": _HEIGHT},
            "base_url": portal_world.url,
            "reduced_motion": "reduce",
        }
        context = browser.new_context(**settings)
        contexts.append(context)
        context.add_cookies(
            [
                {"name": "language", "value": language, "url": portal_world.url},
                {"name": "theme", "value": theme, "url": portal_world.url},
            ]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda one: said.append(one.text) if _ours(one) else None)
        if who:
            sign_in(page, who)
        return page

    yield open_
    for one in contexts:
        one.close()
    assert not said


def _ours(message: Any) -> bool:
    """What the policy of the page or a script complains of; a 404 is the test's own."""
    return message.type == "error" and "Failed to load" not in message.text


def sign_in(page: Page, who: str, target: str = "/") -> None:
    """As a person does it: the sandbox's page, search, choose."""
    page.goto(f"/sign-in?next={target}")
    page.get_by_role("searchbox").fill(f"{who}@")
    page.get_by_role("button", name="Search").click()
    page.locator("button[name=user]").first.click()
    page.wait_for_url("**/*")
