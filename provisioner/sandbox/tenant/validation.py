"""What the service accepts in a user that is written, and how it refuses the rest.

Source: the vendor's user resource page, its limits, and its password and name policies.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from provisioner.sandbox.tenant.account import Password
from provisioner.sandbox.tenant.properties import (
    BY_LOWER,
    EXTENSION_ATTRIBUTES,
    REQUIRED,
    Property,
)
from provisioner.sandbox.tenant.refusal import Refusal, bad_request, invalid_value

_UPN = re.compile(r"[A-Za-z0-9'._\-!#^~]+@[A-Za-z0-9.-]+")
_MAIL = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")
_NICKNAME = re.compile(
    r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*"
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
_ATTRIBUTES = {name.lower(): name for name in EXTENSION_ATTRIBUTES}
_ORG_DATA = {"division": "division", "costcenter": "costCenter"}
_PROFILE = {
    name.lower(): name
    for name in (
        "password",
        "forceChangePasswordNextSignIn",
        "forceChangePasswordNextSignInWithMfa",
    )
}


def read_user(body: dict[str, Any]) -> dict[str, Any]:
    """The properties of a request under their canonical names; None clears one.

    Names may come in any case; annotations are passed over, as the service does.
    """
    found: dict[str, Any] = {}
    for given, value in body.items():
        if "@" in given:
            continue
        known = BY_LOWER.get(given.lower())
        if known is None:
            raise bad_request(f"Invalid property '{given}'.", "InvalidProperty", given)
        if not known.writable:
            raise bad_request(
                f"Property '{known.name}' is read-only and cannot be set.",
                "PropertyReadOnly",
                known.name,
            )
        found[known.name] = _checked(known, value)
    return found


def require_all(properties: dict[str, Any]) -> None:
    """Refuse a new user that lacks what the service demands."""
    for name in REQUIRED:
        if properties.get(name) is None:
            raise bad_request(
                f"A value is required for property '{name}' of resource 'User'.",
                "PropertyRequired",
                name,
            )


def _checked(known: Property, value: Any) -> Any:
    if value is None:
        if not known.clearable:
            raise invalid_value(known.name)
        return [] if known.kind == "texts" else None
    return _KINDS[known.kind](known, value)


def _wrong_type(known: Property, expected: str) -> Refusal:
    return bad_request(
        f"Cannot convert the value of property '{known.name}' to the expected type"
        f" '{expected}'."
    )


def _text(known: Property, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_type(known, "Edm.String")
    if not value:
        raise invalid_value(known.name)
    if known.limit and len(value) > known.limit:
        raise invalid_value(known.name, "InvalidLength")
    check = _TEXTS.get(known.name)
    if check is not None and not check(value):
        raise invalid_value(known.name)
    return value.upper() if known.name == "usageLocation" else value


def _flag(known: Property, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(known, "Edm.Boolean")
    return value


def _moment(known: Property, value: Any) -> str:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise _wrong_type(known, "Edm.DateTimeOffset")
    return value


def _texts(known: Property, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong_type(known, "Collection(Edm.String)")
    if known.name == "businessPhones" and len(value) > 1:
        raise invalid_value(known.name)
    if known.name == "otherMails" and not all(
        len(one) <= 250 and _MAIL.fullmatch(one) for one in value[:251]
    ):
        raise invalid_value(known.name)
    return value


def _complex(known: Property, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong_type(known, f"microsoft.graph.{known.name}")
    names = _PARTS[known.name]
    found = {}
    for given, part in value.items():
        if "@" in given:
            continue
        if given.lower() not in names:
            raise bad_request(f"Invalid property '{given}'.", "InvalidProperty", given)
        found[names[given.lower()]] = part
    if known.name != "passwordProfile":
        for part in found.values():
            if part is not None and not (
                isinstance(part, str) and 0 < len(part) <= 1024
            ):
                raise invalid_value(known.name)
    return found


_KINDS: dict[str, Callable[[Property, Any], Any]] = {
    "text": _text,
    "flag": _flag,
    "moment": _moment,
    "texts": _texts,
    "complex": _complex,
}
_PARTS = {
    "onPremisesExtensionAttributes": _ATTRIBUTES,
    "employeeOrgData": _ORG_DATA,
    "passwordProfile": _PROFILE,
}


def _good_name(value: str) -> bool:
    local, _, domain = value.partition("@")
    return (
        _UPN.fullmatch(value) is not None
        and not local.endswith(".")
        and len(local) <= 64
        and len(domain) <= 48
    )


_TEXTS: dict[str, Callable[[str], bool]] = {
    "userPrincipalName": _good_name,
    "mail": lambda value: _MAIL.fullmatch(value) is not None,
    "mailNickname": lambda value: _NICKNAME.fullmatch(value) is not None,
    "usageLocation": lambda value: re.fullmatch(r"[A-Za-z]{2}", value) is not None,
    "passwordPolicies": lambda value: all(
        part.strip() in ("None", "DisablePasswordExpiration", "DisableStrongPassword")
        for part in value.split(",")
    ),
}


def read_password(
    profile: dict[str, Any], name: str, old: Password | None, now: float
) -> Password:
    """What is kept of a password profile; refuses a weak password."""
    password = profile.get("password")
    kept = old.sha256 if old else ""
    changed = old.changed_at if old else now
    if password is not None or old is None:
        if not isinstance(password, str) or not _strong(password, name):
            raise bad_request(
                "The specified password does not comply with password complexity"
                " requirements. Please provide a different password.",
                "PasswordProfileInvalid",
                "passwordProfile",
            )
        kept, changed = hashlib.sha256(password.encode()).hexdigest(), now
    force = profile.get("forceChangePasswordNextSignIn")
    with_mfa = profile.get("forceChangePasswordNextSignInWithMfa")
    default = old.force_change if old else True
    return Password(
        kept, changed, default if force is None else bool(force), bool(with_mfa)
    )


def _strong(password: str, name: str) -> bool:
    local = name.partition("@")[0].lower()
    return (
        8 <= len(password) <= 256
        and password.isascii()
        and sum(bool(re.search(kind, password)) for kind in _CLASSES) >= 3
        and not (len(local) > 2 and local in password.lower())
    )
