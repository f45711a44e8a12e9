"""`provisioner check`, as people and as programs read it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import typer
from typer.testing import CliRunner, Result

from provisioner.cli.check import check

Writer = Callable[..., Path]


def _run(root: Path, *words: str, as_json: bool = False) -> Result:
    app = typer.Typer()
    app.command()(check)
    context = SimpleNamespace(json=as_json, settings=SimpleNamespace(inventory=root))
    return CliRunner().invoke(app, words, obj=context)


def test_a_valid_inventory_is_counted_by_municipality(written: Writer) -> None:
    ended = _run(written())
    assert ended.exit_code == 0
    lines = ended.output.splitlines()
    rameh = next(line for line in lines if "rameh" in line)
    assert [cell.strip() for cell in rameh.strip("│ ").split("│")] == [
        "rameh",
        "2",
        "1",
        "1 / 4",
        "1 / 1",
    ]
    total = next(line for line in lines if "2 in all" in line)
    assert [cell.strip() for cell in total.strip("│ ").split("│")][1:] == [
        "3",
        "1",
        "2 / 7",
        "1 / 1",
    ]
    assert "Valid: 2 municipalities, 4 people." in ended.output


def test_every_fault_stands_on_one_line(written: Writer, base: dict[str, str]) -> None:
    files = {
        "cluster.yml": base["cluster.yml"] + "[link]: x\nphone: 1\n",
        "municipalities/yarka/mailboxes.csv": "",
    }
    ended = _run(written(files))
    assert ended.exit_code == 1
    first, second, last = ended.output.splitlines()
    assert first.startswith("inventory/cluster.yml:12:1: A key is no plain word. ")
    assert second.startswith("inventory/municipalities/yarka/mailboxes.csv: ")
    assert last == "The inventory has 2 fault(s); nothing was changed."


def test_programs_get_each_fault_in_its_parts(
    written: Writer, base: dict[str, str]
) -> None:
    text = base["cluster.yml"] + "rolls: []\n"
    ended = _run(written({"cluster.yml": text}), "--json")
    assert ended.exit_code == 1
    assert json.loads(ended.output) == {
        "valid": False,
        "faults": [
            {
                "file": "inventory/cluster.yml",
                "line": 12,
                "column": 1,
                "what": "The key 'rolls' is not known.",
                "remedy": "Did you mean roles?",
                "code": "unknown-key",
            }
        ],
        "municipalities": None,
        "people": None,
        "commit": None,
        "digest": None,
    }


def test_programs_get_the_counts_of_a_valid_inventory(written: Writer) -> None:
    ended = _run(written(), as_json=True)
    told = json.loads(ended.output)
    assert ended.exit_code == 0
    assert (told["valid"], told["faults"]) == (True, [])
    assert (told["municipalities"], told["people"]) == (2, 4)


def test_the_command_is_there_before_anything_heavy_is_imported() -> None:
    program = (
        "import sys, provisioner.cli.check;"
        "heavy = {'pydantic', 'yaml', 'msgspec', 'babel', 'provisioner.inventory'};"
        "sys.exit(len(heavy & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
