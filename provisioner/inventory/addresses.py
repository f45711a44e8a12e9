"""Addresses proposed from names in Hebrew, Arabic or any other script.

The letters are turned by anyascii. Put in before is only what it leaves out (alef and
ayin, here a) or reads otherwise at the start of a word (ב, כ and פ, here b, k and p).
A proposal is for a person to accept: without written vowels none can know better.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable

from anyascii import anyascii

from provisioner.inventory.definition.words import LOCAL_PART_MAX

# With dagesh, as at the start of a word, anyascii reads bet, kaf and pe as b, k and p.
_STOPS = str.maketrans({"ב": "\ufb31", "כ": "\ufb3b", "פ": "\ufb44"})
_VOWELS = str.maketrans(dict.fromkeys("אעاع", "a"))
_APOSTROPHES = re.compile(r"['\"`׳״‘’‛“”´ʼʿʾ]")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_NAMELESS = "person"


def propose(given_name: str, surname: str, domain: str, taken: Container[str]) -> str:
    """`given.surname@domain` in ASCII, with 2, 3 … where it is in `taken`.

    `taken` holds whole addresses in lower case. The part before @ is at most 64
    characters of `[a-z0-9.-]`; a name with no letters becomes `person`.
    """
    stem = local_part(given_name, surname)
    address, number = f"{stem}@{domain}", 1
    while address in taken:
        number += 1
        suffix = str(number)
        cut = stem[: LOCAL_PART_MAX - len(suffix)].rstrip(".-")
        address = f"{cut}{suffix}@{domain}"
    return address


def proposals(
    names: Iterable[tuple[str, str]], domain: str, taken: Iterable[str] = ()
) -> list[str]:
    """An address for each (given name, surname), none twice, in the same order."""
    used = set(taken)
    found = []
    for given_name, surname in names:
        address = propose(given_name, surname, domain, used)
        used.add(address)
        found.append(address)
    return found


def local_part(given_name: str, surname: str) -> str:
    """The two names as `first.last`; the words of one name are joined by hyphens."""
    parts = filter(None, map(_plain, (given_name, surname)))
    return ".".join(parts)[:LOCAL_PART_MAX].rstrip(".-") or _NAMELESS


def _plain(name: str) -> str:
    """One name as `[a-z0-9]` words joined by single hyphens."""
    bare = _APOSTROPHES.sub("", _without_points(name))
    latin = " ".join(map(_latin, re.split(r"[\s־‐-―-]+", bare)))
    return _NOT_PLAIN.sub("-", latin).strip("-")


def _without_points(name: str) -> str:
    """The name without niqqud, harakat and other marks on letters."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(one for one in apart if unicodedata.category(one) != "Mn")


def _latin(word: str) -> str:
    marked = word[:1].translate(_STOPS) + word[1:]
    return _APOSTROPHES.sub("", anyascii(marked.translate(_VOWELS))).lower()
