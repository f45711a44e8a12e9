"""`delta_refresh` and `full_read`: the directories, read so that others find them read."""

from __future__ import annotations

from provisioner.engine.refresh import refresh_directories
from provisioner.engine.run import Collaborators
from provisioner.engine.scope import Order
from provisioner.model.cluster import Cluster
from provisioner.model.run import Run
from provisioner.store import Store


def refresh(store: Store, cluster: Cluster, run: Run, given: Collaborators) -> None:
    """Read what has changed since the last look."""
    refresh_directories(Order("plan", actor=run.actor), given)


def read_whole(store: Store, cluster: Cluster, run: Run, given: Collaborators) -> None:
    """Read everybody, whatever the last look knew."""
    refresh_directories(Order("plan", full=True, actor=run.actor), given)
