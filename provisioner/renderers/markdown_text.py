"""Text made safe for Markdown: shown as it is, acted upon by nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable

from provisioner.renderers.values import visible

# What Markdown, a table, HTML or a git host (@mention, #1, a bare link) would act upon.
_ACTIVE = re.compile(r"([\\`*_{}\[\]<>()#!|~@&$^]|:(?=//)|(?<=www)\.)")
_TICKS = re.compile(r"`+")
# A value keeps its own direction: first strong isolate, pop directional isolate.
_ISOLATE, _POP = "\u2068", "\u2069"


def text(value: str) -> str:
    """Running text that came from elsewhere."""
    return _ISOLATE + _ACTIVE.sub(r"\\\1", visible(value)) + _POP


def code(value: str) -> str:
    """A code span, its fence longer than any run of backticks inside."""
    shown = visible(value)
    fence = "`" * (_longest_run([shown]) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def block(values: Iterable[str]) -> list[str]:
    """Lines to be copied, from left to right whatever the direction around them."""
    lines = [visible(one) for one in values]
    fence = "`" * max(3, _longest_run(lines) + 1)
    return ['<div dir="ltr">', "", fence, *lines, fence, "", "</div>", ""]


def row(cells: Iterable[str]) -> str:
    """One row of a table; cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def _longest_run(lines: Iterable[str]) -> int:
    runs = (len(run) for line in lines for run in _TICKS.findall(line))
    return max(runs, default=0)
