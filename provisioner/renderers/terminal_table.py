"""The tables of figures a terminal shows above the differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.model.report import Report, TenantSeats
from provisioner.renderers.language import Translator
from provisioner.renderers.summary import Summary
from provisioner.renderers.terminal_items import Lines
from provisioner.renderers.values import visible
from provisioner.renderers.words import ACTIONS, KINDS, label

if TYPE_CHECKING:
    from rich.table import Table


def kinds_table(summary: Summary, lines: Lines) -> Table:
    """Changes by municipality, kind and action, with a total."""
    from rich import box
    from rich.table import Table

    words = lines.words
    table = Table(
        box=box.ASCII2 if lines.ascii_only else box.SIMPLE_HEAD, pad_edge=False
    )
    table.add_column(words.gettext("Municipality"), overflow="fold")
    table.add_column(words.gettext("Kind"), no_wrap=True)
    # A column that would stay empty is left out: eighty characters are few.
    used = [name for name in ACTIONS if any(k.actions.get(name) for k in summary.kinds)]
    for action in used:
        table.add_column(lines.action(action), justify="right")
    table.add_column(words.gettext("in sync"), justify="right")
    for one in summary.municipalities:
        name = visible(one.report.names.in_language(words.code))
        for kind in one.kinds:
            cells = _cells(
                [*(kind.actions.get(name, 0) for name in used), kind.in_sync], words
            )
            title = words.gettext(label(KINDS, kind.kind))
            table.add_row(Text(name), Text(title), *cells)
            name = ""
    table.add_section()
    for kind in summary.kinds:
        title = words.gettext(label(KINDS, kind.kind))
        cells = _cells(
            [*(kind.actions.get(name, 0) for name in used), kind.in_sync], words
        )
        total = Text(words.gettext("Total"))
        table.add_row(total, Text(title), *cells, style="bold")
    return table


def _cells(counts: Iterable[int], words: Translator) -> list[str]:
    return [words.number(count) if count else "·" for count in counts]


def seats_lines(report: Report, summary: Summary, words: Translator) -> Iterator[Text]:
    """Seats taken and freed, seats there are, and writes; all of it yet to come."""
    if report.mode == "apply":
        return
    if summary.seats:
        told = words.gettext("Seats this plan takes (+) or frees (−):")
        needed = (f"{visible(name)} {n:+d}" for name, n in summary.seats.items())
        yield Text(f"{told} {', '.join(needed)}")
        for tenant in report.seats:
            yield _free(tenant, summary, words)
    writes = summary.total("writes")
    if writes:
        yield Text(
            words.ngettext(
                "%(count)s write to the provider to come.",
                "%(count)s writes to the provider to come.",
                writes,
            )
        )


def _free(tenant: TenantSeats, summary: Summary, words: Translator) -> Text:
    """The seats of one tenant that this plan touches."""
    told = words.gettext("Free in %(tenant)s:", tenant=visible(tenant.tenant))
    seats = ", ".join(
        f"{visible(one.license)} {words.number(one.free)}/{words.number(one.enabled)}"
        for one in tenant.seats
        if one.license in summary.seats
    )
    return Text(f"{told} {seats}", "dim")
