"""What provisioner remembers: one small module per aggregate over SQLAlchemy Core."""

from provisioner.store.opening import Store, open_store

__all__ = ["Store", "open_store"]
