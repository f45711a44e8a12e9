"""Files to a cluster, every fault with its place; schemas; proposals of addresses."""

from __future__ import annotations

from provisioner.inventory.load import load

__all__ = ["load"]
