"""What is left of a municipality's budget when what was asked for is counted, too."""

from __future__ import annotations

from msgspec import Struct


class SeatsLeft(Struct, frozen=True, gc=False):
    """Seats of one licence: the budget, active people, and open requests for more."""

    license: str
    budget: int
    used: int
    asked: int

    @property
    def free(self) -> int:
        """Seats that no active person has; negative where too many do."""
        return self.budget - self.used

    @property
    def left(self) -> int:
        """Never below 0: a request beyond the budget waits."""
        return max(0, self.free - self.asked)
