"""Step 2: what the inventory wants, as resources by municipality and kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.kind import Kind, Scope
from provisioner.model.resource import Resource

Desired = dict[str, dict[str, list[Resource[Any]]]]


def desire(scope: Scope, kinds: Sequence[Kind]) -> Desired:
    """Resources by kind name, then by the slug of their owner."""
    return {
        kind.name: {
            one.slug: kind.desired(scope.cluster, one)
            for one in scope.of(kind).municipalities
        }
        for kind in kinds
    }


def by_key(desired: Desired) -> dict[str, Resource[Any]]:
    """Every desired resource by its key."""
    return {
        resource.key: resource
        for by_slug in desired.values()
        for some in by_slug.values()
        for resource in some
    }
