"""Which handler answers which path beside users: groups, units, ties, audits and more."""

from __future__ import annotations

from provisioner.sandbox.tenant import (
    applications,
    audit_reads,
    backup,
    deleted_groups,
    directory_objects,
    domain_actions,
    group_delta,
    group_licences,
    group_writes,
    groups,
    hierarchy,
    invitations,
    mails,
    membership_calls,
    memberships,
    scoped_roles,
    sessions,
    usage_reports,
)
from provisioner.sandbox.tenant.call import Handler
from provisioner.sandbox.tenant.grouping import GROUP, UNIT
from provisioner.sandbox.tenant.membership import Side

Routes = list[tuple[str, str, Handler]]

_POLICIES = "/solutions/backupRestore/exchangeProtectionPolicies"
_PROTECTION = "/solutions/backupRestore/protectionPolicies"
_TAP = "/users/{user}/authentication/temporaryAccessPassMethods"


def _side(kind: str, root: str, side: Side) -> Routes:
    """The routes of the members or the owners of a group or unit."""
    path = f"{root}/{{{kind}}}/{side}"
    found: Routes = [
        ("GET", path, membership_calls.lister(kind, side)),
        ("GET", f"{path}/$count", membership_calls.counter(kind, side)),
        ("GET", f"{path}/$ref", membership_calls.referrer(kind, side)),
        ("POST", f"{path}/$ref", membership_calls.adder(kind, side)),
        ("DELETE", f"{path}/{{id}}/$ref", membership_calls.remover(kind, side)),
    ]
    for cast in ("user", "group", "servicePrincipal"):
        listed = membership_calls.lister(kind, side, cast)
        found.append(("GET", f"{path}/{cast}", listed))
        counted = membership_calls.counter(kind, side, cast)
        found.append(("GET", f"{path}/{cast}/$count", counted))
    return found


def _holders(root: str) -> Routes:
    """The routes that tell what a user or group belongs to."""
    found: Routes = []
    for name, all_the_way in (("memberOf", False), ("transitiveMemberOf", True)):
        for cast in ("", "group", "administrativeUnit", "directoryRole"):
            path = f"{root}/{name}" + (f"/{cast}" if cast else "")
            listed = memberships.lister(all_the_way=all_the_way, cast=cast)
            counted = memberships.counter(all_the_way=all_the_way, cast=cast)
            found += [("GET", path, listed), ("GET", f"{path}/$count", counted)]
    found += [
        ("POST", f"{root}/checkMemberGroups", memberships.check_groups),
        ("POST", f"{root}/getMemberGroups", memberships.groups_of),
        ("POST", f"{root}/getMemberObjects", memberships.holders_of),
    ]
    return found


def _unit(root: str) -> Routes:
    one = f"{root}/{{unit}}"
    return [
        ("GET", root, groups.lister(UNIT)),
        ("POST", root, group_writes.create_unit),
        ("GET", f"{root}/$count", groups.counter(UNIT)),
        ("GET", one, groups.reader(UNIT)),
        ("PATCH", one, group_writes.change_unit),
        ("DELETE", one, group_writes.delete_unit),
        *_side(UNIT, root, "members"),
        ("POST", f"{one}/members", membership_calls.create_in_unit),
        ("GET", f"{one}/scopedRoleMembers", scoped_roles.list_scoped),
        ("POST", f"{one}/scopedRoleMembers", scoped_roles.add_scoped),
        ("GET", f"{one}/scopedRoleMembers/{{id}}", scoped_roles.read_scoped),
        ("DELETE", f"{one}/scopedRoleMembers/{{id}}", scoped_roles.remove_scoped),
    ]


