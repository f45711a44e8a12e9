"""Which permission a call needs, by the vendor's list, and whether its caller has one.

The list is `graph-permissions.json`: microsoftgraph/microsoft-graph-devx-content,
`permissions/new/permissions.json`, 2026-08-07 (Microsoft Corporation, MIT licence). What
it lacks is added below from the vendor's page on each call; a call that neither knows
needs nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec

from provisioner.sandbox.tenant.call import Call
from provisioner.sandbox.tenant.properties import DEFAULT_SET
from provisioner.sandbox.tenant.refusal import Refusal, forbidden
from provisioner.sandbox.tenant.tokens import Caller

_VARIABLE = re.compile(r"\{[^}]*\}")
_SHORTER = re.compile(
    r"(/(user|group|serviceprincipal|administrativeunit|directoryrole))?"
    r"(/\$count|/\$ref)?$"
)
_ADDED = """
GET    /users/$count                        =/users
GET    /users/{id}/licensedetails           User.Read.All User.ReadWrite.All
GET    /users/{id}/manager                  =/users/{id}
GET    /users/{id}/directreports            =/users/{id}
PUT    /users/{id}/manager/$ref             User.ReadWrite.All Directory.ReadWrite.All
DELETE /users/{id}/manager/$ref             User.ReadWrite.All Directory.ReadWrite.All
GET    /users/{id}/transitivememberof       =/users/{id}/memberof
GET    /users/{id}/mailboxsettings/{id}     =/users/{id}/mailboxsettings
GET    /directory/deleteditems/user         User.Read.All User.ReadWrite.All Directory.Read.All
GET    /directory/deleteditems/group        Group.Read.All Group.ReadWrite.All Directory.Read.All
GET    /directory/deleteditems/{id}         User.Read.All User.ReadWrite.All Directory.Read.All
DELETE /directory/deleteditems/{id}         User.DeleteRestore.All User.ReadWrite.All Group.ReadWrite.All
POST   /directory/deleteditems/{id}/restore User.ReadWrite.All Group.ReadWrite.All
GET    /subscribedskus/{id}                 =/subscribedskus
GET    /domains/{id}/domainnamereferences   =/domains/{id}
GET    /groups/$count                       =/groups
POST   /groups                              Group.ReadWrite.All Directory.ReadWrite.All
POST   /groups/{id}/members/$ref            GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All
DELETE /groups/{id}/members/{id}/$ref       GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All
GET    /groups/{id}/members/$count          =/groups/{id}/members
GET    /groups/{id}/transitivemembers       =/groups/{id}/members
GET    /groups/{id}/owners                  =/groups/{id}/members
GET    /groups/{id}/memberof                =/groups/{id}/members
POST   /groups/{id}/owners/$ref             Group.ReadWrite.All Directory.ReadWrite.All
DELETE /groups/{id}/owners/{id}/$ref        Group.ReadWrite.All Directory.ReadWrite.All
GET    /directory/administrativeunits       AdministrativeUnit.Read.All AdministrativeUnit.ReadWrite.All Directory.Read.All
POST   /directory/administrativeunits       AdministrativeUnit.ReadWrite.All
GET    /directory/administrativeunits/{id}  AdministrativeUnit.Read.All AdministrativeUnit.ReadWrite.All Directory.Read.All
PATCH  /directory/administrativeunits/{id}  AdministrativeUnit.ReadWrite.All
POST   /directory/administrativeunits/{id}/members AdministrativeUnit.ReadWrite.All
POST   /directory/administrativeunits/{id}/members/$ref AdministrativeUnit.ReadWrite.All
DELETE /directory/administrativeunits/{id}/members/{id}/$ref AdministrativeUnit.ReadWrite.All
DELETE /directory/administrativeunits/{id}/scopedrolemembers/{id} RoleManagement.ReadWrite.Directory
GET    /auditlogs/directoryaudits/{id}      =/auditlogs/directoryaudits
GET    /organization                        Organization.Read.All Organization.ReadWrite.All Directory.Read.All
GET    /organization/{id}                   Organization.Read.All Organization.ReadWrite.All Directory.Read.All
GET    /directoryroles                      RoleManagement.Read.Directory RoleManagement.ReadWrite.Directory Directory.Read.All
GET    /directoryroles/{id}                 =/directoryroles
GET    /directoryroles/{id}/members         =/directoryroles
POST   /directoryroles                      RoleManagement.ReadWrite.Directory Directory.ReadWrite.All
POST   /directoryroles/{id}/members/$ref    =/directoryroles
DELETE /directoryroles/{id}/members/{id}/$ref RoleManagement.ReadWrite.Directory Directory.ReadWrite.All
GET    /directoryobjects/{id}               Directory.Read.All Directory.ReadWrite.All User.Read.All User.ReadWrite.All Group.Read.All Group.ReadWrite.All
POST   /directoryobjects/getbyids           Directory.Read.All Directory.ReadWrite.All User.Read.All User.ReadWrite.All Group.Read.All Group.ReadWrite.All
POST   /domains/{id}/promote                Domain.ReadWrite.All
POST   /domains/{id}/forcedelete            Domain.ReadWrite.All
GET    /reports/getmailboxusagedetail/{id}  Reports.Read.All
GET    /serviceprincipals                   Application.Read.All Application.ReadWrite.All Directory.Read.All
GET    /serviceprincipals/{id}              =/serviceprincipals
GET    /applications                        Application.Read.All Application.ReadWrite.All Directory.Read.All
GET    /applications/{id}                   =/applications
POST   /invitations                         User.Invite.All User.ReadWrite.All Directory.ReadWrite.All
"""  # noqa: E501
# Permissions that change one thing about a user, and nothing else.
_NARROW = {
    "User.EnableDisableAccount.All": {"accountenabled"},
    "User-PasswordProfile.ReadWrite.All": {"passwordprofile"},
    "User-Mail.ReadWrite.All": {"othermails"},
    "User-Phone.ReadWrite.All": {"businessphones", "mobilephone"},
}
_BASIC = "User.ReadBasic.All"
_BASIC_SET = frozenset(name.lower() for name in DEFAULT_SET)
# What a person may ask about herself with any sign-in.
_ABOUT_ONESELF = frozenset({"User.Read", "User.ReadWrite"})
_MAILBOX = ("/mailboxsettings", "/sendmail")


@cache
def _needed() -> dict[tuple[str, str], frozenset[str]]:
    """Any one of these permissions opens the call of this method and path."""
    place = files("provisioner.sandbox") / "graph-permissions.json"
    listed = json.loads(place.read_text(encoding="utf-8"))["paths"]
    found = {
        (method, path): frozenset(rule["any"])
        for path, rules in listed.items()
        for method, rule in rules.items()
    }
    for line in _ADDED.strip().splitlines():
        method, path, *names = line.split()
        added = frozenset(names)
        if names[0].startswith("="):
            added = found.get((method, names[0][1:]), frozenset())
        found[method, path] = found.get((method, path), frozenset()) | added
    return found


def permissions_for(method: str, template: str) -> frozenset[str]:
    """The permissions any one of which opens a call; empty where none is needed.

    `template` is the path of the route, without `/v1.0`.
    """
    path = _VARIABLE.sub("{id}", template).lower()
    ways = (_needed().get((method, one)) for one in _ways(path))
    found: frozenset[str] = next(filter(None, ways), frozenset())
    if (method, path) == ("PATCH", "/users/{id}"):
        return found | _NARROW.keys()
    return found


def _ways(path: str) -> Iterator[str]:
    """A path, and what the vendor's list has for it: the list without its cast, its
    count or its references, and units by their longer name."""
    if path.startswith("/administrativeunits"):
        path = f"/directory{path}"
    yield path
    yield _SHORTER.sub("", path)
    yield path.removesuffix("/{id}")


def admit(call: Call, caller: Caller) -> None:
    """Refuse a call for which its caller has no permission, in the vendor's words."""
    needed = permissions_for(call.method, call.template)
    if not needed:
        return
    held = needed & caller.allowed
    admitted = _person_may(call, caller, held) if caller.user_id else bool(held)
    if not admitted or not _suffices(call, held, caller):
        raise _denied(call)


