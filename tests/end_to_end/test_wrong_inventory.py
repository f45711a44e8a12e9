"""An inventory that is wrong changes nothing anywhere, and every fault is told at once."""

from __future__ import annotations

import json

import pytest
from rehearsal import Rehearsal
from towns import Town

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def spoilt(town: Town) -> Town:
    """A town with a change to come and three faults in two files."""
    rows = town.people()
    rows[0]["job_title"] = "שומר סף"
    rows[1]["license"] = "VISIO"
    rows[2]["address"] = f"דנה@{town.domain}"
    town.rewrite(rows)
    file = town.world.inventory / "cluster.yml"
    text = file.read_text(encoding="utf-8") + "gaurds: {}\n"
    file.write_text(text, encoding="utf-8")
    return town


@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_it_changes_nothing_and_every_fault_is_told(command: str, spoilt: Town) -> None:
    world = spoilt.world
    with world.store() as store:
        runs = len(store.runs.latest(1000))
    before = world.everyone()
    ended = world.run(command, *(["--yes"] * (command == "apply")))
    assert ended.code == 1
    assert "The inventory has 3 fault(s); nothing was changed." in ended.err
    people = f"municipalities/{spoilt.slug}/mailboxes.csv"
    assert f"{people}:3:" in ended.err
    assert f"{people}:4:" in ended.err
    assert "'gaurds'" in ended.err
    assert "guards" in ended.err.replace("'gaurds'", "")
    assert ended.out == ""
    assert world.everyone() == before
    with world.store() as store:
        assert len(store.runs.latest(1000)) == runs


def test_check_tells_the_same_as_words_and_as_json(spoilt: Town) -> None:
    told = spoilt.world.run("check")
    assert told.code == 1
    machine = spoilt.world.run("check", "--json")
    assert machine.code == 1
    verdict = json.loads(machine.out)
    assert verdict["valid"] is False
    assert len(verdict["faults"]) == 3
    for fault in verdict["faults"]:
        assert fault["file"]
        assert fault["what"]
        assert fault["remedy"]
        assert fault["what"] in told.out


def test_apply_tells_it_as_json(spoilt: Town) -> None:
    ended = spoilt.run("apply", "--yes", "--json")
    assert ended.code == 1
    told = json.loads(ended.out)
    assert told["error"] == "InventoryInvalid"
    assert len(told["faults"]) == 3
    assert ended.err == ""


def test_an_inventory_that_is_not_there_is_one_sentence(rehearsal: Rehearsal) -> None:
    ended = rehearsal.run("plan", inventory=str(rehearsal.folder / "nowhere"))
    assert ended.code == 1
    assert "nowhere" in ended.err
    assert "Traceback" not in ended.err
