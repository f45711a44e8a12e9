"""What the portal works with; made once, where `serve` is put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fastapi import Request

from provisioner.model.cluster import Cluster
from provisioner.portal.identity import Identity
from provisioner.service.requests import Desk
from provisioner.store import Store
from provisioner.store.one_time_secrets import OneTimeSecrets


@dataclass(frozen=True)
class Portal:
    """The store, the inventory, the clock, who signs people in, and for how long.

    `url` is where people reach it (`https://portal.example`); "" is this machine, in a
    sandbox. `nudge` tells a worker of this process that a run waits.
    """

    store: Store
    secrets: OneTimeSecrets
    load: Callable[[], Cluster]
    now: Callable[[], datetime]
    identity: Identity
    inventory: Path
    url: str = ""
    nudge: Callable[[], None] = lambda: None
    idle: timedelta = timedelta(hours=1)
    lasts: timedelta = timedelta(hours=10)

    @property
    def desk(self) -> Desk:
        """Where requests are put in and decided."""
        return Desk(self.store, self.load, self.inventory, self.now, self.nudge)

    @property
    def secure(self) -> bool:
        """Whether people reach it by https."""
        return self.url.startswith("https://")


def portal_of(request: Request) -> Portal:
    """The portal that a request came to."""
    portal = request.app.state.portal
    assert isinstance(portal, Portal)  # noqa: S101  put there by `build_app`
    return portal


def cluster_of(request: Request) -> Cluster:
    """The inventory as it was when the request came; looked at once for all its parts.

    What decides on requests looks anew. Raises `InventoryInvalid`.
    """
    known = getattr(request.state, "cluster", None)
    if known is None:
        known = request.state.cluster = portal_of(request).load()
    assert isinstance(known, Cluster)  # noqa: S101  put there a line above
    return known


def origin_of(request: Request) -> str:
    """Scheme, host and port by which people reach the portal, as here."""
    url = portal_of(request).url
    return url.rstrip("/") if url else f"http://{request.headers['host']}"
