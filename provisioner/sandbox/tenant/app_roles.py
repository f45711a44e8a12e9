"""The application permissions that the sandbox's applications hold unless a seed says less.

They are the least that provisioner needs by the vendor's list, in `graph-permissions.json`,
and those that people try out in the sandbox: nothing here writes the whole directory.
"""

from __future__ import annotations

DEFAULT_ROLES: tuple[str, ...] = (
    "AdministrativeUnit.ReadWrite.All",
    "Application.Read.All",
    "AuditLog.Read.All",
    "BackupRestore-Configuration.ReadWrite.All",
    "BackupRestore-Control.ReadWrite.All",
    "BackupRestore-Restore.ReadWrite.All",
    "BackupRestore-Search.Read.All",
    "Directory.Read.All",
    "Domain.ReadWrite.All",
    "Exchange.ManageAsApp",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "Mail.Send",
    "MailboxSettings.ReadWrite",
    "Organization.Read.All",
    "Reports.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "User.DeleteRestore.All",
    "User.Invite.All",
    "User.ReadWrite.All",
    "User.RevokeSessions.All",
    "UserAuthMethod-TAP.ReadWrite.All",
    "UserAuthenticationMethod.ReadWrite.All",
)
