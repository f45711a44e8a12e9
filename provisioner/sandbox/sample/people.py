"""The people of one sample municipality, as rows of `mailboxes.csv`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from provisioner.inventory.addresses import propose
from provisioner.model.municipality import Language
from provisioner.sandbox.sample import words
from provisioner.sandbox.sample.jobs import ROLES, STAFF
from provisioner.sandbox.sample.places import Place

# Coprime to the sizes of all tables: a walk meets every pair before one returns.
_STRIDE = 611
_NAMESAKE_EVERY = 50
_SHORT_ALIAS_EVERY = 12
_SECOND_LANGUAGE_EVERY = 5
_LEAVER = 23

_TABLES = {
    "he": (words.HEBREW_GIVEN, words.HEBREW_SURNAME),
    "ar": (words.ARABIC_GIVEN, words.ARABIC_SURNAME),
}
_OFFICES = {"head": "office", "cio": "it", "treasurer": "finance"}


class Row(NamedTuple):
    """One row of `mailboxes.csv`; the fields are its header, in order."""

    address: str
    display_name: str
    given_name: str
    surname: str
    employee_id: str
    department: str
    job_title: str
    role: str
    license: str
    language: str
    aliases: str
    state: str


def rows(place: Place, count: int, seed: int) -> Iterator[Row]:
    """`count` people of `place`; the first of them bear the cluster's roles.

    Raises `ValueError` when there are fewer people than roles.
    """
    if count < len(ROLES):
        raise ValueError(
            f"{place.slug}: {count} people cannot bear {len(ROLES)} roles; give more."
        )
    roles = list(ROLES)
    start = zlib.crc32(place.slug.encode()) + 97 * seed
    taken: set[str] = set()
    for index in range(count):
        role = roles[index] if index < len(roles) else ""
        yield _row(place, index, start, role, taken)


def _row(place: Place, index: int, start: int, role: str, taken: set[str]) -> Row:
    job = ROLES[role][1] if role else STAFF[index % len(STAFF)]
    language = _language(place, index)
    department, title = job.in_language(place.language)
    (given, latin_given), (surname, latin_surname) = _name(language, index, start)
    return Row(
        address=_take(latin_given, latin_surname, place.domain, taken),
        display_name=f"{given} {surname}",
        given_name=given,
        surname=surname,
        employee_id=f"{place.cbs_code}-{index + 1:05}",
        department=department,
        job_title=title,
        role=role,
        license=job.license,
        language="" if language == place.language else language,
        aliases=_alias(place, index, role, (latin_given[0], latin_surname), taken),
        state="leaver" if place.leaver and index == _LEAVER else "",
    )


def _language(place: Place, index: int) -> Language:
    second = place.also and index % _SECOND_LANGUAGE_EVERY == _SECOND_LANGUAGE_EVERY - 1
    return place.also if second and place.also else place.language


def _name(
    language: Language, index: int, start: int
) -> tuple[tuple[str, str], tuple[str, str]]:
    if index % _NAMESAKE_EVERY == _NAMESAKE_EVERY - 1:
        index -= 1  # two people of one name: their addresses must differ all the same
    given, surnames = _TABLES[language]
    step = start + index * _STRIDE
    return given[step % len(given)], surnames[step % len(surnames)]


def _alias(
    place: Place, index: int, role: str, short: tuple[str, str], taken: set[str]
) -> str:
    if role in _OFFICES:
        return _take("", _OFFICES[role], place.domain, taken)
    if index % _SHORT_ALIAS_EVERY == _SHORT_ALIAS_EVERY - 1:
        return _take(*short, place.domain, taken)
    return ""


def _take(given: str, surname: str, domain: str, taken: set[str]) -> str:
    address = propose(given, surname, domain, taken)
    taken.add(address)
    return address
