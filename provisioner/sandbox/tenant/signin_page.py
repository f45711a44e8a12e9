"""The pages of `/authorize`: pick a sample person, or read what is wrong.

Plain HTML that works without scripts, by keyboard and with a screen reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from msgspec import Struct

from provisioner.sandbox.tenant.call import Answer

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = (
    ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}"
    "body{max-width:34rem;margin:2rem auto;padding:0 1rem}"
    "ul{list-style:none;padding:0}li{margin:.5rem 0}"
    "input{font:inherit;padding:.5rem;inline-size:100%;box-sizing:border-box}"
    "button{font:inherit;padding:.6rem 1rem;min-block-size:2.75rem;cursor:pointer}"
    "li button{inline-size:100%;text-align:start}"
    "button span{display:block;font-size:.875rem}"
    "button:focus-visible,input:focus-visible{outline:3px solid Highlight;"
    "outline-offset:2px}.note{border-inline-start:.25rem solid;padding-inline-start:1rem}"
)


class Person(Struct, frozen=True):
    """Somebody to sign in as; `roles` are the app roles in words."""

    id: str
    name: str
    address: str
    roles: str = ""


def page(title: str, body: str, status: int = 200) -> Answer:
    """A whole page; `body` is HTML already."""
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>\n"
    )
    headers = dict(_HEADERS)
    return Answer(status, text.encode(), headers, "text/html; charset=utf-8")


def choice_page(
    tenant: str,
    people: Iterable[Person],
    *,
    wishes: Mapping[str, str],
    sought: str,
    more: bool,
    declines: bool = False,
) -> Answer:
    """The list of people to choose from, with a search over all of them."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in wishes.items()
    )
    rows = "".join(
        f'<li><button type="submit" name="user" value="{escape(one.id)}">'
        f'<bdi>{escape(one.name)}</bdi><span dir="ltr">{escape(one.address)}</span>'
        f"{_roles(one)}"
        "</button></li>"
        for one in people
    )
    found = f'<ul aria-label="People">{rows}</ul>' if rows else _NOBODY
    if declines:
        found += (
            '<p><button type="submit" name="decline" value="1">Decline</button></p>'
        )
    note = "<p>There are more people: search for one of them.</p>" if more else ""
    return page(
        f"Sign in to {tenant}",
        '<p class="note">This is the sandbox: choose whom to be. No password is asked'
        " for.</p>"
        f'<form method="get" role="search">{hidden}'
        '<p><label for="sought">Search by name or address</label>'
        f'<input type="search" id="sought" name="sought" value="{escape(sought)}"></p>'
        '<p><button type="submit">Search</button></p></form>'
        f'<form method="post">{hidden}{found}</form>{note}',
    )


def _roles(one: Person) -> str:
    return f'<span dir="ltr"><b>{escape(one.roles)}</b></span>' if one.roles else ""


def code_page(wrong: str = "") -> Answer:
    """Where a person types the code that a device shows."""
    return page(
        "Enter the code that your device shows",
        (_said(wrong) if wrong else "")
        + '<form method="get"><p><label for="user_code">Code</label> '
        '<input type="text" id="user_code" name="user_code" autocomplete="off" autofocus'
        ' required></p><p><button type="submit">Next</button></p></form>',
        400 if wrong else 200,
    )


_NOBODY = '<p role="status">Nobody was found.</p>'


def error_page(text: str) -> Answer:
    """What is wrong with a request whose reply address cannot be trusted."""
    return page("Sorry, but we are having trouble signing you in.", _said(text), 400)


def _said(text: str) -> str:
    return f'<p role="alert">{escape(text)}</p>'


def posting_page(address: str, answer: Mapping[str, str]) -> Answer:
    """`response_mode=form_post` without scripts: the person sends the answer on."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in answer.items()
    )
    return page(
        "You are signed in",
        f'<form method="post" action="{escape(address)}">{hidden}'
        '<p><button type="submit" autofocus>Continue</button></p></form>',
    )
