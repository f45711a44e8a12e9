"""What an administrative unit shall be: a municipality's name and all its people."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from provisioner.kinds.membership.description import describe, in_three_languages
from provisioner.model.municipality import Municipality
from provisioner.model.place import Place
from provisioner.model.resource import Resource

KIND = "administrative_unit"


class AdministrativeUnitSpec(Struct, frozen=True, gc=False):
    """The part of a tenant that holds one municipality's people.

    `members` are the sorted addresses of all people who have not left. `leavers` stay in
    it as long as their account is there: who looks after the municipality looks after
    what they left.
    """

    display_name: str
    description: str
    members: tuple[str, ...]
    leavers: tuple[str, ...] = ()


def desired_units(municipality: Municipality) -> list[Resource[Any]]:
    """The one unit of a municipality, named by its slug. Pure."""
    members, leavers = (
        tuple(sorted(p.address for p in municipality.people if p.state == state))
        for state in ("active", "leaver")
    )
    spec = AdministrativeUnitSpec(
        municipality.names.in_language(municipality.language),
        in_three_languages(municipality.names),
        members,
        leavers,
    )
    slug, place = municipality.slug, Place(municipality.file)
    return [Resource(slug, KIND, slug, spec, place)]


def unit_body(spec: AdministrativeUnitSpec, owner: str, name: str) -> dict[str, Any]:
    """What people read, with our mark before it."""
    return {
        "displayName": spec.display_name,
        "description": describe(owner, name, spec.description),
    }
