"""A domain of a tenant, and the DNS records the service asks for."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from msgspec import Struct


class Domain(Struct, frozen=True):
    """A domain name known to the tenant; `token` is proved by a TXT record."""

    id: str
    token: str
    verified: bool = False
    initial: bool = False
    default: bool = False
    root: bool = True
    services: tuple[str, ...] = ()
    validity: int = 2147483647
    notification: int = 14


def verification_token(tenant_id: str, name: str) -> str:
    """The vendor's form `MS=ms` and eight digits; the same one for a domain every time."""
    digest = hashlib.sha256(f"{tenant_id}/{name}".encode()).digest()
    return f"MS=ms{int.from_bytes(digest[:8], 'big') % 10**8:08d}"


def wire(domain: Domain) -> dict[str, Any]:
    """`microsoft.graph.domain`."""
    return {
        "id": domain.id,
        "authenticationType": "Managed",
        "availabilityStatus": None,
        "isAdminManaged": True,
        "isDefault": domain.default,
        "isInitial": domain.initial,
        "isRoot": domain.root,
        "isVerified": domain.verified,
        "supportedServices": list(domain.services),
        "passwordValidityPeriodInDays": domain.validity if domain.verified else None,
        "passwordNotificationWindowInDays": domain.notification
        if domain.verified
        else None,
        "state": None,
        "manufacturer": None,
        "model": None,
    }


def _record(domain: Domain, kind: str, label: str, **fields: Any) -> dict[str, Any]:
    identity = f"{domain.id}/{kind}/{label}/{sorted(fields.items())}"
    return {
        "@odata.type": f"#microsoft.graph.domainDns{kind}Record",
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, identity)),
        "isOptional": False,
        "label": label,
        "recordType": "CName" if kind == "Cname" else kind,
        "supportedService": "Email",
        "ttl": 3600,
        **fields,
    }


def verification_records(domain: Domain) -> list[dict[str, Any]]:
    target = domain.token.removeprefix("MS=") + ".msv1.invalid"
    return [
        _record(domain, "Txt", domain.id, text=domain.token),
        _record(domain, "Mx", domain.id, mailExchange=target, preference=32767),
    ]


def service_records(domain: Domain) -> list[dict[str, Any]]:
    """What mail needs, once the domain is verified and Email is among its services."""
    if "Email" not in domain.services:
        return []
    exchange = domain.id.replace(".", "-") + ".mail.protection.outlook.com"
    return [
        _record(domain, "Mx", domain.id, mailExchange=exchange, preference=0),
        _record(
            domain,
            "Txt",
            domain.id,
            text="v=spf1 include:spf.protection.outlook.com ~all",
        ),
        _record(
            domain,
            "Cname",
            f"autodiscover.{domain.id}",
            canonicalName="autodiscover.outlook.com",
        ),
    ]
