"""Which application permission opens which call, and which of them a token holds.

Source: microsoftgraph/microsoft-graph-devx-content, `permissions/new/permissions.json`,
and the vendor's page of each call that the list lacks.
"""

from __future__ import annotations

import base64
import binascii
import re

import msgspec
from msgspec import Struct

# The first is the one to ask for; any of the others opens the call as well.
_NEEDED = """
GET    /users User.Read.All
GET    /users/delta User.Read.All
GET    /users/{id} User.Read.All
GET    /directory/deletedItems User.Read.All
GET    /subscribedSkus LicenseAssignment.Read.All
GET    /auditLogs/directoryAudits AuditLog.Read.All
GET    /domains Domain.Read.All
GET    /domains/{id} Domain.Read.All
GET    /directoryRoles RoleManagement.Read.Directory
GET    /groups GroupMember.Read.All
GET    /users/{id}/mailboxSettings MailboxSettings.Read
GET    /directory/administrativeUnits AdministrativeUnit.Read.All
POST   /users User.ReadWrite.All Directory.ReadWrite.All
PATCH  /users/{id} User.ReadWrite.All Directory.ReadWrite.All
DELETE /users/{id} User.ReadWrite.All User.DeleteRestore.All
POST   /users/{id}/assignLicense LicenseAssignment.ReadWrite.All User.ReadWrite.All Directory.ReadWrite.All
PATCH  /users/{id}/mailboxSettings MailboxSettings.ReadWrite
POST   /users/{id}/revokeSignInSessions User.ReadWrite.All User.RevokeSessions.All Directory.ReadWrite.All
POST   /directory/deletedItems/{id}/restore User.DeleteRestore.All User.ReadWrite.All
POST   /domains Domain.ReadWrite.All
PATCH  /domains/{id} Domain.ReadWrite.All
POST   /domains/{id}/verify Domain.ReadWrite.All
POST   /groups Group.Create Group.ReadWrite.All Directory.ReadWrite.All
PATCH  /groups/{id} Group.ReadWrite.All Directory.ReadWrite.All
POST   /groups/{id}/members/$ref GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All
DELETE /groups/{id}/members/{id}/$ref GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All
POST   /groups/{id}/owners/$ref Group.ReadWrite.All Directory.ReadWrite.All
DELETE /groups/{id}/owners/{id}/$ref Group.ReadWrite.All Directory.ReadWrite.All
POST   /users/{id}/sendMail Mail.Send
POST   /invitations User.Invite.All User.ReadWrite.All Directory.ReadWrite.All
POST   /directory/administrativeUnits AdministrativeUnit.ReadWrite.All
PATCH  /directory/administrativeUnits/{id} AdministrativeUnit.ReadWrite.All
POST   /directory/administrativeUnits/{id}/members/$ref AdministrativeUnit.ReadWrite.All
DELETE /directory/administrativeUnits/{id}/members/{id}/$ref AdministrativeUnit.ReadWrite.All
"""  # noqa: E501
_CASTS = re.compile(r"/(?:microsoft\.)?graph\.\w+")


def _pattern(path: str) -> re.Pattern[str]:
    written = re.escape(path).replace(re.escape("{id}"), "[^/]+")
    return re.compile(written, re.IGNORECASE)


_LINES = [line.split() for line in _NEEDED.strip().splitlines()]
NEEDED: dict[str, tuple[str, ...]] = {
    f"{method} {path}": tuple(names) for method, path, *names in _LINES
}
# Longest first: `/users/delta` before `/users/{id}`.
_PATTERNS = [
    (method, _pattern(path), names[0])
    for method, path, *names in sorted(_LINES, key=lambda line: "{id}" in line[1])
]


def permission_for(where: str) -> str:
    """The permission to ask for where `PATCH /users/5…` is refused; "" where unknown.

    What lies below a path that is known needs the same as that, for reading.
    """
    method, _, path = where.partition(" ")
    path = _CASTS.sub("", path.partition("?")[0]).rstrip("/")
    while path:
        for known, pattern, name in _PATTERNS:
            if known == method and pattern.fullmatch(path):
                return name
        if method != "GET":
            return ""
        path = path.rpartition("/")[0]
    return ""


class _Claims(Struct):
    roles: tuple[str, ...] = ()


def roles_of(token: str) -> frozenset[str] | None:
    """The application permissions that a token names; None where it tells none.

    Only to say beforehand what would be refused: what the tenant says is what counts.
    """
    body = token.split(".")[1:2]
    try:
        text = base64.urlsafe_b64decode(body[0] + "=" * (-len(body[0]) % 4))
        roles = msgspec.json.decode(text, type=_Claims).roles
    except (IndexError, binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    return frozenset(roles) or None
