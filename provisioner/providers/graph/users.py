"""All users of a tenant: from the stored look and what changed since, or read in full."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Raw, Struct

from provisioner.errors import PermanentProviderError
from provisioner.providers.graph.pager import pages
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.snapshot import (
    Snapshot,
    Snapshots,
    digest_of,
    merged,
)
from provisioner.providers.graph.wire import USER_SELECT, Page, User, Wire, decode_user

_log = logging.getLogger(__name__)

_FULL_EVERY = timedelta(hours=24)
_TOKEN_LIFE = timedelta(days=6)  # the vendor keeps tokens for seven
_LIST = f"/users?$select={USER_SELECT}&$top=999"
_NEW_TOKEN = f"/users/delta?$select={USER_SELECT}&$deltaToken=latest"
# What answers a token that is no longer good, by status; codes differ by service.
_TOKEN_REFUSED = frozenset({400, 404, 410})


class UsersRead(Struct, frozen=True):
    """Every user by object id, where they came from and the HTTP calls it took."""

    users: dict[str, User]
    source: Literal["full", "delta"]
    calls: int


class _Changed(Wire, frozen=True, gc=False, rename="camel"):
    """The head of a delta object."""

    id: str
    user_principal_name: str | None = None
    removed: dict[str, Any] | None = msgspec.field(default=None, name="@removed")


class _StaleSnapshot(Exception):
    """The stored look cannot be brought up to date; everything must be read."""


_encode = msgspec.json.Encoder().encode
_head = msgspec.json.Decoder(_Changed).decode


class UserReader:
    """Reads the users of one tenant; `now` is the clock (UTC)."""

    def __init__(
        self,
        sender: Sender,
        *,
        tenant: str,
        base_url: str,
        snapshots: Snapshots,
        now: Callable[[], datetime],
    ) -> None:
        self._sender = sender
        self._tenant = tenant
        self._digest = digest_of(base_url)
        self._snapshots = snapshots
        self._now = now

    async def read(self, *, full: bool = False) -> UsersRead:
        """All users, whole or not at all.

        Raises `ProviderError` where any page fails for good.
        """
        before = self._sender.calls
        snapshot = None if full else self._usable()
        if snapshot is not None:
            try:
                users = await self._read_changes(snapshot)
            except _StaleSnapshot as reason:
                _log.info("tenant %s: reading all users, %s", self._tenant, reason)
            else:
                return UsersRead(users, "delta", self._sender.calls - before)
        users = await self._read_all()
        return UsersRead(users, "full", self._sender.calls - before)

    def _usable(self) -> Snapshot | None:
        snapshot = self._snapshots.load(self._tenant)
        if snapshot is None or snapshot.digest != self._digest:
            return None
        now = self._now()
        fresh = now - snapshot.full_at < _FULL_EVERY
        return snapshot if fresh and now - snapshot.token_at < _TOKEN_LIFE else None

    async def _read_all(self) -> dict[str, User]:
        """The token first, then the list: what changes meanwhile comes with the token."""
        token = ""
        async for empty in pages(self._sender.read, _NEW_TOKEN, Page[Raw]):
            token = empty.delta_link
        users: dict[str, User] = {}
        at = self._now()
        async for page in pages(self._sender.read, _LIST, Page[User]):
            users.update((user.id, user) for user in page.value)
        if token:
            self._snapshots.replace(
                self._tenant,
                token=token,
                digest=self._digest,
                at=at,
                # Encoded anew: without the dozen nulls of each it is half as long.
                objects=((user.id, _encode(user)) for user in users.values()),
            )
        return users

    async def _read_changes(self, snapshot: Snapshot) -> dict[str, User]:
        changes = _Changes()
        token, at = "", self._now()
        try:
            async for page in pages(self._sender.read, snapshot.token, Page[Raw]):
                changes.add(page.value)
                token = page.delta_link
        except PermanentProviderError as error:
            if error.status in _TOKEN_REFUSED or "sync" in error.code.lower():
                raise _StaleSnapshot(f"the token was refused ({error.code})") from error
            raise
        if not token:
            raise _StaleSnapshot("no new token was given")
        users = changes.laid_over(snapshot)
        self._snapshots.merge(
            self._tenant,
            token=token,
            at=at,
            changed=changes.whole.items(),
            removed=changes.removed,
        )
        return users


class _Changes:
    """What delta pages told, later word over earlier; replays do no harm."""

    def __init__(self) -> None:
        self._partial: dict[str, bytes] = {}
        self.removed: set[str] = set()
        self.whole: dict[str, bytes] = {}

    def add(self, objects: list[Raw]) -> None:
        for body in objects:
            head = _head(body)
            if head.removed is not None:
                self.removed.add(head.id)
                self._partial.pop(head.id, None)
                continue
            self.removed.discard(head.id)
            earlier = self._partial.get(head.id)
            change = bytes(body)
            self._partial[head.id] = merged(earlier, change) if earlier else change

    def laid_over(self, snapshot: Snapshot) -> dict[str, User]:
        """All users with the changes in; fills `whole` with the JSON of changed ones."""
        users: dict[str, User] = {}
        for body in snapshot.objects:
            user = decode_user(body)
            if user.id in self._partial:
                self._keep(user.id, merged(body, self._partial.pop(user.id)), users)
            elif user.id not in self.removed:
                users[user.id] = user
        for key, body in self._partial.items():
            if _head(body).user_principal_name is None:
                raise _StaleSnapshot(f"user {key} is not in the stored look")
            self._keep(key, body, users)
        return users

    def _keep(self, key: str, body: bytes, users: dict[str, User]) -> None:
        self.whole[key] = body
        users[key] = decode_user(body)
