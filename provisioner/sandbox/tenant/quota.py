"""The vendor's throttling of the directory: resource units and a quota of writes.

Source: Microsoft Graph throttling limits, "Identity and access service limits".
"""

from __future__ import annotations

WRITES, WRITE_WINDOW = 3000.0, 150.0
_UNITS_WINDOW = 10.0
_GET_COSTS = {
    "/users": 2,
    "/subscribedSkus": 3,
    "/domains/{domain}/domainNameReferences": 4,
    "/groups/{group}/members": 3,
    "/groups/{group}/transitiveMembers": 5,
}
_GET_BY_IDS = "/directoryObjects/getByIds"


# Sent by POST, and yet they change nothing.
_ASKING = frozenset(
    {
        _GET_BY_IDS,
        *(
            f"/{root}/{action}"
            for root in ("users/{user}", "groups/{group}")
            for action in ("checkMemberGroups", "getMemberGroups", "getMemberObjects")
        ),
    }
)


class Bucket:
    """A token bucket of `capacity` that fills once per `window` seconds."""

    def __init__(self, capacity: float, window: float, now: float) -> None:
        self.capacity = capacity
        self.rate = capacity / window
        self.level = capacity
        self._at = now

    def fill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + max(now - self._at, 0) * self.rate)
        self._at = now

    def wait(self, cost: float) -> float:
        """Seconds until a caller shall come back; 0 when `cost` can be paid now.

        A refused caller is sent away until a twentieth of the capacity is back: longer
        than until the next token, so that it does not knock for each of them.
        """
        if self.level >= cost:
            return 0.0
        return (max(cost, self.capacity / 20) - self.level) / self.rate


def resource_units(method: str, template: str, options: dict[str, str]) -> int:
    """What a call costs; `template` without `/v1.0`."""
    cost = _GET_COSTS.get(template, 1) if method == "GET" else 1
    if template == _GET_BY_IDS:
        cost = 3
    if "select" in options:
        cost -= 1
    if "expand" in options:
        cost += 1
    top = options.get("top", "")
    if top.isdecimal() and int(top) < 20:
        cost -= 1
    return max(cost, 1)


class Quota:
    """The buckets of one application in one tenant of `users` users."""

    def __init__(self, users: int, now: float) -> None:
        limit = 3500.0 if users < 50 else 5000.0 if users <= 500 else 8000.0
        self.units = Bucket(limit, _UNITS_WINDOW, now)
        self.writes = Bucket(WRITES, WRITE_WINDOW, now)

    def charge(self, method: str, cost: int, now: float, template: str = "") -> float:
        """Pay for a call; sandbox seconds to wait when it cannot be paid, else 0."""
        self.units.fill(now)
        self.writes.fill(now)
        is_write = method != "GET" and template not in _ASKING
        wait = max(self.units.wait(cost), self.writes.wait(1) if is_write else 0.0)
        if not wait:
            self.units.level -= cost
            self.writes.level -= is_write
        return wait

    def share(self) -> float:
        """How much of the tighter limit is used, 0 to 1."""
        return 1 - min(
            self.units.level / self.units.capacity,
            self.writes.level / self.writes.capacity,
        )
