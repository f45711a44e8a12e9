"""The portal in a real browser: the whole way of a request, in each language and width."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from portal_world import PortalWorld

from provisioner.renderers.language import translator

Open = Callable[..., Page]
_COLOURS = "color-contrast"
_PHONE = 390
NAMES = {"he": ("נעמה", "רוזן"), "ar": ("سلمى", "خليل"), "en": ("Nora", "Field")}


_LINES = 12
"""A row of a table is not higher: what is longer stands in a row of its own."""
_BADLY_SET = """lines => {
  const found = [];
  for (const row of document.querySelectorAll("tr")) {
    const height = row.getBoundingClientRect().height;
    if (height > lines * parseFloat(getComputedStyle(row).lineHeight))
      found.push(["high row", Math.round(height), row.innerText.slice(0, 80)]);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (!text.parentElement.closest("td, th") || text.parentElement.closest(".unseen"))
      continue;
    for (const token of text.data.matchAll(/\\S+/g)) {
      // A key or a path may be longer than any screen is wide.
      if (token[0].length > 40) continue;
      for (const word of token[0].matchAll(/[\\p{L}\\p{M}]+/gu)) {
        const range = new Range(), start = token.index + word.index;
        range.setStart(text, start);
        range.setEnd(text, start + word[0].length);
        const boxes = [...range.getClientRects()];
        if (boxes.some(box => box.top >= boxes[0].bottom))
          found.push(["broken word", token[0]]);
      }
    }
  }
  return found.slice(0, 5);
}"""


# Kept, to be looked at by people: no test sees that a page is ugly.
PICTURES = Path(__file__).parents[2] / "var" / "screenshots"


def _pages(world: PortalWorld) -> tuple[str, ...]:
    return (
        "/",
        f"/municipalities/{world.own}",
        "/requests",
        "/requests/new/person",
        "/requests/new/list",
        "/requests/new/shared",
        f"/requests/new/change?municipality={world.own}",
        f"/requests/new/website?municipality={world.own}&of=main",
        f"/requests/{world.request}",
        "/drift",
        f"/drift/{world.drifted}",
        f"/drift/{world.unmanaged}",
        "/backups",
        f"/backups/{world.backup}",
        "/approvals",
        "/runs",
        f"/runs/{world.run.id}",
        "/schedules",
        "/seats",
        f"/seats?municipality={world.own}",
        "/inventory",
        f"/inventory/{world.own}",
        "/audit",
        f"/search?words={world.own}",
        "/accessibility",
        "/signed-out",
        "/nowhere",
    )


@pytest.mark.parametrize(
    ("language", "width"), [("he", 1280), ("ar", _PHONE), ("en", _PHONE)]
)
@pytest.mark.timeout(300)
def test_no_page_has_an_accessibility_fault_or_is_wider_than_its_window(
    portal_world: PortalWorld, open_page: Open, axe: Axe, language: str, width: int
) -> None:
    page = open_page("it", language, width=width)
    root, direction = page.locator("html"), "ltr" if language == "en" else "rtl"
    faults: list[Any] = []
    desktop = width > _PHONE
    for path in _pages(portal_world):
        answer = page.goto(path, wait_until="domcontentloaded")
        if answer is None or answer.status != (404 if path == "/nowhere" else 200):
            faults.append((path, "status", answer and answer.status))
        expect(root).to_have_attribute("lang", language)
        expect(root).to_have_attribute("dir", direction)
        if path in _pictured(portal_world):
            _keep_picture(page, path, language, width)
        faults += [(path, one) for one in _violations(axe, page, colours=desktop)]
        if desktop:
            # The other theme is the same page in other colours.
            root.evaluate("one => { one.dataset.theme = 'dark' }")
            faults += [(path, "dark", one) for one in _violations(axe, page, _COLOURS)]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            faults.append((path, "too wide", wide))
        faults += [(path, one) for one in page.evaluate(_BADLY_SET, _LINES)]
    assert not faults


def _pictured(world: PortalWorld) -> tuple[str, ...]:
    own = f"/municipalities/{world.own}"
    return ("/", own, f"/requests/{world.request}", "/backups", "/seats", "/drift")


def _keep_picture(page: Page, path: str, language: str, width: int) -> None:
    name = path.strip("/").split("/")[0] or "home"
    file = PICTURES / language / f"{name}-{width}.png"
    page.screenshot(path=file, full_page=True)
    assert file.stat().st_size > 10_000


def _violations(
    axe: Axe, page: Page, *only: str, colours: bool = True
) -> list[tuple[str, Any]]:
    """What axe finds, by rule and place; of all rules, or `only` of these.

    Colours do not depend on the language, and to measure them takes most of the time.
    """
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
    options |= {"rules": {_COLOURS: {"enabled": colours}}}
    if only:
        options["runOnly"] = list(only)
    found = axe.run(page, options=options).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]


@pytest.mark.parametrize(
    ("language", "width"), [("he", 1280), ("ar", _PHONE), ("en", _PHONE)]
)
def test_from_asking_to_a_mailbox_and_its_password(
    portal_world: PortalWorld, open_page: Open, language: str, width: int
) -> None:
    words = translator(language).gettext
    cio = open_page(f"cio.{portal_world.own}", language, width=width)
    cio.get_by_role("link", name=words("New person")).click()
    given, family = NAMES[language]
    cio.get_by_label(words("Given name")).fill(given)
    cio.get_by_label(words("Surname")).fill(family)
    cio.get_by_role("button", name=words("Check it")).click()
    address = cio.locator("input[name=address]").input_value()
    assert address.endswith(f"@{portal_world.own}.example")
    cio.get_by_role("button", name=words("Send the request")).click()
    request = urlsplit(cio.url).path

    approver = open_page("approver", language, width=width)
    approver.goto(request)
    expect(approver.locator("pre.diff")).to_contain_text(f"+{address}")
    approver.get_by_role("button", name=words("Approve"), exact=True).click()
    expect(approver.get_by_role("status")).to_contain_text(
        words("Your decision was kept.")
    )

    hand_over = cio.get_by_role("link", name=words("Hand it over"))
    if language == "en":
        _reload_until(cio, request, hand_over)
    else:
        # The page that is open tells of every step by itself.
        expect(hand_over).to_be_visible(timeout=60_000)
    hand_over.click()
    cio.get_by_role("button", name=words("Show it now, once")).click()
    secret = cio.locator(".secret").inner_text().strip()
    assert len(secret) >= 16
    cio.goto(f"{request}/password/{address}")
    expect(cio.locator("body")).not_to_contain_text(secret)
    expect(cio.get_by_role("button", name=words("Show it now, once"))).to_have_count(0)
    users = portal_world.world.users(portal_world.own)
    assert users[address]["mailboxReady"]
    with portal_world.world.store() as store:
        told = str(store.audit.search("", limit=500))
        events = str([store.runs.events(run.id) for run in store.runs.latest(50)])
    assert secret not in told + events


def _reload_until(page: Page, path: str, wanted: Any) -> None:
    """A page without scripts is loaded again by whoever waits."""
    for _ in range(120):
        page.goto(path)
        if wanted.count():
            return
        page.wait_for_timeout(300)
    raise AssertionError(page.locator("main").inner_text())


def test_a_difference_is_repaired_with_the_keyboard_alone(
    portal_world: PortalWorld, open_page: Open
) -> None:
    page = open_page("it")
    page.goto("/drift?state=drifted")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    key = portal_world.to_repair
    box = page.locator(f"input[value='{key}']")
    for _ in range(60):
        page.keyboard.press("Tab")
        if box.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    page.locator("form[action='/drift/repair'] button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/**")
    expect(page.locator("main > p .badge").first).to_contain_text(
        "succeeded", timeout=60_000
    )
    expect(page.locator(".log")).to_contain_text("done")


def test_language_and_theme_are_remembered_without_scripts(
    portal_world: PortalWorld, open_page: Open
) -> None:
    page = open_page("auditor", "en")
    page.get_by_role("button", name="עברית").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.get_by_role("button", name=translator("he").gettext("Dark")).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/audit")
    expect(page.locator("html")).to_have_attribute("lang", "he")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_fault_leads_to_its_field_and_the_field_tells_of_it(
    portal_world: PortalWorld, open_page: Open, axe: Axe
) -> None:
    page = open_page(f"cio.{portal_world.own}", "en", width=_PHONE)
    page.goto("/requests/new/person")
    page.get_by_label("Given name").fill("Nora")
    page.get_by_label("Surname").fill("Field")
    page.locator("input[name=address]").fill("bad address")
    page.get_by_role("button", name="Check it").click()
    field = page.locator("input[name=address]")
    expect(field).to_have_attribute("aria-invalid", "true")
    (told, *_) = (field.get_attribute("aria-describedby") or "").split()
    expect(page.locator(f"#{told}")).to_contain_text("is no address")
    page.locator(f"#{told} a").click()
    assert urlsplit(page.url).fragment == field.get_attribute("id")
    expect(page.locator("input[name=surname]")).not_to_have_attribute(
        "aria-invalid", "true"
    )
    assert not _violations(axe, page)
