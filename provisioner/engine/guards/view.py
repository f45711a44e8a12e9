"""What a guard is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.engine.observe import World
from provisioner.kind import Scope
from provisioner.model.change import Change
from provisioner.model.plan import Plan, Refusal
from provisioner.model.resource import Observed


@dataclass(frozen=True)
class View:
    """The scope, the plans by municipality and the world they were made from."""

    scope: Scope
    plans: Mapping[str, Plan]
    world: World

    def observed(self, change: Change) -> Observed[Any] | None:
        """The object a change would write, or None where it would be made."""
        if not change.object_id:
            return None
        seen = self.world.of(change.kind, change.municipality)
        for place in (seen.present, seen.deleted):
            one = place.get(change.name)
            if one is not None and one.object_id == change.object_id:
                return one
        everything = [*seen.present.values(), *seen.deleted.values()]
        return next((o for o in everything if o.object_id == change.object_id), None)


Guard = Callable[[View], Iterable[Refusal]]
