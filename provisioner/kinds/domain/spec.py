"""What a municipality's domain shall be: verified, served by Exchange, found in DNS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from provisioner.providers.dns import DnsRecord

RECORD_FIELDS = ("mx", "spf", "autodiscover", "dkim", "dmarc")
MAIL_SERVICE = "Email"


class DomainSpec(Struct, frozen=True):
    """A domain in its tenant and in DNS.

    `services` are the vendor's service names we want on it. The record fields hold what
    DNS answers, sorted, in zone-file value form; None means "not looked at". `wanted` are
    the records the tenant asks for by field, `verification` the TXT text that proves
    ownership ("" once verified); both are only known of a domain that was observed.
    """

    verified: bool
    services: tuple[str, ...]
    mx: tuple[str, ...] | None = None
    spf: tuple[str, ...] | None = None
    autodiscover: tuple[str, ...] | None = None
    dkim: tuple[str, ...] | None = None
    dmarc: tuple[str, ...] | None = None
    wanted: tuple[DnsRecord, ...] = ()
    verification: str = ""


def field_of(record: DnsRecord) -> str:
    """Which field of the spec a wanted record belongs to."""
    if record.type == "MX":
        return "mx"
    if "_domainkey" in record.name:
        return "dkim"
    if record.name.startswith("_dmarc."):
        return "dmarc"
    return "autodiscover" if record.type == "CNAME" else "spf"


def by_field(records: Iterable[DnsRecord]) -> dict[str, list[DnsRecord]]:
    """Wanted records grouped by the field they belong to."""
    grouped: dict[str, list[DnsRecord]] = {name: [] for name in RECORD_FIELDS}
    for record in records:
        grouped[field_of(record)].append(record)
    return {name: some for name, some in grouped.items() if some}


def normal(value: str) -> str:
    """A record's value as it is compared: no trailing dots, host names in lower case."""
    if "=" in value:
        return value.strip()
    return value.strip().rstrip(".").lower()


def wanted_values(records: Sequence[DnsRecord]) -> tuple[str, ...]:
    """Values of wanted records as they are compared and shown."""
    return tuple(sorted(normal(value_of(record)) for record in records))


def value_of(record: DnsRecord) -> str:
    """The value with the preference in front where the type has one."""
    if record.type == "MX":
        return f"{record.preference} {record.value}"
    return record.value


def relevant(field: str, values: Iterable[str]) -> tuple[str, ...]:
    """What counts of the answers: of TXT only the SPF or the DMARC policy.

    An MX set must be exactly the wanted one: a second mail host receives a share of the
    town's mail.
    """
    prefix = {"spf": "v=spf1", "dmarc": "v=dmarc1"}.get(field, "")
    return tuple(
        sorted(normal(v) for v in values if v.strip().lower().startswith(prefix))
    )


def satisfied(field: str, found: Sequence[str], wanted: Sequence[str]) -> bool:
    """True where DNS says what is wanted.

    An SPF record may authorise more senders than the tenant asks for, and a domain may
    state a DMARC policy of its own; both must exist exactly once.
    """
    if field == "spf":
        includes = {part for text in wanted for part in text.split() if ":" in part}
        return len(found) == 1 and includes <= set(found[0].split())
    if field == "dmarc":
        return len(found) == 1
    return list(found) == list(wanted)


def zone_lines(records: Iterable[DnsRecord]) -> tuple[str, ...]:
    """Records as lines of a zone file, to be added by a person."""
    return tuple(record.text() for record in records)


def found_records(spec: DomainSpec) -> Mapping[str, tuple[str, ...] | None]:
    """What DNS answered, by field."""
    return {name: getattr(spec, name) for name in RECORD_FIELDS}
