"""Mailbox settings as values: defaults, what may be set, how it is written back.

Source: the vendor's mailboxSettings resource page and its update operation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import msgspec
from babel import Locale, UnknownLocaleError
from babel.core import get_global

from provisioner.sandbox.tenant.refusal import Refusal

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?")
_KNOWN: dict[bytes, bytes] = {}

DEFAULTS: dict[str, Any] = {
    "archiveFolder": None,
    "timeZone": "UTC",
    "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
    "dateFormat": "M/d/yyyy",
    "timeFormat": "h:mm tt",
    "userPurpose": "user",
    "automaticRepliesSetting": {
        "status": "disabled",
        "externalAudience": "all",
        "internalReplyMessage": "",
        "externalReplyMessage": "",
        "scheduledStartDateTime": {
            "dateTime": "2026-01-01T00:00:00.0000000",
            "timeZone": "UTC",
        },
        "scheduledEndDateTime": {
            "dateTime": "2026-01-02T00:00:00.0000000",
            "timeZone": "UTC",
        },
    },
    "language": {"locale": "en-US", "displayName": "English (United States)"},
    "workingHours": {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": "UTC"},
    },
}


def full_settings(kept: bytes) -> dict[str, Any]:
    """All settings of a mailbox from the few that differ from the defaults."""
    return {**DEFAULTS, **msgspec.json.decode(kept)}


def keep_settings(settings: dict[str, Any]) -> bytes:
    """The few that differ, as JSON; equal settings of many mailboxes share it."""
    few = {name: value for name, value in settings.items() if DEFAULTS[name] != value}
    encoded = msgspec.json.encode(few, order="sorted")
    return _KNOWN.setdefault(encoded, encoded)


def changed_settings(old: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The settings after a PATCH with `body`; raises the vendor's refusals."""
    new = dict(old)
    for name, value in body.items():
        if "@" in name:
            continue
        change = _CHANGES.get(name.lower())
        if change is None:
            raise Refusal(
                400, "RequestBodyRead", f"The property '{name}' does not exist."
            )
        known, read = change
        new[known] = read(old[known], value)
    return new


def _invalid(message: str, code: str = "InvalidArguments") -> Refusal:
    return Refusal(400, code, message)


def _text(_: Any, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _invalid("A text is expected.", "RequestBodyRead")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _invalid("An object is expected.", "RequestBodyRead")
    return {k: v for k, v in value.items() if "@" not in k}


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) | set(get_global("windows_zone_mapping"))


def _zone(_: Any, value: Any) -> str:
    if not isinstance(value, str) or value not in _zones():
        raise _invalid(f"The time zone '{value}' is not valid.", "InvalidTimeZone")
    return value


@cache
def _language_name(locale: str) -> str:
    """The English name of a locale; raises ValueError where there is none."""
    name = Locale.parse(locale, sep="-").get_display_name("en")
    if name is None or "-" not in locale:
        raise ValueError(locale)
    return name


def _language(_: Any, value: Any) -> dict[str, str]:
    locale = _object(value).get("locale")
    try:
        return {"locale": str(locale), "displayName": _language_name(str(locale))}
    except (ValueError, UnknownLocaleError):
        raise _invalid(f"The locale '{locale}' is not supported.") from None


def _hours(old: dict[str, Any], value: Any) -> dict[str, Any]:
    """Working hours; times come back with seven digits of fraction."""
    new = {**old, **_object(value)}
    days = new["daysOfWeek"]
    if not isinstance(days, list) or not set(map(str, days)) <= set(_DAYS):
        raise _invalid("A day of the week is not valid.", "RequestBodyRead")
    for name in ("startTime", "endTime"):
        if not isinstance(new[name], str) or not _CLOCK.fullmatch(new[name]):
            raise _invalid(f"'{name}' is no time of day.", "RequestBodyRead")
        whole, _, fraction = new[name].partition(".")
        new[name] = f"{whole}.{fraction:0<7}"
    if new["startTime"] >= new["endTime"]:
        raise _invalid(
            "Working hours end before they start.", "ErrorInvalidTimeSettings"
        )
    zone = _object(new["timeZone"])
    new["timeZone"] = {"name": _zone(None, zone.get("name"))}
    return {name: new[name] for name in old}


def _choice(*allowed: str) -> Callable[[Any, Any], str]:
    def read(_: Any, value: Any) -> str:
        if value not in allowed:
            raise _invalid(
                f"'{value}' is not one of the allowed values.", "RequestBodyRead"
            )
        return str(value)

    return read


def _replies(old: dict[str, Any], value: Any) -> dict[str, Any]:
    new = {**old, **_object(value)}
    _choice("disabled", "alwaysEnabled", "scheduled")(None, new["status"])
    _choice("none", "contactsOnly", "all")(None, new["externalAudience"])
    return {name: new[name] for name in old}


_CHANGES: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    name.lower(): (name, read)
    for name, read in {
        "timeZone": _zone,
        "dateFormat": _text,
        "timeFormat": _text,
        "language": _language,
        "workingHours": _hours,
        "automaticRepliesSetting": _replies,
        "delegateMeetingMessageDeliveryOptions": _choice(
            "sendToDelegateAndInformationToPrincipal",
            "sendToDelegateAndPrincipal",
            "sendToDelegateOnly",
        ),
    }.items()
}
