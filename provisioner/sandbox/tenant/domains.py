"""`/domains`: add, prove, configure and remove the names of a tenant."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.audit import Target
from provisioner.sandbox.tenant.call import Answer, Call, reply, reply_list
from provisioner.sandbox.tenant.domain import (
    Domain,
    service_records,
    verification_records,
    verification_token,
    wire,
)
from provisioner.sandbox.tenant.query import LARGEST_PAGE
from provisioner.sandbox.tenant.recording import record
from provisioner.sandbox.tenant.refusal import Refusal, bad_request, not_found

_NAME = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
)
_SERVICES = ("Email", "OfficeCommunicationsOnline", "Yammer")


def found_domain(call: Call) -> Domain:
    domain = call.directory.domains.get(call.params[0].lower())
    if domain is None:
        raise not_found(call.params[0])
    return domain


def list_domains(call: Call) -> Answer:
    return reply_list(
        call, "domains", [wire(one) for one in call.directory.domains.values()]
    )


def read_domain(call: Call) -> Answer:
    return reply(call, "domains/$entity", wire(found_domain(call)))


def add_domain(call: Call) -> Answer:
    body = call.document()
    name = body.get("id")
    if not isinstance(name, str) or not _NAME.fullmatch(name.lower()):
        raise bad_request("Property id is invalid.", "InvalidValue", "id")
    if {key for key in body if "@" not in key} != {"id"}:
        raise bad_request("Only 'id' can be given when a domain is added.")
    name, directory = name.lower(), call.directory
    if name in directory.domains:
        raise bad_request(
            "A conflicting object with one or more of the specified property values is"
            " present in the directory.",
            "ObjectConflict",
            "id",
        )
    # A subdomain of a proved name needs no proof of its own.
    parent = any(
        one.verified and not one.initial and name.endswith(f".{one.id}")
        for one in directory.domains.values()
    )
    token = verification_token(directory.tenant_id, name)
    domain = Domain(name, token, verified=parent, root=not parent)
    directory.domains[name] = domain
    record_domain(call, "Add unverified domain", name, "Add")
    return reply(call, "domains/$entity", wire(domain), 201)


def change_domain(call: Call) -> Answer:
    domain, body = found_domain(call), call.document()
    if not domain.verified:
        raise bad_request(
            f"Operation is not allowed on unverified domain '{domain.id}'."
        )
    services = body.get("supportedServices", domain.services)
    if not isinstance(services, list | tuple) or not set(services) <= set(_SERVICES):
        raise bad_request("Property supportedServices is invalid.", "InvalidValue")
    if body.get("isDefault") is False and domain.default:
        raise bad_request("Set another domain as the default one instead.")
    domains = call.directory.domains
    if body.get("isDefault"):
        for other in list(domains.values()):
            domains[other.id] = msgspec.structs.replace(other, default=False)
    domains[domain.id] = msgspec.structs.replace(
        domain,
        services=tuple(services),
        default=bool(body.get("isDefault", domain.default)),
        validity=_days(body, "passwordValidityPeriodInDays", domain.validity),
        notification=_days(
            body, "passwordNotificationWindowInDays", domain.notification
        ),
    )
    record_domain(call, "Update domain", domain.id)
    return Answer(204)


def _days(body: dict[str, Any], name: str, old: int) -> int:
    days = body.get(name, old)
    if type(days) is not int or not 1 <= days <= 2147483647:
        raise bad_request(f"Property {name} is invalid.", "InvalidValue", name)
    return days


def verify_domain(call: Call) -> Answer:
    """Prove a domain by its TXT record, which the pipeline has looked up."""
    domain = found_domain(call)
    if domain.verified:
        raise bad_request("Domain is already verified.")
    for other in call.world.tenants.values():
        known = other.domains.get(domain.id)
        if known is not None and known.verified:
            raise _unproved("the domain is verified in another tenant.")
    if not any(text.strip().lower() == domain.token.lower() for text in call.txt):
        raise _unproved("'DnsRecordNotFound'. The verification record was not found.")
    proved = msgspec.structs.replace(domain, verified=True)
    call.directory.domains[domain.id] = proved
    record_domain(call, "Verify domain", domain.id)
    return reply(call, "domains/$entity", wire(proved))


def _unproved(why: str) -> Refusal:
    return bad_request(f"Domain verification failed with the following error: {why}")


def remove_domain(call: Call) -> Answer:
    domain = found_domain(call)
    directory = call.directory
    if domain.initial or domain.default:
        raise bad_request("The initial and the default domain cannot be deleted.")
    children = any(one.endswith(f".{domain.id}") for one in directory.domains)
    if children or next(iter(references(call, domain)), None):
        raise bad_request(
            f"The domain '{domain.id}' cannot be deleted because other objects depend on it."
        )
    del directory.domains[domain.id]
    state = "verified" if domain.verified else "unverified"
    record_domain(call, f"Remove {state} domain", domain.id, "Delete")
    return Answer(204)


def record_domain(
    call: Call, activity: str, name: str, operation: str = "Update"
) -> None:
    target = Target(name, "Domain", name)
    record(call, activity, target, category="DirectoryManagement", operation=operation)


def references(call: Call, domain: Domain) -> list[Account]:
    """Users with a name or an address in the domain, at most one page of them."""
    found = []
    ending = f"@{domain.id}"
    for account in call.reader.live(0):
        if account.domain == domain.id or any(
            address.endswith(ending) for address in account.addresses()
        ):
            found.append(account)
            if len(found) == LARGEST_PAGE:
                break
    return found


def list_references(call: Call) -> Answer:
    users = [
        {
            "@odata.type": "#microsoft.graph.user",
            "id": account.id,
            "displayName": account.properties.get("displayName"),
            "userPrincipalName": account.name,
        }
        for account in references(call, found_domain(call))
    ]
    return reply_list(call, "directoryObjects", users)


def list_verification_records(call: Call) -> Answer:
    domain = found_domain(call)
    what = f"domains('{domain.id}')/verificationDnsRecords"
    return reply_list(call, what, verification_records(domain))


def list_service_records(call: Call) -> Answer:
    domain = found_domain(call)
    if not domain.verified:
        raise bad_request(
            f"Operation is not allowed on unverified domain '{domain.id}'."
        )
    what = f"domains('{domain.id}')/serviceConfigurationRecords"
    return reply_list(call, what, service_records(domain))