def _person_may(call: Call, caller: Caller, held: frozenset[str]) -> bool:
    """A person reads with a scope, oneself with the smallest; only an administrator
    writes about others."""
    oneself = call.template.startswith("/users/{") and caller.user_id == call.params[0]
    if call.method == "GET":
        return bool(held or (oneself and caller.allowed & _ABOUT_ONESELF))
    return bool(held) and (oneself or call.directory.is_administrator(caller.user_id))


def _suffices(call: Call, held: frozenset[str], caller: Caller) -> bool:
    """Whether narrow permissions reach as far as this call goes."""
    if held and held <= _NARROW.keys():
        allowed = set().union(*(_NARROW[one] for one in held))
        sent = {name.lower() for name in call.document()}
        return {one for one in sent if not one.startswith("@")} <= allowed
    if held == {_BASIC} and call.template in ("/users", "/users/{user}"):
        select = call.options.get("select", "")
        return {one.strip().lower() for one in select.split(",") if one} <= _BASIC_SET
    return True


def _denied(call: Call) -> Refusal:
    """403; mailboxes are kept by another service, which says it otherwise."""
    if any(one in call.template.lower() for one in _MAILBOX):
        text = "Access is denied. Check credentials and try again."
        return Refusal(403, "ErrorAccessDenied", text)
    return forbidden()


class PermissionOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What the applications of a tenant hold from now on: exactly `granted`, or what
    they hold `without` some; tokens issued before keep what they had."""

    granted: list[str] | None = None
    without: list[str] = []


def grant(held: tuple[str, ...], order: PermissionOrder) -> tuple[str, ...]:
    """The permissions after an order."""
    names = held if order.granted is None else tuple(order.granted)
    return tuple(one for one in names if one not in order.without)
