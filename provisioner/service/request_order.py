"""What the run of a request does: what the request is about, and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.engine.scope import Order
from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality
from provisioner.model.request import Request
from provisioner.model.resource import key_of
from provisioner.model.wish import (
    NewMailboxes,
    NewSharedMailbox,
    PersonChange,
    PersonLeaves,
    WebsiteChange,
    Wish,
    resources_of,
    whole,
)

_PEOPLE = ("domain", "mailbox", "shared_mailbox", "administrative_unit")
_MEETS = frozenset({"role", "state", "address"})
"""Columns of a person by which a forum gets other members."""


def order_for(request: Request, cluster: Cluster) -> Order:
    """The apply of a recorded request, limited to the keys that it is about.

    Those are its own; of a mailbox also the domain, without which there is none, the shared
    mailboxes that name the person, the administrative unit, and the forums of the role that
    the person has or had. What else is open in the municipality is not its affair.
    """
    slug, wish = request.municipality, request.wish
    town = next((one for one in cluster.municipalities if one.slug == slug), None)
    domain = town.domain if town else ""
    own = {key_of(slug, kind, name) for kind, name in resources_of(wish, domain)}
    beside = set(_beside(wish, town, cluster)) if town else set()
    kinds: tuple[str, ...] = _PEOPLE
    if isinstance(wish, WebsiteChange):
        kinds = ("website",)
    if any(key.split("/")[1] == "forum" for key in beside):
        kinds += ("forum",)
    return Order(
        "apply",
        (slug,),
        kinds,
        only=frozenset(own | beside),
        actor=request.requester,
    )


def _beside(wish: Wish, town: Municipality, cluster: Cluster) -> Iterator[str]:
    """The keys of what comes with the wish's own resources."""
    if isinstance(wish, WebsiteChange):
        return
    yield key_of(town.slug, "domain", town.domain)
    if isinstance(wish, NewSharedMailbox):
        return
    yield key_of(town.slug, "administrative_unit", town.slug)
    people = _people(wish, town.domain)
    for shared in town.shared_mailboxes:
        if people.intersection(shared.members):
            yield key_of(town.slug, "shared_mailbox", shared.address)
    roles = roles_of(wish)
    for owner in cluster.itself:
        if owner.tenant == town.tenant:
            known = (one.name for one in cluster.roles if one.name in roles)
            yield from (key_of(owner.slug, "forum", name) for name in known)


def _people(wish: Wish, domain: str) -> set[str]:
    """The addresses of the people whom a wish is about, as they were and as they will be."""
    match wish:
        case NewMailboxes():
            found = [one.address for one in wish.people]
        case PersonChange():
            found = [wish.address, wish.fields.get("address") or wish.address]
        case PersonLeaves():
            found = [wish.address]
        case _:
            found = []
    return {whole(one, domain) for one in found}


def roles_of(wish: Wish) -> set[str]:
    """The roles whose forums get other members: those that people have, get or lose."""
    match wish:
        case NewMailboxes():
            roles = {one.role for one in wish.people}
        case PersonChange() if _MEETS.intersection(wish.fields):
            roles = {wish.before.get("role", ""), wish.fields.get("role", "")}
        case PersonLeaves():
            roles = {wish.before.get("role", "")}
        case _:
            roles = set()
    return roles - {""}
