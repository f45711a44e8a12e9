"""What delta pages told of users, and how it is laid over a stored look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Raw

from provisioner.providers.graph.snapshot import Snapshot, merged, unpacked
from provisioner.providers.graph.wire import Page, User, Wire, decode_user

_encode = msgspec.json.Encoder().encode
_users = msgspec.json.Decoder(Page[User]).decode
_objects = msgspec.json.Decoder(Page[Raw]).decode


class StaleSnapshot(Exception):
    """The stored look cannot be brought up to date; everything must be read."""


class _Changed(Wire, frozen=True, gc=False, rename="camel"):
    """The head of a delta object."""

    id: str
    user_principal_name: str | None = None
    removed: dict[str, Any] | None = msgspec.field(default=None, name="@removed")


_head = msgspec.json.Decoder(_Changed).decode


class Changes:
    """Delta objects by user, later word over earlier; replays do no harm."""

    def __init__(self) -> None:
        self._partial: dict[str, bytes] = {}
        self._removed: set[str] = set()

    @classmethod
    def of(cls, snapshot: Snapshot) -> Changes:
        """What was told between the whole look and the snapshot's token."""
        changes = cls()
        for page in snapshot.changes:
            changes.add(_objects(unpacked(page)).value)
        return changes

    def add(self, objects: Iterable[Raw]) -> None:
        """Take note of a delta page's objects."""
        for body in objects:
            head = _head(body)
            if head.removed is not None:
                self._removed.add(head.id)
                self._partial.pop(head.id, None)
                continue
            earlier = self._partial.get(head.id)
            change = bytes(body)
            self._partial[head.id] = merged(earlier, change) if earlier else change

    def laid_over(self, snapshot: Snapshot) -> dict[str, User]:
        """All users by object id.

        Raises `StaleSnapshot` where a part of a user is told who is not there, or was
        removed before: then the other parts are not known.
        """
        users: dict[str, User] = {}
        for page in snapshot.pages:
            users.update((user.id, user) for user in _users(unpacked(page)).value)
        for key in self._removed:
            users.pop(key, None)
        for key, change in self._partial.items():
            known = users.get(key)
            if known is not None:
                change = merged(_encode(known), change)
            elif _head(change).user_principal_name is None:
                raise StaleSnapshot(f"user {key} is not in the stored look")
            users[key] = decode_user(change)
        return users
