"""A made-up cluster: the tracked sample in `inventory/` and large ones for benches.

Same arguments, same bytes, on every Python: nothing here draws random numbers.
"""

from __future__ import annotations

from provisioner.sandbox.sample.generate import write_large, write_sample

__all__ = ["write_large", "write_sample"]
