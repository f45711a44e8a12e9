"""Each file in tests/cases/mailbox is one story: what is wanted, what is there, what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from provisioner.kind import Scope
from provisioner.kinds import KINDS
from provisioner.kinds.mailbox.differ import compare_mailboxes
from provisioner.kinds.mailbox.handover import LeftBehind, wanted_handover
from provisioner.kinds.mailbox.spec import MailboxSpec, mark_of, plain
from provisioner.model.cluster import Cluster, Defaults, GuardLimits, Leavers, Tenant
from provisioner.model.municipality import Municipality, Names, Person
from provisioner.model.place import Place
from provisioner.model.resource import (
    Departure,
    Observation,
    Observed,
    Resource,
    Unknown,
)

CASES = sorted((Path(__file__).parents[2] / "cases" / "mailbox").glob("*.yml"))
SLUG = "rameh"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Remembered(dict[str, Any]):
    """Last applied, as the store would give it."""

    def spec_json(self, key: str) -> bytes | None:
        return msgspec.json.encode(self[key]) if key in self else None

    def object_id(self, key: str) -> str:
        return ""


def spec(values: dict[str, Any]) -> MailboxSpec:
    base: dict[str, Any] = {
        "display_name": "יעל ארז",
        "given_name": "יעל",
        "surname": "ארז",
        "employee_id": "",
        "department": "",
        "job_title": "",
        "enabled": True,
        "usage_location": "IL",
        "licenses": ["EXCHANGESTANDARD"],
        "locale": "he-IL",
        "time_zone": "Israel Standard Time",
        "working_days": ["sunday", "monday"],
        "work_start": "08:00",
        "work_end": "16:00",
    }
    known = {k: v for k, v in values.items() if k not in ("mark", "id", "name")}
    return msgspec.convert(base | known, MailboxSpec)


def desired(rows: list[dict[str, Any]]) -> list[Resource[Any]]:
    return [
        Resource(
            SLUG, "mailbox", row["address"], spec(row), Place("mailboxes.csv", line)
        )
        for line, row in enumerate(rows, 2)
    ]


def observed(rows: list[dict[str, Any]]) -> dict[str, Observed[Any]]:
    found = {}
    for row in rows:
        name = row.get("name", row["address"])
        mark = mark_of(SLUG, name) if row.get("mark") == "ours" else row.get("mark", "")
        found[name] = Observed(name, row.get("id", f"id-{name}"), spec(row), mark)
    return found


def municipality(managers: dict[str, str] | None = None) -> Municipality:
    """`managers` by department; each is somebody who works there."""
    return Municipality(
        slug=SLUG,
        names=Names("ראמה", "الرامة", "Rameh"),
        cbs_code="0543",
        type="local_council",
        tenant="galil",
        domain="rameh.example",
        language="ar",
        seats={},
        cios=(),
        people=tuple(colleague(one) for one in (managers or {}).values()),
        file="inventory/municipalities/rameh/municipality.yml",
        people_file="inventory/municipalities/rameh/mailboxes.csv",
        managers=managers or {},
    )


def colleague(address: str) -> Person:
    return Person(address, "", "", "", "", "", "", "", "", "he", (), "active", 2)


def departures(away: dict[str, Any]) -> dict[str, Departure]:
    """Who left how many days ago, and whether they still have to be signed out."""
    return {
        name: Departure(
            NOW - timedelta(days=one["days"]),
            signed_out=one.get("signed_out", True),
            touched=tuple(one["touched"]) if "touched" in one else None,
        )
        for name, one in away.items()
    }


def left_behind(rows: dict[str, Any]) -> dict[str, LeftBehind]:
    """What was read of leavers' mailboxes; `handover: null` is no mailbox."""
    return {name: msgspec.convert(one, LeftBehind) for name, one in rows.items()}


def scope(
    policy: dict[str, Any], one: Municipality, exchange: Any = "invoke_command"
) -> Scope:
    licenses = ("EXCHANGESTANDARD",)
    tenant = Tenant("galil", "t", "c", "env/X", "", licenses, exchange=exchange)
    names = Names("אשכול", "عنقود", "Cluster")
    cluster = Cluster(
        "galil",
        names,
        (tenant,),
        (),
        GuardLimits(),
        Defaults(),
        (one,),
        leavers=msgspec.convert(policy, Leavers),
    )
    return Scope(cluster, (one,), now=NOW)


def with_handover(
    resources: list[Resource[Any]], where: Scope, home: Municipality
) -> list[Resource[Any]]:
    """What the policy wants of leavers, as the kind says it."""
    found = []
    for one in resources:
        spec, off = one.spec, where.cluster.tenants[0].exchange == "off"
        if not spec.enabled and not off:
            want = wanted_handover(
                where.cluster.leavers, home, spec.display_name, spec.department
            )
            spec = msgspec.structs.replace(spec, handover=want)
        found.append(msgspec.structs.replace(one, spec=spec))
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert case["story"]
    home = municipality(case.get("managers"))
    where = scope(case.get("leavers", {}), home, case.get("exchange", "invoke_command"))
    wanted = with_handover(desired(case.get("desired", [])), where, home)
    seen = Observation(
        observed(case.get("observed", [])),
        observed(case.get("deleted", [])),
        tuple(
            Unknown(SLUG, "mailbox", one["name"], one["reason"])
            for one in case.get("unknown", [])
        ),
        departures(case.get("away", {})),
        left_behind(case.get("left_behind", {})),
    )
    last = Remembered(
        {
            f"{SLUG}/mailbox/{row['address']}": plain(spec(row))
            for row in case.get("last_applied", [])
        }
    )
    found = compare_mailboxes(where, home, wanted, seen, last)
    told = "\n".join(line for one in found.changes for line in one.by_hand)
    for words in case.get("by_hand", []):
        assert words in told
    assert bool(told) == ("by_hand" in case)
    assert [
        {
            "name": one.name,
            "action": str(one.action),
            "drift": str(one.drift),
            "writes": one.writes,
            "seats": one.seats,
            "fields": {
                f.field: [f.before, f.after, str(f.drift)]
                for f in one.fields
                if one.object_id and one.action != "restore"
            },
        }
        for one in found.changes
    ] == [{"seats": {}, "fields": {}} | one for one in case.get("changes", [])]
    assert [
        {"name": f.name, "drift": str(f.drift)} for f in found.findings
    ] == case.get("findings", [])
    assert [key.rpartition("/")[2] for key in found.confirmed] == case.get(
        "confirmed", []
    )


def test_there_are_cases_for_every_kind() -> None:
    rooms = Path(__file__).parents[2] / "cases"
    without = [
        kind.name for kind in KINDS if not any((rooms / kind.name).glob("*.yml"))
    ]
    assert not without