_GROUPS: Routes = [
    ("GET", "/groups", groups.lister(GROUP)),
    ("POST", "/groups", group_writes.create_group),
    ("GET", "/groups/$count", groups.counter(GROUP)),
    ("GET", "/groups/delta", group_delta.groups_delta),
    ("GET", "/groups/{group}", groups.reader(GROUP)),
    ("PATCH", "/groups/{group}", group_writes.change_group),
    ("DELETE", "/groups/{group}", group_writes.delete_group),
    ("POST", "/groups/{group}/assignLicense", group_licences.assign_license),
    (
        "GET",
        "/groups/{group}/membersWithLicenseErrors",
        membership_calls.list_failing,
    ),
    *_side(GROUP, "/groups", "members"),
    *_side(GROUP, "/groups", "owners"),
    ("GET", "/groups/{group}/transitiveMembers", membership_calls.transitive()),
    (
        "GET",
        "/groups/{group}/transitiveMembers/$count",
        membership_calls.count_transitive,
    ),
    (
        "GET",
        "/groups/{group}/transitiveMembers/user",
        membership_calls.transitive("user"),
    ),
    (
        "GET",
        "/groups/{group}/transitiveMembers/group",
        membership_calls.transitive("group"),
    ),
    *_holders("/groups/{group}"),
]
_PEOPLE: Routes = [
    *_holders("/users/{user}"),
    ("GET", "/users/{user}/manager", hierarchy.read_manager),
    ("GET", "/users/{user}/manager/$ref", hierarchy.refer_to_manager),
    ("PUT", "/users/{user}/manager/$ref", hierarchy.set_manager),
    ("DELETE", "/users/{user}/manager/$ref", hierarchy.remove_manager),
    ("GET", "/users/{user}/directReports", hierarchy.list_reports),
    ("GET", "/users/{user}/directReports/$count", hierarchy.count_reports),
    ("POST", "/users/{user}/revokeSignInSessions", sessions.revoke_sessions),
    ("POST", "/users/{user}/reprocessLicenseAssignment", group_licences.reprocess),
    ("POST", "/users/{user}/sendMail", mails.send_mail),
    ("GET", _TAP, sessions.list_passes),
    ("POST", _TAP, sessions.create_pass),
    ("GET", f"{_TAP}/{{id}}", sessions.read_pass),
    ("DELETE", f"{_TAP}/{{id}}", sessions.delete_pass),
    ("POST", "/invitations", invitations.invite),
]
_DIRECTORY: Routes = [
    ("GET", "/directoryObjects", directory_objects.list_objects),
    ("POST", "/directoryObjects/getByIds", directory_objects.get_by_ids),
    ("GET", "/directoryObjects/{id}", directory_objects.read_object),
    ("GET", "/directory/deletedItems/group", deleted_groups.lister(GROUP)),
    ("GET", "/directory/deletedItems/administrativeUnit", deleted_groups.lister(UNIT)),
    ("POST", "/directoryRoles", scoped_roles.activate_role),
    ("POST", "/directoryRoles/{role}/members/$ref", scoped_roles.add_to_role),
    (
        "DELETE",
        "/directoryRoles/{role}/members/{id}/$ref",
        scoped_roles.remove_from_role,
    ),
    ("POST", "/domains/{domain}/promote", domain_actions.promote),
    ("POST", "/domains/{domain}/forceDelete", domain_actions.force_delete),
    ("GET", "/auditLogs/directoryAudits", audit_reads.list_audits),
    ("GET", "/auditLogs/directoryAudits/{id}", audit_reads.read_audit),
    ("GET", "/reports/getMailboxUsageDetail/{period}", usage_reports.mailbox_usage),
    ("GET", "/servicePrincipals", applications.lister("servicePrincipals")),
    ("GET", "/servicePrincipals/{id}", applications.reader("servicePrincipals")),
    ("GET", "/applications", applications.lister("applications")),
    ("GET", "/applications/{id}", applications.reader("applications")),
]
_BACKUP: Routes = [
    ("GET", "/solutions/backupRestore", backup.read_root),
    ("GET", "/solutions/backupRestore/mailboxProtectionUnits", backup.list_all_units),
    ("GET", _POLICIES, backup.list_policies),
    ("POST", _POLICIES, backup.create_policy),
    ("GET", f"{_POLICIES}/{{policy}}", backup.read_policy),
    ("PATCH", f"{_POLICIES}/{{policy}}", backup.change_policy),
    ("GET", f"{_POLICIES}/{{policy}}/mailboxProtectionUnits", backup.list_units),
    ("POST", f"{_PROTECTION}/{{policy}}/activate", backup.activate),
    ("POST", f"{_PROTECTION}/{{policy}}/deactivate", backup.deactivate),
]

SURFACE: Routes = [
    *_GROUPS,
    *_PEOPLE,
    *_unit("/directory/administrativeUnits"),
    *_unit("/administrativeUnits"),
    *_DIRECTORY,
    *_BACKUP,
]
