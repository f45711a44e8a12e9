"""What pydantic found, put as a fault: a stable code, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from provisioner.inventory.addresses import local_part
from provisioner.inventory.characters import (
    NAME_PATTERN,
    TEXT_PATTERN,
    first_stain,
    shown,
)
from provisioner.inventory.definition import host_words, words
from provisioner.inventory.faults import suggestion

_NUMBER = ("int", "float", "greater", "less", "finite")
_TYPE = ("string_type", "list_type", "tuple_type", "literal_error")


class Wording(NamedTuple):
    """A fault without its place."""

    code: str
    what: str
    remedy: str


def worded(error: ErrorDetails, label: str, value: object) -> Wording:
    """One pydantic error about `label` (a key's path or a column) in our words."""
    kind = error["type"]
    context: dict[str, Any] = error.get("ctx", {})
    if "remedy" in context:
        return Wording(kind, f"{label}: {context['what']}", context["remedy"])
    if kind == "string_pattern_mismatch":
        return _mismatch(context["pattern"], label, str(value))
    if kind == "literal_error":
        return _no_choice(context["expected"], label, value)
    if kind == "string_too_long":
        return _too_long(context["max_length"], label, value)
    if kind in ("string_too_short", "too_short") or value in (None, ""):
        return Wording("empty-value", f"{label} is empty.", "Write a value.")
    if kind.startswith(_NUMBER):
        return _no_number(error, label, value)
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        remedy = "Write `key: value` lines below it."
        return Wording("no-mapping", f"{label} is no mapping.", remedy)
    needed = "a list" if kind.startswith(("list", "tuple")) else "a single value"
    return Wording("wrong-type", f"{label} is not {needed}.", f"Write {needed}.")


def _too_long(limit: int, label: str, value: object) -> Wording:
    length = len(str(value).strip())
    what = f"{label} has {length} characters; the limit is {limit}."
    return Wording("too-long", what, "Shorten it.")


def _no_choice(expected: str, label: str, value: object) -> Wording:
    choices = [one.strip("' ") for one in expected.replace(" or ", ",").split(",")]
    real = [one for one in choices if one]
    otherwise = f"Write one of: {', '.join(real)}."
    if not isinstance(value, str) or not value.strip():
        return Wording("empty-value", f"{label} is empty.", otherwise)
    return Wording(
        "unknown-value",
        f"{label} cannot be {shown(value)}.",
        suggestion(value, real, otherwise),
    )


def _no_number(error: ErrorDetails, label: str, value: object) -> Wording:
    message = error["msg"].removeprefix("Input should be ").split(",")[0]
    what = f"{label} is {shown(value)}."
    return Wording("wrong-number", what, f"Write {_article(message)}.")


def _article(message: str) -> str:
    return message if message.startswith("a ") else f"a number {message}"


def _mismatch(pattern: str, label: str, value: str) -> Wording:
    stain = first_stain(value.strip())
    if pattern in _SECRETS:
        return _SECRETS[pattern](label)
    if stain:
        return Wording(stain.code, f"{label} {stain.what}.", stain.remedy)
    if not value.strip():
        return Wording("empty-value", f"{label} is empty.", "Write a value.")
    if pattern == NAME_PATTERN:
        return _lost_letters(label)
    if pattern in (words.ADDRESS_PATTERN, words.ACCOUNT_PATTERN):
        return _no_address(label, value.strip())
    code, remedy = _FORMS.get(pattern, ("bad-format", "Write it as its schema says."))
    return Wording(code, f"{label} cannot be {shown(value)}.", remedy)


def _no_address(label: str, value: str) -> Wording:
    if not value.isascii():
        proposal = local_part(value.partition("@")[0], "")
        what = f"{label} {shown(value)} has letters other than a-z."
        return Wording("non-ascii-address", what, f"Write for example {proposal}.")
    what = f"{label} {shown(value)} is no address."
    remedy = (
        "Before @ use a-z, 0-9, dot, hyphen and underscore, beginning with a letter or"
        " digit, no dot at the end and no two together."
    )
    return Wording("bad-address", what, remedy)


def _lost_letters(label: str) -> Wording:
    """What a spreadsheet leaves of letters that its plain CSV cannot hold."""
    return Wording(
        "lost-character",
        f"{label} holds ??, which stands where letters were lost: the file was saved as"
        " plain CSV.",
        "Write the letters again and save the file as CSV UTF-8.",
    )


def _no_reference(label: str) -> Wording:
    return Wording(
        "secret-in-file",
        f"{label} is no reference (the value is not shown: it may be the secret).",
        "Write env/NAME or file/PATH; if it was the secret, replace it at the tenant:"
        " it stands in the history now.",
    )


def _no_file_reference(label: str) -> Wording:
    what = f"{label} is no reference to a file (the value is not shown)."
    return Wording("secret-in-file", what, "Write file/PATH of the PEM file.")


def _no_guid(label: str) -> Wording:
    """Ids and secrets stand side by side and are pasted into each other's place."""
    what = f"{label} is no id (the value is not shown)."
    remedy = "Write the id as 8-4-4-4-12 hexadecimal digits."
    return Wording("bad-format", what, remedy)


def _no_public_key(label: str) -> Wording:
    """A private key is pasted in its place sooner or later."""
    what = f"{label} is no public SSH key (the value is not shown)."
    return Wording("bad-key", what, "Write the line of a .pub file, without options.")


def _no_repository(label: str) -> Wording:
    """An address with a password in it must not reach a log."""
    what = f"{label} is no repository (the value is not shown)."
    remedy = "Write a path, sftp:…, rest:https://… or s3:…, without a password in it."
    return Wording("bad-format", what, remedy)


# What is put into words without its value.
_SECRETS: dict[str, Callable[[str], Wording]] = {
    words.REFERENCE_PATTERN: _no_reference,
    words.CERTIFICATE_PATTERN: _no_file_reference,
    words.GUID_PATTERN: _no_guid,
    host_words.PUBLIC_KEY_PATTERN: _no_public_key,
    host_words.REPOSITORY_PATTERN: _no_repository,
}
_SLUG = ("bad-slug", "Begin with a letter a-z, then a-z, 0-9 and hyphens.")
_FORMS: dict[str, tuple[str, str]] = {
    TEXT_PATTERN: ("illegal-character", "Write one line of visible characters."),
    words.SLUG_PATTERN: _SLUG,
    words.ROLE_PATTERN: _SLUG,
    words.DOMAIN_PATTERN: (
        "bad-domain",
        "Write it as in the DNS, such as rameh.example (other scripts as xn--…).",
    ),
    words.LICENSE_PATTERN: (
        "illegal-character",
        "Write the SKU part number, such as EXCHANGESTANDARD.",
    ),
    words.EMPLOYEE_ID_PATTERN: (
        "illegal-character",
        "Use letters a-z, digits, dot, hyphen, slash and underscore.",
    ),
    words.HOUR_PATTERN: ("bad-format", "Write hours as HH:MM, such as 08:00."),
    words.LOCALE_PATTERN: ("unknown-locale", "Write it as he-IL."),
    words.COUNTRY_PATTERN: ("bad-format", "Write two letters, such as IL."),
    words.CBS_PATTERN: ("bad-format", "Write the code as one to four digits."),
    host_words.HOST_PATTERN: (
        "bad-slug",
        "Begin with a letter a-z, then a-z, 0-9 and inner hyphens.",
    ),
    host_words.NAME_ON_NET_PATTERN: (
        "bad-host",
        "Write an IP address, or a name such as web-1.galil.example.",
    ),
    host_words.ACCOUNT_NAME_PATTERN: (
        "bad-account",
        "Begin with a letter a-z, then a-z, 0-9, hyphen and underscore; 31 at most.",
    ),
    host_words.NETWORK_PATTERN: (
        "bad-network",
        "Write an address or a network such as 10.20.0.0/16.",
    ),
    host_words.PATH_PATTERN: (
        "bad-format",
        "Write a whole path such as /srv/www, without .. and blanks.",
    ),
    host_words.DATABASE_PATTERN: (
        "illegal-character",
        "Use letters a-z, digits and underscore.",
    ),
    host_words.VARIABLE_PATTERN: (
        "bad-format",
        "Write a variable of restic's, such as AWS_ACCESS_KEY_ID.",
    ),
    host_words.DIRECTORY_PATTERN: (
        "bad-format",
        "Write the address of the directory, such as https://acme.example/directory.",
    ),
    host_words.PHONE_PATTERN: ("bad-format", "Write digits, such as 04-999-0000."),
}
