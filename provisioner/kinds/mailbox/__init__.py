"""The kind `mailbox`: a person's user, licence and mailbox in Microsoft 365."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.kind import Differences, Kind, LastApplied, Observed, Providers, Scope
from provisioner.kinds.mailbox.alias_steps import prove_aliases, with_aliases
from provisioner.kinds.mailbox.aliases import comparable, undone
from provisioner.kinds.mailbox.apply import apply_mailboxes
from provisioner.kinds.mailbox.differ import compare_mailboxes
from provisioner.kinds.mailbox.handover import wanted_handover
from provisioner.kinds.mailbox.handover_steps import prove_handover, with_handover
from provisioner.kinds.mailbox.observe import observe_mailboxes
from provisioner.kinds.mailbox.spec import Handover, MailboxSpec, desired_spec
from provisioner.kinds.mailbox.verify import verify_mailboxes
from provisioner.model.change import Change
from provisioner.model.cluster import Cluster, Tenant
from provisioner.model.municipality import Municipality, Person
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.resource import Observation, Resource


class Mailbox(Kind):
    """People's mailboxes; each step is a module of this folder."""

    name: ClassVar[str] = "mailbox"
    title: ClassVar[str] = "Mailbox"
    spec = MailboxSpec
    needs: ClassVar[tuple[str, ...]] = ("domain",)

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        tenant = cluster.tenant(municipality.tenant)
        return [
            Resource(
                municipality.slug,
                "mailbox",
                person.address,
                desired_spec(
                    cluster, tenant, person, _left(cluster, municipality, person)
                ),
                municipality.place_of(person),
            )
            for person in municipality.people
        ]

    async def observe(
        self,
        scope: Scope,
        tenant: Tenant,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: Providers,
    ) -> Observed:
        return await observe_mailboxes(scope, tenant, desired, providers)

    def changes(
        self,
        scope: Scope,
        municipality: Municipality,
        desired: Sequence[Resource[Any]],
        observed: Observation[Any],
        last_applied: LastApplied,
    ) -> Differences:
        off = scope.cluster.tenant(municipality.tenant).exchange == "off"
        seen = comparable(municipality.slug, desired, observed, last_applied, off=off)
        found = compare_mailboxes(scope, municipality, desired, seen, last_applied)
        return undone(municipality.tenant, desired, observed, found) if off else found

    def apply(
        self,
        scope: Scope,
        tenant: Tenant,
        changes: Sequence[Change],
        providers: Providers,
    ) -> AsyncIterator[Outcome]:
        outcomes = apply_mailboxes(scope, tenant, changes, providers)
        handed_over = with_handover(outcomes, changes, providers)
        return with_aliases(handed_over, changes, providers)

    async def verify(
        self,
        scope: Scope,
        tenant: Tenant,
        resources: Sequence[Resource[Any]],
        providers: Providers,
    ) -> list[Proof]:
        proofs = await verify_mailboxes(scope, tenant, resources, providers)
        proofs = await prove_handover(resources, proofs, providers)
        return await prove_aliases(resources, proofs, providers)


def _left(
    cluster: Cluster, municipality: Municipality, person: Person
) -> Handover | None:
    """How a leaver's mailbox shall be handed over; nobody else's, nor without Exchange."""
    if person.state == "active":
        return None
    if cluster.tenant(municipality.tenant).exchange == "off":
        return None
    return wanted_handover(
        cluster.leavers, municipality, person.display_name, person.department
    )
