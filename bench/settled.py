"""Brings a world to the state where there is nothing to do, without a month of creates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from bench.world import World
from provisioner.kinds.administrative_unit.spec import desired_units, unit_body
from provisioner.kinds.forum.spec import create_body as forum_body
from provisioner.kinds.forum.spec import desired_forums
from provisioner.kinds.mailbox import Mailbox
from provisioner.kinds.mailbox.spec import create_body, mark_of, settings_body
from provisioner.sandbox.outsider import order

_AT_ONCE = 2_000


def settle(world: World) -> None:
    """Seed every object as the inventory wants it, and let one apply take note.

    The apply brings the domains and reads each mailbox's settings once; afterwards a
    plan has nothing to do, which is asserted.
    """
    users = _users(world)
    while some := list(islice(users, _AT_ONCE)):
        order(world.state, "POST", "users", some)
    for some in (list(_forums(world)), list(_units(world))):
        order(world.state, "POST", "groupings", some)
    world.provisioner("apply", "--yes", "--json")
    world.provisioner("plan", "--json", allowed=(0,))


def _forums(world: World) -> Iterator[dict[str, Any]]:
    cluster = world.cluster
    for owner in cluster.itself:
        for one in desired_forums(cluster, owner):
            body = forum_body(one.spec, owner.slug, one.name)
            mail = f"{body['mailNickname']}@{cluster.municipalities[0].domain}"
            yield {
                "kind": "group",
                "properties": body | {"mail": mail, "proxyAddresses": [f"SMTP:{mail}"]},
                "members": one.spec.members,
                "owners": one.spec.owners,
            }


def _units(world: World) -> Iterator[dict[str, Any]]:
    for municipality in world.cluster.municipalities:
        for one in desired_units(municipality):
            yield {
                "kind": "administrativeUnit",
                "properties": unit_body(one.spec, municipality.slug, one.name),
                "members": one.spec.members,
            }


def _users(world: World) -> Iterator[dict[str, Any]]:
    """Users as the sandbox's own endpoint takes them, licensed and with a mailbox."""
    cluster = world.cluster
    for one in cluster.municipalities:
        tenant = cluster.tenant(one.tenant)
        for resource in Mailbox().desired(cluster, one):
            spec = resource.spec
            mark = mark_of(one.slug, spec.address)
            body = create_body(spec, mark, tenant.mark_attribute, "")
            del body["passwordProfile"]
            yield {
                **body,
                "licences": list(spec.licenses),
                "mailboxSettings": settings_body(spec),
            }
