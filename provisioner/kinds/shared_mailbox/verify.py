"""Proof that shared mailboxes work: read back from Exchange and from the directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.kind import Providers
from provisioner.kinds.mailbox.spec import plain
from provisioner.kinds.pacing import Backoff
from provisioner.kinds.shared_mailbox.reading import observed, read_parts
from provisioner.kinds.shared_mailbox.spec import MEMBER, flat
from provisioner.model.cluster import Tenant
from provisioner.model.outcome import Check, Proof
from provisioner.model.resource import Observed, Resource

# How long the directory may show what was before a write.
_REPLICATION_PATIENCE = 120.0


async def verify_shared(
    tenant: Tenant, resources: Sequence[Resource[Any]], providers: Providers
) -> list[Proof]:
    """One proof for each resource; a directory that lags is asked again."""
    backoff = Backoff(min(_REPLICATION_PATIENCE, providers.mailbox_patience))
    proofs: dict[str, Proof] = {}
    left = list(resources)
    while left:
        found, failed = await _read(tenant, left, providers)
        for one in left:
            checks = _checks(one, found.get(one.name), failed.get(one.name, ""))
            proofs[one.key] = Proof(
                one.municipality, one.kind, one.name, providers.now(), tuple(checks)
            )
        left = [one for one in left if not proofs[one.key].proven]
        if left and not await backoff.rest():
            break
    return [proofs[one.key] for one in resources]


async def _read(
    tenant: Tenant, resources: Sequence[Resource[Any]], providers: Providers
) -> tuple[Mapping[str, Observed[Any]], Mapping[str, str]]:
    """The mailboxes by name, and why some could not be read."""
    if providers.exchange is None:
        return {}, {}
    wanted = {one.spec.address: one.municipality for one in resources}
    rows = {
        row.external_directory_object_id: row
        for row in await providers.exchange.shared_mailboxes()
        if row.primary_smtp_address.lower() in wanted
    }
    parts = await read_parts(list(rows.values()), tenant, providers.exchange, providers)
    found, failed = {}, {}
    for identifier, row in rows.items():
        address = row.primary_smtp_address.lower()
        if identifier in parts.failed:
            failed[address] = parts.failed[identifier]
        else:
            found[address] = observed(row, parts, tenant, wanted[address])
    return found, failed


def _checks(
    resource: Resource[Any], found: Observed[Any] | None, failed: str
) -> list[Check]:
    if found is None:
        return [Check("shared mailbox answers", holds=False, detail=failed)]
    want, have = flat(plain(resource.spec)), flat(plain(found.spec))
    members = {one for one in (*want, *have) if one.startswith(MEMBER)}
    wrong = sorted(one for one in members if want.get(one) != have.get(one))
    return [
        Check("shared mailbox answers", holds=True),
        Check("nobody can sign in as it", holds=not found.spec.sign_in),
        Check("bears our mark", holds=found.spec.marked),
        Check("name as wanted", holds=want["display_name"] == have["display_name"]),
        Check("aliases are there", holds={*want["aliases"]} <= {*have["aliases"]}),
        Check("members as wanted", holds=not wrong, detail=", ".join(wrong)),
        Check("automatic reply", holds=want["auto_reply"] == have["auto_reply"]),
    ]
