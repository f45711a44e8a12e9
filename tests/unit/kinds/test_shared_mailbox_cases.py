"""Each file in tests/cases/shared_mailbox is one story of a functional address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from provisioner.kind import Scope
from provisioner.kinds.mailbox.spec import plain
from provisioner.kinds.shared_mailbox.differ import compare_shared
from provisioner.kinds.shared_mailbox.spec import SharedMailboxSpec, mark_of
from provisioner.model.cluster import Cluster, Defaults, GuardLimits, Tenant
from provisioner.model.municipality import Municipality, Names
from provisioner.model.place import Place
from provisioner.model.resource import Observation, Observed, Resource, Unknown

CASES = sorted((Path(__file__).parents[2] / "cases" / "shared_mailbox").glob("*.yml"))
SLUG, KIND = "rameh", "shared_mailbox"
BOTH = ["full_access", "send_as"]


class Remembered(dict[str, Any]):
    """Last applied, as the store would give it."""

    def spec_json(self, key: str) -> bytes | None:
        return msgspec.json.encode(self[key]) if key in self else None

    def object_id(self, key: str) -> str:
        return ""


def spec(values: dict[str, Any]) -> SharedMailboxSpec:
    """A spec where a list of members have both rights."""
    known = {k: v for k, v in values.items() if k not in ("mark", "id", "name")}
    if isinstance(known.get("members"), list):
        known["members"] = dict.fromkeys(known["members"], BOTH)
    return msgspec.convert({"display_name": "מוקד"} | known, SharedMailboxSpec)


def observed(rows: list[dict[str, Any]]) -> dict[str, Observed[Any]]:
    found = {}
    for row in rows:
        name = row.get("name", row["address"])
        mark = mark_of(SLUG, name) if row.get("mark") == "ours" else row.get("mark", "")
        found[name] = Observed(name, f"id-{name}", spec(row), mark)
    return found


def scope(exchange: str) -> Scope:
    names = Names("אשכול", "عنقود", "Cluster")
    home = Municipality(
        slug=SLUG,
        names=names,
        cbs_code="0543",
        type="local_council",
        tenant="galil",
        domain="rameh.example",
        language="ar",
        seats={},
        cios=(),
        people=(),
        file="inventory/municipalities/rameh/municipality.yml",
        people_file="inventory/municipalities/rameh/mailboxes.csv",
    )
    tenant = Tenant("galil", "t", "c", "env/X", "", (), exchange=exchange)  # type: ignore[arg-type]
    cluster = Cluster("galil", names, (tenant,), (), GuardLimits(), Defaults(), (home,))
    return Scope(cluster, (home,))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert case["story"]
    wanted = [
        Resource(SLUG, KIND, row["address"], spec(row), Place("municipality.yml", line))
        for line, row in enumerate(case.get("desired", []), 9)
    ]
    seen = Observation(
        observed(case.get("observed", [])),
        observed(case.get("deleted", [])),
        tuple(
            Unknown(SLUG, KIND, one["name"], one["reason"])
            for one in case.get("unknown", [])
        ),
    )
    last = Remembered(
        {
            f"{SLUG}/{KIND}/{row['address']}": plain(spec(row))
            for row in case.get("last_applied", [])
        }
    )
    given = scope(case.get("exchange", "invoke_command"))
    found = compare_shared(given, given.municipalities[0], wanted, seen, last)
    assert [
        {
            "name": one.name,
            "action": str(one.action),
            "drift": str(one.drift),
            "writes": one.writes,
            "removes": one.removes,
            "fields": {
                f.field: [f.before, f.after, str(f.drift)]
                for f in one.fields
                if one.action in ("update", "adopt")
            },
            "by_hand": list(one.by_hand),
        }
        for one in found.changes
    ] == [
        {"removes": False, "fields": {}, "by_hand": []} | one
        for one in case.get("changes", [])
    ]
    assert [
        {"name": f.name, "drift": str(f.drift)} for f in found.findings
    ] == case.get("findings", [])
    assert [key.rpartition("/")[2] for key in found.confirmed] == case.get(
        "confirmed", []
    )
