"""The stored look at a tenant's users: its port, and how changes are laid over it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from provisioner.providers.graph.wire import USER_SELECT

# Raise it when what is stored of a user, or how, changes its meaning.
_VERSION = 2
_NESTED = frozenset({"onPremisesExtensionAttributes"})

_FASTEST = 1

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
        """The whole look, `packed` and `encoded` lists of users."""
        ...

    @property
    def changes(self) -> Iterable[bytes]:
        """What was told since, in order: `packed` and `encoded` lists of delta objects."""
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


def encoded(items: Sequence[object]) -> bytes:
    """Structs or raw JSON as one JSON list.

    Structs are encoded anew: without the dozen nulls of each user it is half as long.
    """
    return _encode(items)


def packed(page: bytes) -> bytes:
    """A page as it is kept; lets go of the interpreter while it compresses."""
    return zlib.compress(page, _FASTEST)


def unpacked(page: bytes) -> bytes:
    """The JSON list that `packed` made a page of."""
    return zlib.decompress(page)


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
