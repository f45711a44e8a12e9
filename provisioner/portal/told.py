"""What the engine says, made fit for a page: no remedies of the terminal, paths set apart."""

from __future__ import annotations

import re

from markupsafe import Markup

_AT_A_TERMINAL = re.compile(
    r"(?:^|(?<=[.!?])\s+)[^.!?]*--(?:checksum|release)\b[^.!?]*(?:[.!?]|$)"
)
_SET_APART = re.compile(
    r"[^\s:<>&;\"']+\.ya?ml(?::\d+){0,2}|--[a-z][a-z-]+(?: [A-Z]+\b)?"
)
_IN_A_FILE = re.compile(r"\.ya?ml\b")

_BEGINS = re.compile(r"[a-z_.]+(?=[: ])")
_FIELDS = (
    (
        re.compile(r"The address |'[^']*' is not in the (municipality's )?domain"),
        "address",
    ),
    (re.compile(r"The employee id "), "employee_id"),
    (re.compile(r"The tenant .*does not offer|Active people need "), "license"),
    (re.compile(r"The cluster has no role "), "role"),
)


def field_of(fault: str) -> str:
    """The field of a form that a fault is about; "" where it does not say.

    >>> field_of("surname is empty."), field_of("The address a@b.example is taken already.")
    ('surname', 'address')
    """
    begins = _BEGINS.match(fault)
    if begins:
        return begins[0]
    return next((name for form, name in _FIELDS if form.match(fault)), "")


def for_a_page(text: str) -> str:
    """The engine's sentences without those that tell what to type to release a guard.

    In the portal it is the button of the approval that does so.

    >>> for_a_page("5 would be deleted. If it is meant, give --checksum SUM.")
    '5 would be deleted.'
    """
    return _AT_A_TERMINAL.sub("", text)


def names_a_file(text: str) -> bool:
    """Whether it tells of a line of the inventory, which not everybody can open."""
    return bool(_IN_A_FILE.search(text))


def set_apart(text: Markup) -> Markup:
    """Paths and options as left-to-right, whatever the direction of the page.

    >>> set_apart(Markup("see a/b.yml:9:27: &lt;x&gt;"))
    Markup('see <bdi dir="ltr" class="code">a/b.yml:9:27</bdi>: &lt;x&gt;')
    """
    return Markup(_SET_APART.sub(r'<bdi dir="ltr" class="code">\g<0></bdi>', str(text)))  # noqa: S704
