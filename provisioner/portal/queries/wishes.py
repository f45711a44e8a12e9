"""Wishes from what people filled in, and the fields of what a form is about."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from provisioner.model.hosts import Website
from provisioner.model.municipality import Municipality, Names, Person
from provisioner.model.wish import (
    PERSON_FIELDS,
    WEBSITE_FIELDS,
    NewMailboxes,
    NewPerson,
    NewSharedMailbox,
    PersonChange,
    PersonLeaves,
    WebsiteChange,
    Wish,
)

SORTS = ("person", "list", "shared", "change", "leaver", "website")
"""The forms that there are, as their addresses name them."""
About = Person | Website
"""What a form can be about: somebody or a site that is in the inventory already."""
PROPOSED = ("address", "display_name")
"""Fields of a new person that are proposed where nobody fills them in."""
_BEFORE = "proposed."


def about(sort: str, town: Municipality, name: str) -> About | None:
    """Whom or what a form of this sort is about, by the name that was chosen.

    The only website of a municipality needs no choice.
    """
    if sort in ("change", "leaver"):
        return _person(town, name)
    if sort == "website":
        sites = town.websites
        chosen = [
            one for one in sites if one.name == name or (not name and not sites[1:])
        ]
        return chosen[0] if chosen else None
    return None


def fields_of(about: About) -> dict[str, str]:
    """What the inventory says of it, as the fields of a form."""
    if isinstance(about, Website):
        return {name: str(_inner(about, name)) for name in WEBSITE_FIELDS}
    values = {name: getattr(about, name) for name in PERSON_FIELDS}
    return values | {"aliases": " ".join(about.aliases)}


def _inner(value: object, name: str) -> object:
    """A value by its name, which goes through what it is in: `accessibility.phone`."""
    for part in name.split("."):
        value = getattr(value, part)
    return value


def wish_of(sort: str, given: Mapping[str, str], about: About | None) -> Wish | None:
    """What a form asks for; None where it does not say of whom, or has no list."""
    if sort == "person":
        return _new_person(given)
    if sort == "shared":
        return _shared(given)
    if sort == "list":
        return _list(given)
    if isinstance(about, Website):
        return WebsiteChange(about.name, _changed(fields_of(about), given))
    if about is None:
        return None
    if sort == "change":
        return _change(about, given)
    return PersonLeaves(about.address)


def as_typed(given: Mapping[str, str]) -> dict[str, str]:
    """The fields of a form without what was proposed in them and not changed since.

    A proposal follows from the names: whoever corrects these wants another one.
    """
    empty = {
        name: ""
        for name in PROPOSED
        if _plain(given, name) == _plain(given, _BEFORE + name)
    }
    return {**given, **empty}


def proposed(typed: Mapping[str, str], person: NewPerson) -> dict[str, str]:
    """The fields of a form as they are proposed, and beside them which ones were."""
    values = {name: getattr(person, name) for name in PROPOSED}
    noted = {
        _BEFORE + name: "" if _plain(typed, name) else value
        for name, value in values.items()
    }
    return values | noted


def _new_person(given: Mapping[str, str]) -> NewMailboxes:
    values = {name: _plain(given, name) for name in PERSON_FIELDS}
    if not values["display_name"]:
        both = f"{values['given_name']} {values['surname']}"
        values["display_name"] = both.strip()
    return NewMailboxes((NewPerson(**values),))


def _list(given: Mapping[str, str]) -> NewMailboxes | None:
    """The list that was looked through, as the page has kept it."""
    try:
        return msgspec.json.decode(given.get("wish", ""), type=NewMailboxes)
    except msgspec.MsgspecError:
        return None


def _shared(given: Mapping[str, str]) -> NewSharedMailbox:
    names = Names(*(_plain(given, f"name_{one}") for one in ("he", "ar", "en")))
    return NewSharedMailbox(
        _plain(given, "address"),
        names,
        _words(given, "members"),
        _words(given, "aliases"),
    )


def _change(person: Person, given: Mapping[str, str]) -> PersonChange:
    fields = _changed(fields_of(person), given)
    if person.state == "leaver" and given.get("back") == "yes":
        fields["state"] = "active"
    return PersonChange(person.address, fields)


def _changed(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The fields of a form that differ from what the inventory says."""
    return {
        name: _plain(given, name)
        for name in before
        if name in given and _plain(given, name) != _plain(before, name)
    }


def _person(town: Municipality, address: str) -> Person | None:
    wanted = address.strip().lower()
    if wanted and "@" not in wanted:
        wanted = f"{wanted}@{town.domain}"
    return next((one for one in town.people if one.address == wanted), None)


def _plain(given: Mapping[str, str], name: str) -> str:
    return " ".join(str(given.get(name, "")).split())


def _words(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    text = str(given.get(name, "")).replace(",", " ").replace(";", " ")
    return tuple(dict.fromkeys(text.lower().split()))
