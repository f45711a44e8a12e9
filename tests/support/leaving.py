"""One town of a rehearsed world, and one person of it who leaves."""

from __future__ import annotations

from typing import Any


class Leaving:
    """The town's fourth person, their row in the inventory, and the days that pass."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.slug: str = world.slugs[0]
        self.address: str = world.active(self.slug)[3]

    def state(self, state: str) -> None:
        rows = self.world.people(self.slug)
        for row in rows:
            if row["address"] == self.address:
                row["state"] = state
        self.world.rewrite(self.slug, rows)

    def row_goes(self) -> None:
        rows = self.world.people(self.slug)
        rest = [row for row in rows if row["address"] != self.address]
        self.world.rewrite(self.slug, rest)

    def days_pass(self, days: float) -> None:
        self.world.admin("POST", "clock", {"advance": days * 86400})

    def run(self, *words: str) -> Any:
        return self.world.run(*words, "--municipality", self.slug, "--json")

    def apply(self, *words: str) -> Any:
        return self.run("apply", "--yes", *words)

    def planned(self) -> dict[str, Any]:
        """The plan's changes of mailboxes by name."""
        (town,) = self.run("plan").report["municipalities"]
        return {one["name"]: one for one in town["changes"] if one["kind"] == "mailbox"}

    def user(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.world.users(self.slug).get(self.address)
        return found
