"""What a request asks for: one struct for each sort, told apart by its `sort`."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from provisioner.model.municipality import Names

Sort = Literal[
    "new_mailboxes", "shared_mailbox", "person_change", "leaver", "website_change"
]
SORTS: Final[tuple[Sort, ...]] = (
    "new_mailboxes",
    "shared_mailbox",
    "person_change",
    "leaver",
    "website_change",
)

PERSON_FIELDS: Final = (
    "address",
    "display_name",
    "given_name",
    "surname",
    "employee_id",
    "department",
    "job_title",
    "role",
    "license",
    "language",
    "aliases",
)
"""Columns of `mailboxes.csv` that a request may set; `state` has a sort of its own."""

WEBSITE_FIELDS: Final = (
    "title",
    "about",
    "language",
    "accessibility.coordinator",
    "accessibility.phone",
    "accessibility.email",
)
"""Values of a website that its municipality may change; where it is served is not one."""


class NewPerson(Struct, frozen=True):
    """One person to be added: the text of each column, as it will stand in the file.

    `address` is whole or a local part; `aliases` are separated by spaces or `;`.
    """

    address: str
    display_name: str
    license: str
    given_name: str = ""
    surname: str = ""
    employee_id: str = ""
    department: str = ""
    job_title: str = ""
    role: str = ""
    language: str = ""
    aliases: str = ""


class NewMailboxes(Struct, frozen=True, tag_field="sort", tag="new_mailboxes"):
    """Mailboxes for one person or many."""

    people: tuple[NewPerson, ...]


class NewSharedMailbox(Struct, frozen=True, tag_field="sort", tag="shared_mailbox"):
    """A functional address; `members` are people of the municipality by their address."""

    address: str
    names: Names
    members: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class PersonChange(Struct, frozen=True, tag_field="sort", tag="person_change"):
    """New values for a person's columns; `state: active` brings a leaver back.

    `before` is the person's whole row as it was when the request was submitted; the desk
    fills it in, and a row that differs later is a conflict.
    """

    address: str
    fields: dict[str, str]
    before: dict[str, str] = {}


class PersonLeaves(Struct, frozen=True, tag_field="sort", tag="leaver"):
    """A person leaves. `before` is as in `PersonChange`."""

    address: str
    before: dict[str, str] = {}


class WebsiteChange(Struct, frozen=True, tag_field="sort", tag="website_change"):
    """New values for a website of the municipality, by the names of `WEBSITE_FIELDS`.

    `before` holds the values of all of these as they were ("" where there was none).
    """

    website: str
    fields: dict[str, str]
    before: dict[str, str] = {}


Wish = NewMailboxes | NewSharedMailbox | PersonChange | PersonLeaves | WebsiteChange


def sort_of(wish: Wish) -> Sort:
    """The sort of a wish."""
    sort: Sort = wish.__struct_config__.tag  # type: ignore[assignment]
    return sort


def file_of(wish: Wish) -> Literal["people", "municipality"]:
    """Which of a municipality's two files the wish changes."""
    in_yaml = isinstance(wish, NewSharedMailbox | WebsiteChange)
    return "municipality" if in_yaml else "people"


def resources_of(wish: Wish, domain: str) -> tuple[tuple[str, str], ...]:
    """The (kind, name) of the resources that show whether the wish came true.

    A changed address is looked for under the new one. `domain` completes local parts.
    """
    match wish:
        case NewMailboxes():
            return tuple(("mailbox", whole(one.address, domain)) for one in wish.people)
        case NewSharedMailbox():
            return (("shared_mailbox", whole(wish.address, domain)),)
        case PersonChange():
            address = wish.fields.get("address") or wish.address
            return (("mailbox", whole(address, domain)),)
        case PersonLeaves():
            return (("mailbox", whole(wish.address, domain)),)
        case WebsiteChange():
            return (("website", wish.website),)


def addresses_of(wish: Wish, domain: str) -> tuple[str, ...]:
    """The whole addresses that a wish would take, aliases included."""
    match wish:
        case NewMailboxes():
            given = [
                x for one in wish.people for x in (one.address, *_split(one.aliases))
            ]
        case NewSharedMailbox():
            given = [wish.address, *wish.aliases]
        case PersonChange():
            aliases = _split(wish.fields.get("aliases", ""))
            given = [wish.fields.get("address", ""), *aliases]
        case _:
            given = []
    return tuple(whole(one, domain) for one in given if one)


def whole(address: str, domain: str) -> str:
    """An address in lower case, with the domain where it has none."""
    lower = address.strip().lower()
    return lower if "@" in lower else f"{lower}@{domain}"


def _split(aliases: str) -> list[str]:
    return aliases.replace(";", " ").split()
