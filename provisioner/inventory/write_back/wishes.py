"""What a wish makes of the bytes of the file it is about; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.errors import RecordingHeld
from provisioner.inventory.write_back.rows import Rows
from provisioner.inventory.write_back.yaml_lines import CannotEdit, YamlLines
from provisioner.model.municipality import Municipality
from provisioner.model.wish import (
    WEBSITE_FIELDS,
    NewMailboxes,
    NewPerson,
    NewSharedMailbox,
    PersonChange,
    PersonLeaves,
    WebsiteChange,
    Wish,
    whole,
)

_LOOK = "Look at it and submit a new request."


def edited(wish: Wish, data: bytes, town: Municipality) -> bytes:
    """The file's bytes with the wish in them; the same bytes where it is there already.

    Raises `RecordingHeld` (`conflict`) where the person or the website is not as it was
    when the request was submitted, and (`invalid`) where a program cannot edit the file.
    """
    try:
        match wish:
            case NewMailboxes() | PersonChange() | PersonLeaves():
                return _people(wish, data, town)
            case NewSharedMailbox():
                return _shared(wish, data, town)
            case WebsiteChange():
                return _website(wish, data, town)
    except (CannotEdit, ValueError) as error:
        where = town.file or town.people_file
        raise RecordingHeld(
            "invalid", f"{where}: {error}", remedy="Let a person edit it."
        ) from error


def seen(wish: Wish, data: bytes, town: Municipality) -> Wish:
    """The wish with what it is about as the file has it now, to know later what changed.

    Raises `RecordingHeld` (`conflict`) where there is no such person or website.
    """
    match wish:
        case PersonChange():
            before = _row(wish, Rows(data, town.domain), town)
            return PersonChange(whole(wish.address, town.domain), wish.fields, before)
        case PersonLeaves():
            before = _row(wish, Rows(data, town.domain), town)
            return PersonLeaves(whole(wish.address, town.domain), before)
        case WebsiteChange():
            _, entry = _site(wish.website, YamlLines(data).value, town)
            return WebsiteChange(wish.website, wish.fields, _values(entry))
        case _:
            return wish


def _people(
    wish: NewMailboxes | PersonChange | PersonLeaves, data: bytes, town: Municipality
) -> bytes:
    rows = Rows(data, town.domain)
    if isinstance(wish, NewMailboxes):
        new = [_as_row(one, town.domain) for one in wish.people]
        there = [rows.of(one["address"]) for one in new]
        missing = [
            one
            for one, found in zip(new, there, strict=True)
            if found is None or not _same(found, one, town.domain)
        ]
        if missing:
            rows.append(missing)
        return rows.data if missing else data
    fields = wish.fields if isinstance(wish, PersonChange) else {"state": "leaver"}
    wanted = dict(wish.before) | dict(fields)
    address = whole(fields.get("address") or wish.address, town.domain)
    found = rows.of(address)
    if found is not None and _same(found, wanted, town.domain):
        return data
    found = _row(wish, rows, town)
    if found != dict(wish.before):
        raise _changed(wish.address, town.people_file, found, wish.before)
    rows.change(whole(wish.address, town.domain), fields)
    return rows.data


def _row(
    wish: PersonChange | PersonLeaves, rows: Rows, town: Municipality
) -> dict[str, str]:
    address = whole(wish.address, town.domain)
    found = rows.of(address)
    if found is None:
        raise RecordingHeld(
            "conflict", f"{town.people_file} has no person {address}.", remedy=_LOOK
        )
    return found


def _as_row(person: NewPerson, domain: str) -> dict[str, str]:
    row = {name: getattr(person, name) for name in NewPerson.__struct_fields__}
    return row | {"address": whole(person.address, domain), "state": ""}


def _same(found: Mapping[str, str], wanted: Mapping[str, str], domain: str) -> bool:
    """Whether a row says what is wanted, whatever the spaces around the values."""
    return all(
        _plain(name, found.get(name, ""), domain) == _plain(name, value, domain)
        for name, value in wanted.items()
    )


def _plain(name: str, value: str, domain: str) -> str:
    return whole(value, domain) if name == "address" and value else value.strip()


def _shared(wish: NewSharedMailbox, data: bytes, town: Municipality) -> bytes:
    lines = YamlLines(data)
    names = {"he": wish.names.he, "ar": wish.names.ar, "en": wish.names.en}
    entry: dict[str, Any] = {"address": _local(wish.address, town), "names": names}
    if wish.members:
        entry["members"] = [_local(one, town) for one in wish.members]
    if wish.aliases:
        entry["aliases"] = [_local(one, town) for one in wish.aliases]
    if entry in (lines.value.get("shared_mailboxes") or []):
        return data
    lines.append("shared_mailboxes", entry)
    return lines.data


def _local(address: str, town: Municipality) -> str:
    return whole(address, town.domain).removesuffix(f"@{town.domain}")


def _website(wish: WebsiteChange, data: bytes, town: Municipality) -> bytes:
    lines = YamlLines(data)
    number, entry = _site(wish.website, lines.value, town)
    now = _values(entry)
    if all(now[name] == value for name, value in wish.fields.items()):
        return data
    if now != dict(wish.before):
        raise _changed(wish.website, town.file, now, wish.before)
    for name, value in wish.fields.items():
        if now[name] != value:
            lines.replace(("websites", number, *name.split(".")), value)
    return lines.data


def _site(
    name: str, value: Mapping[str, Any], town: Municipality
) -> tuple[int, Mapping[str, Any]]:
    for number, entry in enumerate(value.get("websites") or []):
        if entry.get("name") == name:
            return number, entry
    raise RecordingHeld("conflict", f"{town.file} has no website {name}.", remedy=_LOOK)


def _values(entry: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for field in WEBSITE_FIELDS:
        value: Any = entry
        for part in field.split("."):
            value = value.get(part, "") if isinstance(value, Mapping) else ""
        found[field] = str(value or "")
    return found


def _changed(
    name: str, file: str, now: Mapping[str, str], before: Mapping[str, str]
) -> RecordingHeld:
    names = sorted(now.keys() | before.keys())
    told = [
        f"{one} {before.get(one, '')!r} → {now.get(one, '')!r}"
        for one in names
        if now.get(one, "") != before.get(one, "")
    ]
    return RecordingHeld(
        "conflict",
        f"{file}: {name} was changed since the request was submitted:"
        f" {'; '.join(told)}.",
        remedy=_LOOK,
    )
