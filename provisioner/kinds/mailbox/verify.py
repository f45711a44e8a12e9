"""Proof that mailboxes work: the user as wanted, the mailbox answering with its settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.errors import ProviderError
from provisioner.kind import Providers, Scope
from provisioner.kinds.mailbox.observe import Reader, slugs
from provisioner.kinds.mailbox.settings_read import Answer, read_answers
from provisioner.kinds.mailbox.spec import SETTINGS_FIELDS, read_settings
from provisioner.kinds.pacing import REPLICATION_PATIENCE, Backoff
from provisioner.model.cluster import Tenant
from provisioner.model.outcome import Check, Proof
from provisioner.model.resource import Observed, Resource, key_of


async def verify_mailboxes(
    scope: Scope,
    tenant: Tenant,
    resources: Sequence[Resource[Any]],
    providers: Providers,
) -> list[Proof]:
    """One proof for each resource, from what the tenant says now.

    The replica that answers may not have what was just written, so what is unproven is
    looked at again while that can be the reason. Raises `ProviderError` when the tenant
    cannot be read at all.
    """
    backoff = Backoff(min(REPLICATION_PATIENCE, providers.mailbox_patience))
    proofs: dict[str, Proof] = {}
    waiting = list(resources)
    while waiting:
        try:
            looked_at = await _look(scope, tenant, waiting, providers)
        except ProviderError:
            if not proofs:
                raise
            break
        proofs.update({one.key: one for one in looked_at})
        waiting = [one for one in waiting if not proofs[one.key].proven]
        if waiting and not await backoff.rest():
            break
    return [proofs[one.key] for one in resources]


async def _look(
    scope: Scope,
    tenant: Tenant,
    resources: Sequence[Resource[Any]],
    providers: Providers,
) -> list[Proof]:
    """Proofs by one read of the directory for the users, and batches for the settings.

    Settings that cannot be read are a check that does not hold, with its reason.
    """
    observed = await _observed(scope, tenant, providers)
    asked = {
        resource.key: one.object_id
        for resource in resources
        if (one := observed.get(resource.key)) is not None
        and resource.spec.enabled
        and resource.spec.licenses
    }
    answers = await read_answers(asked, providers)
    return [
        Proof(
            resource.municipality,
            resource.kind,
            resource.name,
            providers.now(),
            tuple(_checks(resource, observed.get(resource.key), answers)),
        )
        for resource in resources
    ]


async def _observed(
    scope: Scope, tenant: Tenant, providers: Providers
) -> dict[str, Observed[Any]]:
    directory = providers.directory
    municipalities, everyone = scope.in_tenant(tenant), slugs(scope)
    reader = Reader(tenant, municipalities, everyone, await directory.skus(), {}, {})
    found = {}
    for user in (await directory.users(full=False)).users.values():
        home = reader.home(user.user_principal_name.lower(), reader.mark(user))
        if home is not None and home[2]:
            key = key_of(home[0], "mailbox", home[1])
            found[key] = reader.observed(user, *home)
    return found


def _checks(
    resource: Resource[Any], found: Observed[Any] | None, answers: dict[str, Answer]
) -> list[Check]:
    want = resource.spec
    if found is None:
        # Who has left and is gone is as wanted: nobody signs in any more.
        left = not want.enabled
        return [Check("sign-in as wanted" if left else "user exists", holds=left)]
    have = found.spec
    checks = [
        Check("user exists", holds=True),
        Check("sign-in as wanted", holds=want.enabled == have.enabled),
    ]
    if want.enabled:
        checks.append(
            Check(
                "licence assigned",
                holds=want.licenses == have.licenses,
                detail=", ".join(have.licenses),
            )
        )
    if want.enabled and want.licenses:
        checks.extend(_settings_checks(want, answers[resource.key]))
    return checks


def _settings_checks(want: Any, answer: Answer) -> list[Check]:
    if not answer.body:
        return [Check("mailbox answers", holds=False, detail=answer.reason)]
    seen = dict(zip(SETTINGS_FIELDS, read_settings(answer.body), strict=True))
    differing = [name for name, value in seen.items() if getattr(want, name) != value]
    return [
        Check("mailbox answers", holds=True),
        Check(
            "language, time zone and working week",
            holds=not differing,
            detail=", ".join(differing),
        ),
    ]
