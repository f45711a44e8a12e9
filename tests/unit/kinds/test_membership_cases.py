"""Each file in tests/cases/forum and …/administrative_unit is one story of its members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from msgspec import Struct

from provisioner.kinds.administrative_unit.spec import AdministrativeUnitSpec
from provisioner.kinds.forum.spec import ForumSpec
from provisioner.kinds.mailbox.spec import mark_of, plain
from provisioner.kinds.membership.differ import Differ, Terms
from provisioner.model.place import Place
from provisioner.model.resource import Observation, Observed, Resource, Unknown

ROOM = Path(__file__).parents[2] / "cases"
SPECS: dict[str, type[Struct]] = {
    "forum": ForumSpec,
    "administrative_unit": AdministrativeUnitSpec,
}
CASES = [path for kind in SPECS for path in sorted((ROOM / kind).glob("*.yml"))]
OWNER, NAME = "cluster@galil", "treasurer"


class Remembered(dict[str, Any]):
    """Last applied, as the store would give it."""

    def spec_json(self, key: str) -> bytes | None:
        return msgspec.json.encode(self[key]) if key in self else None

    def object_id(self, key: str) -> str:
        return "the-id" if key in self else ""


def spec(kind: str, values: dict[str, Any]) -> Any:
    base: dict[str, Any] = {
        "display_name": "name",
        "description": "text",
        "members": [],
    }
    base |= {"nickname": "forum-treasurer", "owners": []} if kind == "forum" else {}
    known = {name: value for name, value in values.items() if name != "mark"}
    return msgspec.convert(base | known, SPECS[kind])


def found(kind: str, case: dict[str, Any], part: str) -> dict[str, Observed[Any]]:
    if part not in case:
        return {}
    mark = mark_of(OWNER, NAME) if case[part]["mark"] == "ours" else ""
    return {NAME: Observed(NAME, "the-id", spec(kind, case[part]), mark)}


@pytest.mark.parametrize(
    "path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_case(path: Path) -> None:
    kind = path.parent.name
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert case["story"]
    key = f"{OWNER}/{kind}/{NAME}"
    last = Remembered()
    if "last_applied" in case:
        last[key] = plain(spec(kind, case["last_applied"]))
    seen = Observation(
        found(kind, case, "observed"),
        found(kind, case, "deleted"),
        tuple(Unknown(OWNER, kind, NAME, str(r)) for r in case.get("unknown", [])),
    )
    wanted: list[Resource[Any]] = []
    if "desired" in case:
        wanted = [
            Resource(
                OWNER, kind, NAME, spec(kind, case["desired"]), Place("cluster.yml")
            )
        ]
    terms = Terms(kind, 20 if kind == "forum" else 1, case.get("invites", False))
    result = Differ(terms, OWNER, seen, last).compare(wanted)
    made = ("create", "restore")
    assert [
        {
            "action": str(one.action),
            "drift": str(one.drift),
            "writes": one.writes,
            "by_hand": list(one.by_hand),
            "fields": {
                f.field: [f.before, f.after, str(f.drift)]
                for f in one.fields
                if one.action not in made or f.field.startswith("members")
            },
        }
        for one in result.changes
    ] == [{"by_hand": []} | one for one in case.get("changes", [])]
    assert [str(one.drift) for one in result.findings] == case.get("findings", [])
    assert bool(result.confirmed) is case.get("confirmed", False)
