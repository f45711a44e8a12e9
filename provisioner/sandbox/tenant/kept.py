"""What the tenant keeps beside its objects: scoped roles, passes, mails, backup policies.

And the applications that may ask for its API.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Client(Struct, frozen=True, gc=False):
    """Another application, for which this tenant's own one is an API with app roles.

    `id` is that of its principal; of its secret only a digest is remembered.
    """

    client_id: str
    id: str
    secret_sha256: str
    roles: tuple[str, ...]


class ScopedRole(Struct, frozen=True, gc=False):
    """A role of a user that holds within one administrative unit."""

    id: str
    unit: str
    role: str
    member: str


class Pass(Struct, frozen=True, gc=False):
    """A temporary access pass; of the pass itself only a digest is remembered."""

    id: str
    sha256: str
    created: float
    starts: float
    minutes: int
    once: bool


class Mail(Struct, frozen=True, gc=False):
    """A mail that was sent: by whom, when, and the message as it was given."""

    id: str
    sender: str
    at: float
    message: dict[str, Any]


class Unit(Struct, frozen=True, gc=False):
    """A mailbox under a protection policy."""

    id: str
    user: str
    added: float
    removed: float | None = None


class Policy(Struct, frozen=True, gc=False):
    """A Microsoft 365 Backup policy over mailboxes."""

    id: str
    label: str
    created: float
    changed: float
    status: str = "inactive"
    units: tuple[Unit, ...] = ()
