"""All users of a tenant: from the stored look and what changed since, or read in full."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import msgspec
from msgspec import Raw, Struct

from provisioner.errors import PermanentProviderError
from provisioner.providers.graph.changes import Changes, StaleSnapshot
from provisioner.providers.graph.pager import Read, pages
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.snapshot import (
    Snapshot,
    Snapshots,
    digest_of,
    packed,
)
from provisioner.providers.graph.wire import USER_SELECT, Page, User

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


ItemT = TypeVar("ItemT")


class _Keeping:
    """Reads pages and keeps each as it came, compressed while the next one is on its way."""

    def __init__(self, read: Read, beside: Executor) -> None:
        self._read = read
        self._beside = beside
        self.kept: list[Future[bytes]] = []

    def __call__(
        self, url: str, decode: Callable[[bytes], Page[ItemT]]
    ) -> Awaitable[Page[ItemT]]:
        def keep(body: bytes) -> Page[ItemT]:
            page = decode(body)
            self.kept.append(self._beside.submit(packed, body))
            return page

        return self._read(url, keep)


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
            except StaleSnapshot as reason:
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
        with ThreadPoolExecutor(1, "snapshot") as beside:
            read = _Keeping(self._sender.read, beside)
            async for page in pages(read, _LIST, Page[User]):
                users.update((user.id, user) for user in page.value)
            if token:
                self._snapshots.replace(
                    self._tenant,
                    token=token,
                    digest=self._digest,
                    at=at,
                    pages=(one.result() for one in read.kept),
                )
        return users

    async def _read_changes(self, snapshot: Snapshot) -> dict[str, User]:
        changes, told = Changes.of(snapshot), list[Raw]()
        token, at = "", self._now()
        try:
            async for page in pages(self._sender.read, snapshot.token, Page[Raw]):
                told += page.value
                token = page.delta_link
        except PermanentProviderError as error:
            if error.status in _TOKEN_REFUSED or "sync" in error.code.lower():
                raise StaleSnapshot(f"the token was refused ({error.code})") from error
            raise
        if not token:
            raise StaleSnapshot("no new token was given")
        changes.add(told)
        users = changes.laid_over(snapshot)
        kept = [packed(msgspec.json.encode({"value": told}))] if told else []
        self._snapshots.append(self._tenant, token=token, at=at, changes=kept)
        return users
