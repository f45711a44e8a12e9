"""`cluster.yml`: names, tenants, roles, guards, defaults, zones and hosts.

Its defaults are those of `provisioner.model.cluster`, read from there.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from provisioner.inventory.characters import shown
from provisioner.inventory.definition.hosts import (
    AcmeEntry,
    HostEntry,
    ServerEntry,
    ZoneEntry,
)
from provisioner.inventory.definition.leavers import LeaversEntry
from provisioner.inventory.definition.notify import RecipientEntry
from provisioner.inventory.definition.requests import RequestsEntry
from provisioner.inventory.definition.schedule import CalendarEntry, ScheduleEntry
from provisioner.inventory.definition.words import (
    COUNTRY_PATTERN,
    HOUR_PATTERN,
    LOCALE_PATTERN,
    Account,
    CertificateReference,
    Entry,
    Guid,
    License,
    Name,
    RoleName,
    SecretReference,
    Share,
    Slug,
    Text,
)
from provisioner.inventory.definition.zones import is_known_locale, windows_zone_fault
from provisioner.model import cluster as model

LanguageCode = Literal["he", "ar", "en"]
Day = Literal[
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"
]
_GUARDS = model.GuardLimits()
_FORUMS = model.ForumRules()
_WEEK = model.WorkingWeek()
_DAYS: tuple[Day, ...] = ("sunday", "monday", "tuesday", "wednesday", "thursday")
_DEFAULTS = model.Defaults()


def _windows_zone(value: str) -> str:
    remedy = windows_zone_fault(value)
    if remedy:
        what = f"{shown(value)} is no Windows time zone."
        raise PydanticCustomError(
            "unknown-time-zone", "{what}", {"what": what, "remedy": remedy}
        )
    return value


def _locale(value: str) -> str:
    if not is_known_locale(value):
        what = f"{shown(value)} is no known locale."
        remedy = "Write a language and a country, such as he-IL."
        raise PydanticCustomError(
            "unknown-locale", "{what}", {"what": what, "remedy": remedy}
        )
    return value


TimeZone = Annotated[str, AfterValidator(_windows_zone)]
Locale = Annotated[
    str, StringConstraints(pattern=LOCALE_PATTERN), AfterValidator(_locale)
]
Hour = Annotated[str, StringConstraints(pattern=HOUR_PATTERN)]


class NamesEntry(Entry):
    """One name in the three languages."""

    he: Name
    ar: Name
    en: Name


class TenantEntry(Entry):
    """A Microsoft 365 tenant and the app registration that signs in to it."""

    name: Slug
    """How municipalities refer to it."""
    tenant_id: Guid
    """The tenant's directory id."""
    client_id: Guid
    """The application id of the app registration."""
    client_secret: SecretReference | None = None
    """Where the secret is: `env/NAME` or `file/PATH`. This, or `certificate`."""
    certificate: CertificateReference | None = None
    """Where the private key and certificate are (PEM): `file/PATH`."""
    licenses: Annotated[tuple[License, ...], Field(min_length=1)]
    """SKU part numbers that municipalities may use."""
    mark_attribute: Annotated[int, Field(ge=1, le=15)] = 15
    """The N of `extensionAttributeN` that bears the mark of what is managed here."""
    usage_location: Annotated[str, StringConstraints(pattern=COUNTRY_PATTERN)] = "IL"
    """Country of the licences, two letters (ISO 3166)."""
    protected: tuple[Account, ...] = ()
    """Accounts that are never written, such as break-glass administrators."""
    writes_per_window: Annotated[int, Field(ge=1)] = 3000
    """Writes the vendor lets this app make in a window."""
    window_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 150.0
    """Length of that window in seconds."""
    exchange: Literal["off", "invoke_command"] = "off"
    """`invoke_command` lets shared mailboxes and aliases be managed, by an interface that
    the vendor does not support; `off` reports them to be done by hand."""

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if (self.client_secret is None) == (self.certificate is None):
            both = self.client_secret is not None
            what = f"The tenant has {'two ways' if both else 'no way'} to sign in."
            remedy = "Give exactly one of client_secret and certificate."
            raise PydanticCustomError(
                "no-credential", "{what}", {"what": what, "remedy": remedy}
            )
        return self


