"""Each file in tests/cases/domain is one story of a domain in its tenant and in DNS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from provisioner.kinds.domain import Domain
from provisioner.kinds.domain.differ import WANTED, compare_domains
from provisioner.kinds.domain.spec import DomainSpec, relevant, satisfied
from provisioner.model.municipality import Municipality, Names
from provisioner.model.place import Place
from provisioner.model.resource import Observation, Observed, Resource, Unknown
from provisioner.providers.dns import DnsRecord

CASES = sorted((Path(__file__).parents[2] / "cases" / "domain").glob("*.yml"))
NAME = "rameh.example"
RECORDS = (
    DnsRecord(NAME, "MX", "rameh-example.mail.protection.outlook.com"),
    DnsRecord(NAME, "TXT", "v=spf1 include:spf.protection.outlook.com ~all"),
    DnsRecord(f"autodiscover.{NAME}", "CNAME", "autodiscover.outlook.com"),
    DnsRecord(f"_dmarc.{NAME}", "TXT", "v=DMARC1; p=quarantine"),
)
HEALTHY = {
    "mx": ["0 rameh-example.mail.protection.outlook.com"],
    "spf": ["v=spf1 include:spf.protection.outlook.com ~all"],
    "autodiscover": ["autodiscover.outlook.com"],
    "dmarc": ["v=DMARC1; p=quarantine"],
}


class Remembered(dict[str, Any]):
    def spec_json(self, key: str) -> bytes | None:
        return msgspec.json.encode(self[key]) if key in self else None

    def object_id(self, key: str) -> str:
        return ""


def municipality() -> Municipality:
    return Municipality(
        slug="rameh",
        names=Names("ראמה", "الرامة", "Rameh"),
        cbs_code="0543",
        type="local_council",
        tenant="galil",
        domain=NAME,
        language="ar",
        seats={},
        cios=(),
        people=(),
        file="inventory/municipalities/rameh/municipality.yml",
        people_file="",
        domain_line=5,
    )


def found(case: dict[str, Any]) -> dict[str, Observed[DomainSpec]]:
    there = case.get("observed")
    if there is None:
        return {}
    base: dict[str, Any] = {"verified": True, "services": ["Email"]}
    if there.get("verified", True):
        base |= HEALTHY
    spec = msgspec.convert(base | there, DomainSpec)
    wanted = RECORDS if spec.verified else ()
    return {NAME: Observed(NAME, NAME, msgspec.structs.replace(spec, wanted=wanted))}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert case["story"]
    unknown = tuple(
        Unknown("rameh", "domain", NAME, reason) for reason in case.get("unknown", [])
    )
    key = f"rameh/domain/{NAME}"
    last = Remembered({key: case["last_applied"]} if "last_applied" in case else {})
    wanted = [Resource("rameh", "domain", NAME, WANTED, Place("m.yml", 5))]
    result = compare_domains(
        municipality(), wanted, Observation(found(case), {}, unknown), last
    )
    assert [
        {
            "action": str(one.action),
            "drift": str(one.drift),
            "writes": one.writes,
            "fields": {f.field: [f.before, f.after, str(f.drift)] for f in one.fields},
            "by_hand": list(one.by_hand),
        }
        for one in result.changes
    ] == [{"by_hand": []} | one for one in case.get("changes", [])]
    assert [str(one.drift) for one in result.findings] == case.get("findings", [])
    assert bool(result.confirmed) is case.get("confirmed", False)


def test_a_municipality_wants_its_one_domain() -> None:
    (wanted,) = Domain().desired(None, municipality())  # type: ignore[arg-type]
    assert wanted.key == "rameh/domain/rameh.example"
    assert str(wanted.place).endswith("municipality.yml:5")
    assert wanted.spec == DomainSpec(verified=True, services=("Email",))


def test_a_second_mail_host_is_a_fault_not_a_courtesy() -> None:
    wanted = ["0 rameh-example.mail.protection.outlook.com"]
    assert satisfied("mx", wanted, wanted)
    assert not satisfied("mx", [*wanted, "10 mail.elsewhere.example"], wanted)


def test_spf_may_authorise_more_senders_but_exist_only_once() -> None:
    wanted = ["v=spf1 include:spf.protection.outlook.com ~all"]
    more = "v=spf1 ip4:192.0.2.1 include:spf.protection.outlook.com -all"
    assert satisfied("spf", [more], wanted)
    assert not satisfied("spf", [more, wanted[0]], wanted)
    assert not satisfied("spf", ["v=spf1 -all"], wanted)


def test_other_text_records_are_no_business_of_ours() -> None:
    texts = ["MS=ms12345678", "v=spf1 -all", "google-site-verification=x"]
    assert relevant("spf", texts) == ("v=spf1 -all",)
