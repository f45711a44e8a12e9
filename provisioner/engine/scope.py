"""The order a run was given, turned into the scope it looks at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz.process import extractOne

from provisioner.errors import ProvisionerError
from provisioner.kind import Kind, Scope
from provisioner.kinds import KINDS
from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality
from provisioner.model.report import Mode


@dataclass(frozen=True)
class Order:
    """What a person or a schedule asked for.

    Empty `municipalities` and `kinds` mean all. An order for some municipalities leaves
    alone what the whole cluster shares, unless it names a kind of that. `checksum` binds
    an apply to the plan that was approved; `release` names guards that the approver lets
    go, which needs a checksum, and `approved_by` the second person, where one is wanted.
    `only` limits an apply to these resource keys. `refresh`, `full` and `adopt` are those
    of `Scope`. `urgent` is the reason for which it may write in a blackout. `zone` keeps it
    to the hosts of a zone, or with "" to what is on no host; None is everything. `part`
    says that it leads further than its zone: `checksum` is that of the whole plan, and what
    is missing of `only` may be in another zone.
    """

    mode: Mode
    municipalities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    checksum: str = ""
    release: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    adopt: frozenset[str] = frozenset()
    refresh: int | None = 0
    full: bool = False
    actor: str = ""
    approved_by: str = ""
    urgent: str = ""
    zone: str | None = None
    part: bool = False


class UnknownName(ProvisionerError):
    """There is no such municipality or kind."""


def scope_of(
    order: Order, cluster: Cluster, now: datetime, *, hosts: bool = True
) -> Scope:
    """The owners an order names; raises `UnknownName` with the nearest known.

    Without `hosts`, who owns nothing but what is on hosts is left out.
    """
    return Scope(
        cluster,
        owners_of(order, cluster, hosts=hosts),
        refresh=order.refresh,
        full=order.full or order.mode == "apply",
        adopt=order.adopt,
        now=now,
    )


def owners_of(
    order: Order, cluster: Cluster, *, hosts: bool = True
) -> tuple[Municipality, ...]:
    """The owners of what an order looks at; see `scope_of`."""
    known = {one.slug: one for one in (*cluster.municipalities, *cluster.itself)}
    for slug in order.municipalities:
        if slug not in known:
            raise UnknownName(_no_such("municipality", slug, known))
    named = dict.fromkeys(order.municipalities or known)
    chosen = [known[slug] for slug in named]
    if order.municipalities and order.kinds:
        tenants = {one.tenant for one in chosen}
        shared = (one for one in cluster.itself if one.tenant in tenants)
        chosen += [one for one in shared if one.slug not in named]
    kinds = kinds_of(order, hosts=hosts)
    return tuple(one for one in chosen if any(kind.owned_by(one) for kind in kinds))


def kinds_of(order: Order, *, hosts: bool = True) -> tuple[Kind, ...]:
    """The kinds an order names, in the order of creation; those of hosts if there are any."""
    known = {kind.name: kind for kind in KINDS}
    for name in order.kinds:
        if name not in known:
            raise UnknownName(_no_such("kind", name, known))
    realms = {"tenant", "hosts"} if hosts else {"tenant"}
    if order.zone is not None:
        realms &= {"hosts" if order.zone else "tenant"}
    here = (kind for kind in KINDS if kind.realm in realms)
    return tuple(kind for kind in here if not order.kinds or kind.name in order.kinds)


def left_out(order: Order, cluster: Cluster, *, hosts: bool) -> tuple[str, ...]:
    """What an order would have looked at and there is nothing to look at, in a remark."""
    kinds = {kind.name for kind in kinds_of(order)}
    here = {kind.name for kind in kinds_of(order, hosts=hosts)}
    wanted = cluster.servers or any(one.servers for one in cluster.municipalities)
    if wanted and kinds - here:
        return ("Hosts were left out: this sandbox has none.",)
    return ()


def _no_such(what: str, name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = extractOne(name, names, score_cutoff=60)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no {what} {name!r}.{hint} Known: {', '.join(sorted(names)[:20])}."
