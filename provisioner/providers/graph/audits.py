"""Who changed what in the directory: the tenant's own audit, read in bulk.

Source: directoryAudit, Microsoft Graph v1.0. The service keeps a month of a tenant with a
premium licence and a week of others, admits five calls in ten seconds, and shows an entry
some minutes after the change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from msgspec import Struct

from provisioner.providers.graph.pager import pages
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.wire import Page, Wire

KEPT = timedelta(days=30)
PERMISSION = "AuditLog.Read.All"

_MOST_PAGES = 5  # what the service admits at once
_PATH = "/auditLogs/directoryAudits?$filter={}&$orderby={}&$top=999"
_NEWEST_FIRST = quote("activityDateTime desc")

# What the audit calls a field of ours where the words alone do not tell.
_PROPERTIES = {
    "address": ("userprincipalname",),
    "surname": ("surname", "sn"),
    "enabled": ("accountenabled",),
    "licenses": ("assignedlicense", "assignedlicenses", "assignedplan"),
    "aliases": ("proxyaddresses",),
    "verified": ("isverified",),
    "services": ("supportedservices",),
}
# Activities that say themselves what they touched, whatever properties they list.
_ACTIVITIES = {
    "enabled": ("enable account", "disable account"),
    "licenses": ("license",),
    "members": ("member",),
    "owners": ("owner",),
    "guests": ("member", "invite"),
    "verified": ("verify domain",),
}


class UserIdentity(Wire, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.userIdentity`."""

    id: str | None = None
    display_name: str | None = None
    user_principal_name: str | None = None


class AppIdentity(Wire, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.appIdentity`."""

    app_id: str | None = None
    display_name: str | None = None
    service_principal_name: str | None = None


class Initiator(Wire, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.auditActivityInitiator`: a user or an application."""

    user: UserIdentity | None = None
    app: AppIdentity | None = None


class ModifiedProperty(Wire, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.modifiedProperty`; its values are not read: they may be secret."""

    display_name: str | None = None


class Target(Wire, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.targetResource`."""

    id: str | None = None
    display_name: str | None = None
    user_principal_name: str | None = None
    modified_properties: tuple[ModifiedProperty, ...] | None = None


class DirectoryAudit(Wire, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.directoryAudit`, as far as we look."""

    activity_date_time: datetime
    activity_display_name: str = ""
    operation_type: str | None = None
    result: str | None = None
    initiated_by: Initiator = Initiator()
    target_resources: tuple[Target, ...] | None = None

    @property
    def who(self) -> str:
        """The user's address, or the application's name; "" where neither is told."""
        user, app = self.initiated_by.user, self.initiated_by.app
        if user is not None:
            named = user.user_principal_name or user.display_name or user.id
            if named:
                return named
        if app is None:
            return ""
        return app.display_name or app.service_principal_name or app.app_id or ""

    @property
    def app_id(self) -> str:
        """The application that did it by itself, "" where a user did."""
        user, app = self.initiated_by.user, self.initiated_by.app
        by_user = user is not None and (user.id or user.user_principal_name)
        return "" if by_user or app is None else (app.app_id or "").lower()

    @property
    def activity(self) -> str:
        """What was done, in the vendor's words."""
        return self.activity_display_name

    def removes(self) -> bool:
        """True where objects were deleted, for now or for good."""
        return "delete" in self._doing

    def brings(self) -> bool:
        """True where objects came into being, or came back."""
        return self._doing.startswith(("add", "create", "invite", "restore", "redeem"))

    @property
    def _doing(self) -> str:
        return (self.activity_display_name or self.operation_type or "").lower()

    def touches(self, field: str) -> bool:
        """True where one of our fields was written, as far as the entry tells."""
        if any(word in self._doing for word in _ACTIVITIES.get(field, ())):
            return True
        wanted = _PROPERTIES.get(field, (field.replace("_", "").lower(),))
        return any(
            (modified.display_name or "").replace(" ", "").lower() in wanted
            for target in self.target_resources or ()
            for modified in target.modified_properties or ()
        )


class AuditTrail(Struct, frozen=True):
    """Entries that succeeded, newest first, by the object they touched.

    Objects are named by their id, and those without one (domains) by their name in lower
    case. `whole` is false where there were more entries than were read.
    """

    entries: dict[str, tuple[DirectoryAudit, ...]] = {}
    whole: bool = True

    def of(self, *names: str) -> Sequence[DirectoryAudit]:
        """What was done to an object, by the first of its names that the audit knows."""
        for name in names:
            found = self.entries.get(name.lower())
            if found:
                return found
        return ()


class Audits:
    """The audit of one tenant's directory."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def since(self, moment: datetime, *, without_app: str = "") -> AuditTrail:
        """What was done from `moment` (UTC) on, by others than the application named.

        Reads the newest 4,995 entries at most. Raises `ProviderError`; with status 403
        where the permission `AuditLog.Read.All` is lacking.
        """
        condition = quote(
            f"activityDateTime ge {moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        )
        found: list[DirectoryAudit] = []
        read, whole = 0, True
        url = _PATH.format(condition, _NEWEST_FIRST)
        async for page in pages(self._sender.read, url, Page[DirectoryAudit]):
            found += page.value
            read += 1
            if read == _MOST_PAGES:
                whole = not page.next_link
                break
        return AuditTrail(_by_object(found, without_app.lower()), whole)


def _by_object(
    found: Iterable[DirectoryAudit], own: str
) -> dict[str, tuple[DirectoryAudit, ...]]:
    entries: dict[str, list[DirectoryAudit]] = defaultdict(list)
    for one in sorted(found, key=lambda one: one.activity_date_time, reverse=True):
        if (one.result or "success") != "success" or (own and one.app_id == own):
            continue
        for target in one.target_resources or ():
            name = target.id or target.user_principal_name or target.display_name
            if name:
                entries[name.lower()].append(one)
    return {name: tuple(some) for name, some in entries.items()}
