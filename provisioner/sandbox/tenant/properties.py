"""The properties of `microsoft.graph.user`: which exist, which can be written, limits.

Source: microsoftgraph/msgraph-metadata v1.0 and the vendor's user resource page.
"""

from __future__ import annotations

from msgspec import Struct


class Property(Struct, frozen=True):
    """One property; `limit` is the longest text, 0 where the service sets none."""

    name: str
    kind: str  # text, flag, moment, texts, complex
    writable: bool = True
    limit: int = 0
    clearable: bool = True


def _many(kind: str, names: str, *, writable: bool = True) -> list[Property]:
    return [Property(name, kind, writable) for name in names.split()]


_ALL = [
    Property("accountEnabled", "flag", clearable=False),
    Property("displayName", "text", limit=256, clearable=False),
    Property("givenName", "text", limit=64),
    Property("surname", "text", limit=64),
    Property("department", "text", limit=64),
    Property("companyName", "text", limit=64),
    Property("jobTitle", "text", limit=128),
    Property("mobilePhone", "text", limit=64),
    Property("mailNickname", "text", limit=64, clearable=False),
    Property("userPrincipalName", "text", limit=113, clearable=False),
    Property("employeeId", "text", limit=16),
    Property("officeLocation", "text", limit=128),
    Property("city", "text", limit=128),
    Property("country", "text", limit=128),
    Property("state", "text", limit=128),
    Property("streetAddress", "text", limit=1024),
    Property("postalCode", "text", limit=40),
    Property("usageLocation", "text", limit=2),
    Property("mail", "text", limit=256),
    *_many(
        "text",
        "ageGroup consentProvidedForMinor employeeType faxNumber onPremisesImmutableId"
        " passwordPolicies preferredDataLocation preferredLanguage userType",
    ),
    *_many("moment", "employeeHireDate employeeLeaveDateTime"),
    *_many("texts", "businessPhones otherMails"),
    *_many("flag", "showInAddressList"),
    *_many("complex", "employeeOrgData onPremisesExtensionAttributes passwordProfile"),
    *_many(
        "text",
        "id creationType externalUserState legalAgeGroupClassification"
        " onPremisesDistinguishedName onPremisesDomainName onPremisesSamAccountName"
        " onPremisesSecurityIdentifier onPremisesUserPrincipalName securityIdentifier",
        writable=False,
    ),
    *_many(
        "moment",
        "createdDateTime deletedDateTime externalUserStateChangeDateTime"
        " lastPasswordChangeDateTime onPremisesLastSyncDateTime"
        " signInSessionsValidFromDateTime",
        writable=False,
    ),
    *_many(
        "flag",
        "isManagementRestricted isResourceAccount onPremisesSyncEnabled",
        writable=False,
    ),
    *_many(
        "texts",
        "assignedLicenses assignedPlans identities imAddresses licenseAssignmentStates"
        " onPremisesProvisioningErrors provisionedPlans proxyAddresses"
        " serviceProvisioningErrors",
        writable=False,
    ),
]

USER = {one.name: one for one in _ALL}
BY_LOWER = {name.lower(): one for name, one in USER.items()}

# Kept by SharePoint and others: the service has them, a list cannot give them.
_ELSEWHERE = (
    "aboutme birthday deviceenrollmentlimit hiredate interests mailboxsettings mysite"
    " pastprojects preferredname responsibilities schools signinactivity skills print"
    " authorizationinfo customsecurityattributes identityparentid"
)
ELSEWHERE = frozenset(_ELSEWHERE.split())

DEFAULT_SET = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)

REQUIRED = (
    "accountEnabled",
    "displayName",
    "mailNickname",
    "userPrincipalName",
    "passwordProfile",
)

# What an application without a directory role must not touch on an administrator.
SENSITIVE = frozenset(
    {"accountEnabled", "businessPhones", "mobilePhone", "otherMails", "passwordProfile"}
)

EXTENSION_ATTRIBUTES = tuple(f"extensionAttribute{number}" for number in range(1, 16))
