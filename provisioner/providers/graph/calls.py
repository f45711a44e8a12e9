"""The calls that go into batches: what a call and its reply are, and how each is made.

Every builder takes the caller's own id for the reply first. A user is named by object
id or by user principal name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Raw, Struct

from provisioner.errors import ProviderError, TransientProviderError
from provisioner.providers.graph.wire import USER_SELECT

# Adding a reference that is there already is an error without harm.
_REPEATABLE_ACTIONS = frozenset(
    {"assignLicense", "restore", "$ref", "revokeSignInSessions"}
)


class Call(Struct, frozen=True, gc=False):
    """One call of a batch.

    `id` is unique in its batch; `url` starts with `/`; `depends_on` names earlier calls
    that must succeed first; `writes` counts directory objects changed, for the quota.
    """

    id: str
    method: str
    url: str
    body: Any = None
    depends_on: tuple[str, ...] = ()
    writes: int = 0

    @property
    def action(self) -> str:
        """The last segment of the path: `assignLicense`, `restore`, `users` …"""
        return self.url.partition("?")[0].rpartition("/")[2]

    @property
    def creates(self) -> bool:
        """True where sending it twice may make two of it, or an error of the second."""
        return self.method == "POST" and self.action not in _REPEATABLE_ACTIONS


class Reply(Struct, frozen=True):
    """What became of one call; `body` is JSON, empty where there was none.

    `error` is None exactly when the call succeeded.
    """

    id: str
    status: int
    body: Raw = Raw()
    error: ProviderError | None = None

    @property
    def ambiguous(self) -> bool:
        """True where the call may have been carried out all the same: read back."""
        return isinstance(self.error, TransientProviderError) and self.error.ambiguous


def user_path(user: str) -> str:
    """`/users/…` for an object id or a user principal name."""
    return f"/users/{quote(user, safe='')}"


def create_user(call_id: str, body: Mapping[str, Any]) -> Call:
    """Answered by the user, 201."""
    return Call(call_id, "POST", "/users", body, writes=1)


def patch_user(call_id: str, user: str, body: Mapping[str, Any]) -> Call:
    """Changes the fields in `body` alone; answered by nothing, 204."""
    return Call(call_id, "PATCH", user_path(user), body, writes=1)


def assign_license(
    call_id: str, user: str, add: Sequence[str], remove: Sequence[str] = ()
) -> Call:
    """Gives and takes SKU ids in one call; two at once for one user would collide."""
    body = {
        "addLicenses": [{"skuId": sku_id, "disabledPlans": []} for sku_id in add],
        "removeLicenses": list(remove),
    }
    return Call(call_id, "POST", f"{user_path(user)}/assignLicense", body, writes=1)


def restore_user(call_id: str, user_id: str) -> Call:
    """Takes a user out of the recycle bin; answered by the user."""
    path = f"/directory/deletedItems/{quote(user_id, safe='')}/restore"
    return Call(call_id, "POST", path, writes=1)


def revoke_sessions(call_id: str, user: str) -> Call:
    """Ends every session of the user; answered by a boolean."""
    return Call(
        call_id, "POST", f"{user_path(user)}/revokeSignInSessions", {}, writes=1
    )


def delete_user(call_id: str, user_id: str) -> Call:
    """Puts a user into the recycle bin for 30 days; answered by nothing, 204."""
    return Call(call_id, "DELETE", user_path(user_id), writes=1)


def get_user(call_id: str, user: str, select: str = USER_SELECT) -> Call:
    """Reads one user from the directory itself, not from its eventual index."""
    return Call(call_id, "GET", f"{user_path(user)}?$select={select}")


def get_mailbox_settings(call_id: str, user: str) -> Call:
    """404 `MailboxNotEnabledForRESTAPI` until there is a mailbox."""
    return Call(call_id, "GET", f"{user_path(user)}/mailboxSettings")


def patch_mailbox_settings(call_id: str, user: str, body: Mapping[str, Any]) -> Call:
    """Written in Exchange, so it does not count as a write of the directory."""
    return Call(call_id, "PATCH", f"{user_path(user)}/mailboxSettings", body)
