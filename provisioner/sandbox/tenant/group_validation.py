"""What the service accepts in a group or unit that is written, and how it refuses.

Source: the vendor's pages "Create group", "Update group" and "Create administrativeUnit".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from provisioner.sandbox.tenant.grouping import GROUP, PROPERTIES, UNIFIED, Grouping
from provisioner.sandbox.tenant.properties import Property
from provisioner.sandbox.tenant.refusal import Refusal, bad_request

_NICKNAME = re.compile(r"[!-~]+")
_BAD_IN_NICKNAME = re.compile(r'[@()\\\[\]";:<>, ]')
_VISIBILITY = {
    GROUP: ("Private", "Public", "HiddenMembership"),
    "administrativeUnit": ("Public", "HiddenMembership"),
}
_TITLES = {GROUP: "Group", "administrativeUnit": "AdministrativeUnit"}
# A group is what it was made as; only these of its kind may still change.
_FIXED = ("groupTypes", "isAssignableToRole", "isMemberManagementRestricted")
_AT_CREATE = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")


def read_grouping(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """The properties of a request under their canonical names; None clears one.

    Names may come in any case. Annotations are passed over; what is bound to the object
    (`members@odata.bind`) is read by `membership.bound`.
    """
    found: dict[str, Any] = {}
    for given, value in body.items():
        if "@" in given:
            continue
        known = PROPERTIES[kind].get(given.lower())
        if known is None:
            raise bad_request(f"Invalid property '{given}'.", "InvalidProperty", given)
        if not known.writable:
            raise bad_request(
                f"Property '{known.name}' is read-only and cannot be set.",
                "PropertyReadOnly",
                known.name,
            )
        found[known.name] = _checked(kind, known, value)
    return found


def require_group(given: dict[str, Any]) -> None:
    """Refuse a new group that lacks what is demanded, or of a kind not to be had."""
    for name in _AT_CREATE:
        if given.get(name) is None:
            raise _required(name, "Group")
    types = given.get("groupTypes") or []
    if "DynamicMembership" in types or given.get("membershipRule"):
        raise dynamic_refused()
    if set(types) - {UNIFIED}:
        raise invalid("groupTypes", GROUP)
    if UNIFIED in types and not given["mailEnabled"]:
        raise bad_request(
            "The mailEnabled property of a group of type 'Unified' must be true.",
            "InvalidValue",
            "mailEnabled",
        )
    if UNIFIED not in types and (given["mailEnabled"] or not given["securityEnabled"]):
        raise bad_request(
            "The service does not currently support writes of mail-enabled groups. Please"
            " ensure that the mail-enablement property is unset and the security-enablement"
            " property is set.",
        )


def require_unit(given: dict[str, Any]) -> None:
    if given.get("displayName") is None:
        raise _required("displayName", "AdministrativeUnit")
    if given.get("membershipType") == "Dynamic" or given.get("membershipRule"):
        raise dynamic_refused()


def refuse_fixed(old: Grouping, given: dict[str, Any]) -> None:
    """Refuse to turn a group or unit into something else than it was made as."""
    if given.get("membershipRule") or "DynamicMembership" in (
        given.get("groupTypes") or ()
    ):
        raise dynamic_refused()
    for name in _FIXED:
        if name in given and given[name] != old.properties.get(name, given[name]):
            raise bad_request(
                f"Property '{name}' cannot be changed.", "InvalidValue", name
            )
    if old.kind == GROUP and given.get("mailEnabled", old.unified) is not old.unified:
        raise invalid("mailEnabled", GROUP)


def dynamic_refused() -> Refusal:
    """What a tenant that cannot have dynamic membership answers."""
    return bad_request("One or more property values specified are invalid.")


def invalid(name: str, kind: str, code: str = "InvalidValue") -> Refusal:
    return bad_request(
        f"Invalid value specified for property '{name}' of resource '{_TITLES[kind]}'.",
        code,
        name,
    )


def _required(name: str, title: str) -> Refusal:
    return bad_request(
        f"A value is required for property '{name}' of resource '{title}'.",
        "PropertyRequired",
        name,
    )


def _checked(kind: str, known: Property, value: Any) -> Any:
    if value is None:
        if not known.clearable:
            raise invalid(known.name, kind)
        return None
    if not _FITS[known.kind](value):
        raise bad_request(
            f"Cannot convert the value of property '{known.name}' to the expected type."
        )
    if isinstance(value, str):
        _check_text(kind, known, value)
    return value


_FITS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "flag": lambda value: isinstance(value, bool),
    "texts": lambda value: (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    ),
}


def _check_text(kind: str, known: Property, value: str) -> None:
    if not value and known.name != "description":
        raise invalid(known.name, kind)
    if known.limit and len(value) > known.limit:
        raise invalid(known.name, kind, "InvalidLength")
    if known.name == "mailNickname" and (
        not _NICKNAME.fullmatch(value)
        or _BAD_IN_NICKNAME.search(value)
        or value.startswith(".")
        or value.endswith(".")
    ):
        raise invalid(known.name, kind)
    if known.name == "visibility" and value not in _VISIBILITY[kind]:
        raise invalid(known.name, kind)
