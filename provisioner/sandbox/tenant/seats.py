"""Seats as the operator of the sandbox orders them."""

from __future__ import annotations

import msgspec

from provisioner.sandbox.tenant.directory import Directory


class Seats(msgspec.Struct):
    """Seats of one SKU, or of all: `enabled` is what is bought, `free` what shall be
    left over by buyers elsewhere, `elsewhere` how many those hold."""

    part_number: str = ""
    enabled: int | None = None
    elsewhere: int | None = None
    free: int | None = None


def set_seats(directory: Directory, sku_id: str, wanted: Seats) -> None:
    directory.enabled.setdefault(sku_id, 0)
    if wanted.enabled is not None:
        directory.enabled[sku_id] = wanted.enabled
    if wanted.elsewhere is not None:
        directory.elsewhere[sku_id] = wanted.elsewhere
    if wanted.free is not None:
        taken = directory.enabled[sku_id] - directory.consumed[sku_id] - wanted.free
        directory.elsewhere[sku_id] = max(taken, 0)
