"""The bench itself: its rows have the agreed shape, and it never judges by exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def _bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_quick_run_writes_rows_and_a_table_and_ends_with_0(tmp_path: Path) -> None:
    output = tmp_path / "var" / "bench.json"
    ended = _bench("--quick", "--only", "startup", "--output", str(output))
    assert ended.returncode == 0, ended.stderr
    (row,) = json.loads(output.read_text("utf-8"))
    assert set(row) == {"name", "value", "unit", "limit", "holds"}
    assert row["holds"] is (row["value"] <= row["limit"])
    assert row["name"] in ended.stdout


def test_every_measure_has_a_name_of_its_own_in_the_help() -> None:
    ended = _bench("--help")
    assert (
        "{startup,read,create,steady,serve,service,hosts,backups,portal}"
        in ended.stdout.replace("\n", "")
    )
