"""`/domains/{id}/promote`, `forceDelete` and what else can be done to a domain."""

from __future__ import annotations

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call, reply
from provisioner.sandbox.tenant.domain import Domain
from provisioner.sandbox.tenant.domains import found_domain, record_domain
from provisioner.sandbox.tenant.recording import record, user_changes, user_target
from provisioner.sandbox.tenant.refusal import bad_request

_MOST_RENAMED = 1000


def promote(call: Call) -> Answer:
    """Make a subdomain, verified by its parent, a root of its own."""
    domain = found_domain(call)
    if domain.root or not domain.verified:
        raise bad_request("Only a verified subdomain can be promoted to a root domain.")
    new = msgspec.structs.replace(domain, root=True)
    call.directory.domains[domain.id] = new
    record_domain(call, "Promote sub domain to root domain", domain.id)
    return reply(call, "Edm.Boolean", {"value": True})


def force_delete(call: Call) -> Answer:
    """Remove a domain that is in use: names in it move to the initial domain."""
    domain = found_domain(call)
    if domain.initial or domain.default:
        raise bad_request("The initial and the default domain cannot be deleted.")
    body = call.document() if call.body.strip() else {}
    people = [one for one in call.reader.live(0) if _in_domain(one, domain)]
    if len(people) > _MOST_RENAMED:
        raise bad_request(
            f"The domain '{domain.id}' is referenced by more than {_MOST_RENAMED} objects."
        )
    disable = bool(body.get("disableUserAccounts", True))
    for account in people:
        _move(call, account, domain, disable=disable)
    del call.directory.domains[domain.id]
    record_domain(call, "Remove verified domain", domain.id, "Delete")
    return Answer(204)


def _in_domain(account: Account, domain: Domain) -> bool:
    ending = f"@{domain.id}"
    return account.domain == domain.id or any(
        address.endswith(ending) for address in account.addresses()
    )


def _move(call: Call, account: Account, domain: Domain, *, disable: bool) -> None:
    directory, properties = call.directory, dict(account.properties)
    ending = f"@{domain.id}"
    name = account.name
    if account.domain == domain.id:
        local = name.rpartition("@")[0]
        name = f"{local}@{directory.initial_domain}"
        if directory.owner(name) not in (None, account.id):
            name = f"{local}.{account.id[:8]}@{directory.initial_domain}"
    properties["userPrincipalName"] = name
    if str(properties.get("mail", "")).lower().endswith(ending):
        properties["mail"] = name
    if disable:
        properties["accountEnabled"] = False
    kept = tuple(p for p in account.proxies if not p.lower().endswith(ending))
    new = msgspec.structs.replace(account, properties=properties, proxies=kept)
    names = ("accountEnabled", "mail", "proxyAddresses", "userPrincipalName")
    lag = call.world.conduct.replication_lag
    directory.put(account, new, call.now, names=names, lag=lag)
    record(call, "Update user", user_target(new, user_changes(account, new, names)))
