"""The stored look at a tenant's users: its port, and how changes are laid over it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from provisioner.providers.graph.wire import USER_SELECT

# Raise it when what is stored of a user, or how, changes its meaning.
_VERSION = 1
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
    def objects(self) -> Iterable[bytes]:
        """The JSON of every user, as Graph sent it."""
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
        objects: Iterable[tuple[str, bytes]],
    ) -> None:
        """Put a full read (object id, JSON) in place of what was there, or nothing."""
        ...

    def merge(
        self,
        tenant: str,
        *,
        token: str,
        at: datetime,
        changed: Iterable[tuple[str, bytes]],
        removed: Iterable[str],
    ) -> None:
        """Bring the snapshot up to date, whole objects for changed ones, or not at all."""
        ...


def digest_of(base_url: str) -> str:
    """What a delta token holds good for: this Graph, these fields, this reading of them."""
    parts = f"{_VERSION} {base_url} {USER_SELECT}"
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


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
