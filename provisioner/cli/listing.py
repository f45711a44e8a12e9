"""Lists on the terminal: columns that fit there, and whole lines in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of plain words under headings.

    Square brackets are words here, not rich's markup. Where nobody looks at a terminal,
    no word is broken, so that `grep` and `awk` find what they look for.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(*headings, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        endless = console.options.update(max_width=100_000)
        needed = console.measure(table, options=endless).maximum
        console.width = max(console.width, needed)
    console.print(table)
