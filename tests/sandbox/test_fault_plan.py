"""The schema of a fault plan is that of the faults themselves, and documented whole."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from provisioner.errors import SandboxError
from provisioner.sandbox.fault_plan import (
    ACTIONS,
    EditEntry,
    FaultEntry,
    PlanEntry,
    read_plan,
)
from provisioner.sandbox.tenant.faults import Edit, Rule
from provisioner.sandbox.tenant.seed import Conduct

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
COUNTED = {"hits", "draws"}


def names(kind: type[msgspec.Struct]) -> set[str]:
    return {one.name for one in msgspec.structs.fields(kind)}


def test_a_plan_can_say_all_that_a_rule_can_and_nothing_else() -> None:
    assert set(FaultEntry.model_fields) == names(Rule) - COUNTED
    assert set(EditEntry.model_fields) == names(Edit)
    known = names(Conduct) | {"quotas", "faults"}
    assert set(PlanEntry.model_fields) <= known
    for name in FaultEntry.model_fields:
        default = getattr(Rule(action="slow"), name)
        entry = getattr(FaultEntry(action="slow"), name)
        assert entry == default or name == "edit"


def test_the_page_has_every_action_and_every_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    keys = {*FaultEntry.model_fields, *PlanEntry.model_fields, *EditEntry.model_fields}
    missing = [one for one in {*ACTIONS, *keys} if f"`{one}`" not in page]
    assert not missing


def test_the_examples_of_the_page_can_be_read(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    examples = [part.partition("```")[0] for part in page.split("```yaml\n")[1:]]
    assert examples
    for number, example in enumerate(examples):
        file = tmp_path / f"{number}.yml"
        file.write_text(example, encoding="utf-8")
        assert read_plan(file).faults


@pytest.mark.parametrize("text", ["", "- a list", "faults: {", "a: b\n---\nc: d"])
def test_a_file_that_is_no_plan_is_told_as_such(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.yml"
    file.write_text(text)
    with pytest.raises(SandboxError, match=r"plan\.yml"):
        read_plan(file)


def test_what_another_administrator_writes_has_truth_values(tmp_path: Path) -> None:
    file = tmp_path / "plan.yml"
    file.write_text(
        "faults:\n  - action: second_administrator\n"
        "    edit: {body: {accountEnabled: false, jobTitle: שומר, city: null}}\n",
        encoding="utf-8",
    )
    (rule,) = read_plan(file).faults
    body = {"accountEnabled": False, "jobTitle": "שומר", "city": None}
    assert rule.edit == Edit(body=body)
