"""Runs the measures, prints a table of ratios and writes `var/bench.json`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.measures import MEASURES
from bench.row import FULL, QUICK, Figure, Measure, Sizes

CONSOLE = Console()


def main(arguments: list[str] | None = None) -> int:
    """0 when every measure ran, its limits holding or not; 1 when one could not."""
    options = _parser().parse_args(arguments)
    chosen = [one for one in MEASURES if options.only in (None, one.name)]
    figures: list[Figure] = []
    failed = [
        one.name
        for one in chosen
        if not _measured(one, QUICK if options.quick else FULL, figures)
    ]
    CONSOLE.print(_table(figures))
    _write(options.output, figures)
    if failed:
        CONSOLE.print(f"Could not be measured: {', '.join(failed)}.", style="red")
    return 1 if failed else 0


def _measured(measure: Measure, sizes: Sizes, figures: list[Figure]) -> bool:
    CONSOLE.print(f"{measure.name}: {measure.about} …", style="dim")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            figures.extend(measure.run(sizes, Path(folder)))
        except Exception:
            traceback.print_exc()
            return False
    return True


def _table(figures: list[Figure]) -> Table:
    table = Table(title="bench")
    table.add_column("figure", no_wrap=True)
    for column in ("value", "limit", "holds", "behind it"):
        table.add_column(column, overflow="fold")
    for one in figures:
        holds = "[green]yes[/]" if one.row.holds else "[red]no[/]"
        unit = "" if one.unit == "ratio" else f" {one.unit}"
        table.add_row(
            one.name,
            f"{one.value:.2f}{unit}",
            f"{one.limit:g}{unit}",
            holds,
            one.detail,
        )
    return table


def _write(path: Path, figures: list[Figure]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = msgspec.json.encode([one.row for one in figures])
    path.write_bytes(msgspec.json.format(content, indent=2) + b"\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller worlds, to look")
    parser.add_argument("--only", choices=[one.name for one in MEASURES])
    parser.add_argument("--output", type=Path, default=Path("var/bench.json"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
