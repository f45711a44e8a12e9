"""The stored look at a tenant's users: its port, and how changes are laid over it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
import zstandard

from provisioner.providers.graph.wire import USER_SELECT

# Raise it when what is stored of a user, or how, changes its meaning.
_VERSION = 3
_NESTED = frozenset({"onPremisesExtensionAttributes"})

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class Snapshot(Protocol):
    """The last look at a tenant; times are UTC.

    `token` is the delta link, `digest` what it was made of; `full_at` is when everything
    was read last, `token_at` when the token was given.
    """

    @property
    def token(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def full_at(self) -> datetime: ...

    @property
    def token_at(self) -> datetime: ...

    @property
    def pages(self) -> Iterable[bytes]:
        """The whole look: the `packed` bodies of Graph's pages of users."""
        ...

    @property
    def changes(self) -> Iterable[bytes]:
        """What was told since, in order: `packed` bodies of pages of delta objects."""
        ...


class Snapshots(Protocol):
    """Where snapshots are kept, one for each tenant."""

    def load(self, tenant: str) -> Snapshot | None: ...

    def replace(
        self,
        tenant: str,
        *,
        token: str,
        digest: str,
        at: datetime,
        pages: Iterable[bytes],
    ) -> None:
        """Put a full read in place of what was there, or nothing."""
        ...

    def append(
        self, tenant: str, *, token: str, at: datetime, changes: Iterable[bytes]
    ) -> None:
        """Add what a delta query told, and its new token, or nothing."""
        ...


def digest_of(base_url: str) -> str:
    """What a delta token holds good for: this Graph, these fields, this reading of them."""
    parts = f"{_VERSION} {base_url} {USER_SELECT}"
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def packed(page: bytes) -> bytes:
    """A page's body as it is kept; lets go of the interpreter while it compresses."""
    return zstandard.compress(page, level=1)


def unpacked(page: bytes) -> bytes:
    """The body that `packed` was given."""
    return zstandard.decompress(page)


def merged(stored: bytes, change: bytes) -> bytes:
    """One user's JSON with a delta object laid over it.

    Delta sends only what changed: a field that is not there is as it was, one that is
    null was emptied.
    """
    user = _decode(stored)
    for name, value in _decode(change).items():
        if name.startswith("@"):
            continue
        before = user.get(name)
        if name in _NESTED and isinstance(value, Mapping) and isinstance(before, dict):
            before.update(value)
        else:
            user[name] = value
    return _encode(user)
