"""How long the command line takes to say what it can do."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from bench.row import Figure, Measure, Sizes
from bench.timing import alternate, process


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    bare = [sys.executable, "-c", "import typer, rich"]
    ours = [str(Path(sys.executable).with_name("provisioner")), "--help"]
    floor, subject = alternate(
        lambda: process(bare).seconds,
        lambda: process(ours).seconds,
        repetitions=2 * sizes.repetitions + 1,
    )
    yield Figure(
        "help_over_import_typer_rich",
        subject / floor,
        limit=1.5,
        detail=f"{subject * 1000:.0f} ms over {floor * 1000:.0f} ms",
    )


MEASURE = Measure("startup", "provisioner --help over importing typer and rich", run)
