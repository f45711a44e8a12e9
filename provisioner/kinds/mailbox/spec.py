"""What a mailbox shall be, and its two faces on the wire: the user and its settings."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.model.cluster import Cluster, Tenant
from provisioner.model.mark import MARK_PREFIX
from provisioner.model.municipality import Person

SETTINGS_ASPECT = "mailbox_settings"

DIRECTORY_FIELDS = {
    "address": "userPrincipalName",
    "display_name": "displayName",
    "given_name": "givenName",
    "surname": "surname",
    "employee_id": "employeeId",
    "department": "department",
    "job_title": "jobTitle",
    "enabled": "accountEnabled",
    "usage_location": "usageLocation",
}
SETTINGS_FIELDS = ("locale", "time_zone", "working_days", "work_start", "work_end")


class Handover(Struct, frozen=True, gc=False):
    """How Exchange shall keep, or keeps, the mailbox of somebody who left.

    `hidden` from address lists; `shared` rather than a person's; `readers` are addresses
    of who has Full Access; `auto_reply` is text, "" for none. None is not said.
    """

    hidden: bool | None = None
    shared: bool | None = None
    readers: tuple[str, ...] | None = None
    auto_reply: str | None = None


class MailboxSpec(Struct, frozen=True, gc=False):
    """A person's mailbox.

    The first fields are the directory's, `licenses` are sorted SKU part numbers, and the
    rest are the mailbox's own settings: locale (`he-IL`), Windows time zone, working days
    as the vendor names them, working hours as `HH:MM`. Settings are None where the mailbox
    has not answered yet. `aliases` are sorted secondary addresses in the domain.
    `handover` is wanted of leavers alone; what is there of it stands in
    `Observation.left_behind`.
    """

    address: str
    display_name: str
    given_name: str
    surname: str
    employee_id: str
    department: str
    job_title: str
    enabled: bool
    usage_location: str
    licenses: tuple[str, ...]
    locale: str | None = None
    time_zone: str | None = None
    working_days: tuple[str, ...] | None = None
    work_start: str | None = None
    work_end: str | None = None
    aliases: tuple[str, ...] = ()
    handover: Handover | None = None


FIELDS: tuple[str, ...] = tuple(
    name for name in MailboxSpec.__struct_fields__ if name != "handover"
)


def plain(spec: Struct) -> dict[str, Any]:
    """A spec as JSON-like values, as the store keeps it."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(spec))
    return values


def mark_of(municipality: str, name: str) -> str:
    """Our ownership mark for one mailbox, kept in an extension attribute."""
    return f"{MARK_PREFIX}{municipality}:{name}"


def read_mark(mark: str) -> tuple[str, str] | None:
    """Municipality and name of a mark of ours, or None for anything else."""
    if not mark.startswith(MARK_PREFIX):
        return None
    municipality, separator, name = mark[len(MARK_PREFIX) :].partition(":")
    return (municipality, name) if separator and municipality and name else None


def desired_spec(
    cluster: Cluster, tenant: Tenant, person: Person, handover: Handover | None = None
) -> MailboxSpec:
    """The mailbox a row of `mailboxes.csv` asks for, with the cluster's defaults."""
    week = cluster.defaults.working_week
    return MailboxSpec(
        person.address,
        person.display_name,
        person.given_name,
        person.surname,
        person.employee_id,
        person.department,
        person.job_title,
        person.state == "active",
        tenant.usage_location,
        (person.license,) if person.license else (),
        cluster.defaults.locales.get(person.language),
        cluster.defaults.time_zone,
        week.days,
        week.start,
        week.end,
        tuple(sorted(person.aliases)),
        handover,
    )


class Language(Struct, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.localeInfo`."""

    locale: str | None = None


class ZoneName(Struct, frozen=True, gc=False):
    """`microsoft.graph.timeZoneBase`."""

    name: str | None = None


class WorkingHours(Struct, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.workingHours`; times as `08:00:00.0000000`."""

    days_of_week: tuple[str, ...] = ()
    start_time: str | None = None
    end_time: str | None = None
    time_zone: ZoneName | None = None


class MailboxSettings(Struct, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.mailboxSettings`, as far as we set it."""

    language: Language | None = None
    time_zone: str | None = None
    working_hours: WorkingHours | None = None


# The service answers with the IANA name where a person chose one in Outlook.
_SAME_ZONE = {"Asia/Jerusalem": "Israel Standard Time"}
_WEEK = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
Seen = tuple[str | None, str | None, tuple[str, ...] | None, str | None, str | None]
_decode_settings = msgspec.json.Decoder(MailboxSettings).decode


def kept_settings(answer: bytes | msgspec.Raw) -> bytes:
    """What we keep of a `mailboxSettings` answer: only what we set.

    Without the context line and the rest it is the same for thousands of mailboxes.
    """
    return msgspec.json.encode(_decode_settings(answer))


@lru_cache(maxsize=4096)
def read_settings(body: bytes) -> Seen:
    """The settings fields of a spec from what was kept of an answer.

    Cached by the bytes: thousands of mailboxes share a handful of settings.
    """
    settings = _decode_settings(body)
    hours = settings.working_hours or WorkingHours()
    zone = settings.time_zone
    return (
        settings.language.locale if settings.language else None,
        _SAME_ZONE.get(zone, zone) if zone else zone,
        tuple(sorted(hours.days_of_week, key=_WEEK.index)),
        (hours.start_time or "")[:5],
        (hours.end_time or "")[:5],
    )


def settings_body(spec: MailboxSpec) -> dict[str, Any]:
    """The PATCH body that brings a mailbox's settings to the spec."""
    return {
        "language": {"locale": spec.locale},
        "timeZone": spec.time_zone,
        "workingHours": {
            "daysOfWeek": list(spec.working_days or ()),
            "startTime": f"{spec.work_start}:00",
            "endTime": f"{spec.work_end}:00",
            "timeZone": {"name": spec.time_zone},
        },
    }


def create_body(
    spec: MailboxSpec, mark: str, mark_attribute: int, password: str
) -> dict[str, Any]:
    """The body of `POST /users`; empty fields are left out, as the service wants."""
    body: dict[str, Any] = {
        wire: value
        for field, wire in DIRECTORY_FIELDS.items()
        if (value := getattr(spec, field)) != ""
    }
    body["mailNickname"] = spec.address.partition("@")[0]
    body["onPremisesExtensionAttributes"] = mark_body(mark, mark_attribute)
    body["passwordProfile"] = {
        "forceChangePasswordNextSignIn": True,
        "password": password,
    }
    return body


def mark_body(mark: str, mark_attribute: int) -> dict[str, str]:
    """Our mark as the value of `onPremisesExtensionAttributes`."""
    return {f"extensionAttribute{mark_attribute}": mark}


def patch_body(spec: MailboxSpec, fields: set[str]) -> dict[str, Any]:
    """The JSON diff of `PATCH /users/{id}`: only `fields`; an emptied one becomes null."""
    body = {
        wire: (None if (value := getattr(spec, field)) == "" else value)
        for field, wire in DIRECTORY_FIELDS.items()
        if field in fields
    }
    if "address" in fields:
        body["mailNickname"] = spec.address.partition("@")[0]
        # A new `mail` becomes the primary address, and the former one an alias.
        body["mail"] = spec.address
    return body
