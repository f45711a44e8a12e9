"""Who looks: their roles, what these let them do, and the municipalities they see.

The one place that decides; every query of the portal takes a `Viewer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from provisioner.model.cluster import Cluster
from provisioner.model.language import Language
from provisioner.model.viewer import EVERYTHING
from provisioner.model.viewer import Viewer as Asker


class Role(StrEnum):
    """What somebody is in the cluster."""

    CLUSTER_IT = "cluster-it"
    APPROVER = "approver"
    OPERATOR = "operator"
    CIO = "cio"
    AUDITOR = "auditor"


class May(StrEnum):
    """What a page or a form asks of whoever comes."""

    LOOK = "look"
    RUNS = "runs"
    OPERATE = "operate"
    APPROVE = "approve"
    INVENTORY = "inventory"
    AUDIT = "audit"
    REQUESTS = "requests"
    ASK = "ask"
    BACKUPS = "backups"


_GIVEN: Mapping[Role, frozenset[May]] = {
    Role.CLUSTER_IT: frozenset(May),
    Role.APPROVER: frozenset(
        {May.LOOK, May.RUNS, May.APPROVE, May.INVENTORY, May.REQUESTS}
    ),
    Role.OPERATOR: frozenset({May.LOOK, May.RUNS, May.BACKUPS}),
    Role.CIO: frozenset({May.LOOK, May.REQUESTS, May.ASK}),
    Role.AUDITOR: frozenset(
        {May.LOOK, May.RUNS, May.INVENTORY, May.AUDIT, May.REQUESTS}
    ),
}
_CIO_OF = f"{Role.CIO}."


def allows(roles: Iterable[Role], what: May) -> bool:
    """Whether one of these roles lets somebody do this at all."""
    return any(what in _GIVEN[role] for role in roles)


class Viewer(Struct, frozen=True):
    """Somebody who is signed in; `towns` are the slugs they are the CIO of.

    `subject` is the tenant's own id of the person, `address` how the audit names them.
    """

    subject: str
    name: str
    address: str
    roles: frozenset[Role]
    towns: frozenset[str] = frozenset()

    def may(self, what: May) -> bool:
        """Whether one of the roles lets them do this at all."""
        return allows(self.roles, what)

    @property
    def sees_all(self) -> bool:
        """Whether every municipality is theirs to see, and what the cluster shares."""
        return bool(self.roles - {Role.CIO})

    def sees(self, slug: str) -> bool:
        """Whether a municipality (or the cluster as an owner) is theirs to see."""
        return self.sees_all or slug in self.towns

    def acts_for(self, slug: str) -> bool:
        """Whether they may ask for a municipality, and hand its passwords over."""
        return Role.CLUSTER_IT in self.roles or slug in self.towns

    def asker(self, language: Language) -> Asker:
        """The viewer as the desk of requests knows people."""
        scope = EVERYTHING if self.sees_all else self.towns
        # An application has no mailbox to be told in.
        mail = self.address if "@" in self.address else ""
        return Asker(self.address, scope, mail, language, self.may(May.APPROVE))

    @property
    def scope(self) -> tuple[str, ...] | None:
        """The slugs that a query is limited to; None is no limit."""
        return None if self.sees_all else tuple(sorted(self.towns))


class Person(Struct, frozen=True):
    """Who has signed in, as the session keeps it; `claims` are role words."""

    subject: str
    name: str
    address: str
    claims: tuple[str, ...] = ()


def roles_of(person: Person) -> frozenset[Role]:
    """The roles that hold whatever the inventory says: all but that of a CIO."""
    return frozenset(role for role in Role if role.value in person.claims) - {Role.CIO}


def viewer_of(person: Person, cluster: Cluster) -> Viewer:
    """What a person may be now.

    Roles are those of the sign-in; whose CIO somebody is stands in the inventory too
    (`cios`), which is asked each time: who is taken out of it is out at once.
    """
    address = person.address.lower()
    known = {one.slug for one in cluster.municipalities}
    towns = {one.slug for one in cluster.municipalities if address in one.cios}
    towns |= known & set(_cio_claims(person.claims))
    roles = roles_of(person) | ({Role.CIO} if towns else set())
    return Viewer(person.subject, person.name, person.address, roles, frozenset(towns))


def _cio_claims(claims: Iterable[str]) -> Iterable[str]:
    return (one.removeprefix(_CIO_OF) for one in claims if one.startswith(_CIO_OF))