class RoleEntry(Entry):
    """A professional role; people who bear it meet in its forum."""

    name: RoleName
    """What stands in the `role` column of `mailboxes.csv`."""
    names: NamesEntry
    """What those who bear it are called."""
    forum: NamesEntry | None = None
    """What its forum is called; left out, it is made from `names`."""
    lead: Account | None = None
    """Address of the person who owns the forum's group."""
    guests: tuple[Account, ...] = ()
    """Addresses of people from outside who belong to the forum."""


class ForumsEntry(Entry):
    """How forums treat people without an account in their tenant."""

    guests: Literal["report", "invite"] = _FORUMS.guests
    """`invite` sends them the vendor's invitation; `report` leaves that to a person."""
    across_tenants: bool = _FORUMS.across_tenants
    """Whether the people of the cluster's other tenants are guests of each forum."""


class GuardsEntry(Entry):
    """Numbers above which a municipality's plan is held back for a person."""

    removals_number: Annotated[int, Field(ge=0)] = _GUARDS.removals_number
    """Most deletions and disables in one plan."""
    removals_share: Share = _GUARDS.removals_share
    """Largest share of managed objects that one plan may remove (0 to 1)."""
    removals_floor: Annotated[int, Field(ge=0)] = _GUARDS.removals_floor
    """Managed objects from which on the share counts."""
    shrink_share: Share = _GUARDS.shrink_share
    """Largest share by which a list of people may shrink at once (0 to 1)."""


class WorkingWeekEntry(Entry):
    """Working days and hours of every mailbox."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = _DAYS
    """Working days."""
    start: Hour = _WEEK.start
    """First working hour, `HH:MM`."""
    end: Hour = _WEEK.end
    """Last working hour, `HH:MM`."""

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.start >= self.end:
            what = f"The working day ends at {self.end}, not after {self.start}."
            raise PydanticCustomError(
                "wrong-hours", "{what}", {"what": what, "remedy": "Swap them."}
            )
        return self


class DefaultsEntry(Entry):
    """What every mailbox gets where nothing else is said."""

    time_zone: TimeZone = _DEFAULTS.time_zone
    """Windows name of the time zone."""
    locales: dict[LanguageCode, Locale] = Field(default_factory=dict)
    """Mailbox locale by language; those not named keep he-IL, ar-IL and en-US."""
    working_week: WorkingWeekEntry = WorkingWeekEntry()
    """Working days and hours."""
    dmarc: Text = _DEFAULTS.dmarc
    """The DMARC record that domains shall have."""
    secret_days: Annotated[int, Field(ge=1, le=90)] = _DEFAULTS.secret_days
    """Days for which a first password waits to be read."""


class ClusterFile(Entry):
    """The whole of `cluster.yml`."""

    slug: Slug
    """Short name of the cluster."""
    names: NamesEntry
    """What people call it."""
    tenants: Annotated[tuple[TenantEntry, ...], Field(min_length=1)]
    """Microsoft 365 tenants; several municipalities may share one."""
    roles: tuple[RoleEntry, ...] = ()
    """Roles that people may bear."""
    forums: ForumsEntry = ForumsEntry()
    """Forums, in which people of one role meet."""
    leavers: LeaversEntry = LeaversEntry()
    """What becomes of people who have left."""
    guards: GuardsEntry = GuardsEntry()
    """When a plan is held back."""
    calendar: CalendarEntry = CalendarEntry()
    """When nothing is written."""
    schedules: tuple[ScheduleEntry, ...] = ()
    """What runs by itself while the service is up."""
    zones: tuple[ZoneEntry, ...] = ()
    """Networks in which hosts are reachable."""
    hosts: tuple[HostEntry, ...] = ()
    """Machines and how they are reached; nobody else may say so."""
    servers: tuple[ServerEntry, ...] = ()
    """What the cluster's own hosts shall be like."""
    acme: AcmeEntry | None = None
    """Who signs the certificates of websites; left out, a person puts them in place."""
    notify: tuple[RecipientEntry, ...] = ()
    """Who is told when something changes its state."""
    requests: RequestsEntry = RequestsEntry()
    """How requests of municipalities are decided."""
    defaults: DefaultsEntry = DefaultsEntry()
    """What every mailbox gets."""
