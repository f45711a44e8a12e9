"""A report for a person at a terminal: figures, differences, verdict, next step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.model.report import Report
from provisioner.renderers.backups import backup_lines
from provisioner.renderers.language import Translator, translator
from provisioner.renderers.sentences import told
from provisioner.renderers.summary import MunicipalitySummary, Summary, summarise
from provisioner.renderers.terminal_items import (
    Lines,
    detail_lines,
    held_lines,
    item_lines,
)
from provisioner.renderers.terminal_table import kinds_table, seats_lines
from provisioner.renderers.values import visible
from provisioner.renderers.verdict import judge
from provisioner.renderers.words import MODES, STATES

if TYPE_CHECKING:
    from rich.console import Console

# A screen or two for each municipality; `--all` and `--json` have the rest.
ITEMS = 10
DETAILS = 24
_TONES = {"good": "bold green", "attention": "bold yellow", "bad": "bold red"}


def show(
    report: Report, console: Console, *, language: str = "en", verbose: bool = False
) -> None:
    """Print a report; lists are cut at ten for each municipality unless `verbose`."""
    words = translator(language)
    summary = summarise(report)
    lines = Lines(words, ascii_only=console.options.ascii_only)
    console.print(_title(report, words), soft_wrap=True)
    console.print()
    if summary.kinds:
        console.print(kinds_table(summary, lines))
    for line in seats_lines(report, summary, words):
        console.print(line, soft_wrap=True)
    for one in summary.municipalities:
        _print_municipality(report, one, console, lines, verbose=verbose)
    if report.backups:
        for saying in backup_lines(report.backups, words):
            console.print(Text(saying), soft_wrap=True)
    console.print()
    _print_verdict(report, summary, console, words)


def _title(report: Report, words: Translator) -> Text:
    title = Text(words.gettext(MODES[report.mode]), style="bold")
    title.append(f" · {visible(report.cluster.in_language(words.code))}")
    details = [f"{words.gettext('Run')} {visible(report.run_id)}"]
    if report.commit:
        commit = visible(report.commit)
        details.append(f"{words.gettext('Inventory commit')} {commit}")
    return title.append(f" · {' · '.join(details)}", style="dim")


def _print_municipality(
    report: Report,
    one: MunicipalitySummary,
    console: Console,
    lines: Lines,
    *,
    verbose: bool,
) -> None:
    limit = None if verbose else ITEMS
    # What an apply brought about is counted; only what it did not is listed.
    skip = frozenset({"done"} if report.mode == "apply" and not verbose else ())
    found = list(_told(one, lines, limit, skip, report))
    if not found:
        return
    console.print()
    console.print(_heading(one, lines), soft_wrap=True)
    for line in found:
        # Never wrapped or cut: addresses and records are there to be copied.
        console.print(line, soft_wrap=True)
    listed = sum(count for state, count in _states(one).items() if state not in skip)
    if limit is not None and listed > limit:
        console.print(_more(listed - limit, report, lines.words), soft_wrap=True)


def _told(
    one: MunicipalitySummary,
    lines: Lines,
    limit: int | None,
    skip: frozenset[str],
    report: Report,
) -> Iterator[Text]:
    if one.report.error:
        yield lines.error(one.report.error)
    yield from held_lines(one.report.refusals, lines, limit)
    for item in one.parts.first(limit, skip):
        yield from item_lines(item, lines)
        details = list(detail_lines(item, lines))
        shown = len(details) if limit is None else DETAILS
        yield from details[:shown]
        if details[shown:]:
            yield _more(len(details) - shown, report, lines.words, indent=6)
    if one.by_hand:
        yield Text(f"  {lines.words.gettext('To do by hand')}:", style="bold")
        yield from (Text(f"{visible(record)}") for record in one.by_hand)
    if count := len(one.report.resolved):
        yield Text(
            "  "
            + lines.words.ngettext(
                "%(count)s difference is resolved since the last look.",
                "%(count)s differences are resolved since the last look.",
                count,
            ),
            style="green",
        )


def _states(one: MunicipalitySummary) -> dict[str, int]:
    return {state: count for state, count in one.states.items() if state != "in_sync"}


def _heading(one: MunicipalitySummary, lines: Lines) -> Text:
    name = visible(one.report.names.in_language(lines.words.code))
    heading = Text(name, style="bold underline")
    known = filter(None, (one.report.slug, one.report.domain))
    heading.append(f"  {' · '.join(map(visible, known))}", "not bold dim")
    for state in STATES:
        if count := one.states.get(state):
            heading.append("  ")
            heading.append_text(lines.state(state, count))
    return heading


def _more(count: int, report: Report, words: Translator, indent: int = 2) -> Text:
    # An apply is not repeated to read on; its report is kept.
    command = f"provisioner {report.mode} --all{report.asked.options}"
    if report.mode == "apply":
        command = "provisioner report --json"
    text = words.ngettext(
        "And %(count)s more: %(command)s",
        "And %(count)s more: %(command)s",
        count,
        command=command,
    )
    return Text(f"{' ' * indent}{text}", style="italic")


def _print_verdict(
    report: Report, summary: Summary, console: Console, words: Translator
) -> None:
    verdict = judge(report, summary, words)
    checksum = Text(f"{words.gettext('Checksum of the whole plan')} ", style="dim")
    console.print(checksum.append(visible(report.checksum), "not dim"), soft_wrap=True)
    line = Text(f"{verdict.headline} ", style=_TONES[verdict.tone])
    console.print(line.append(" ".join(verdict.facts), "not bold"), soft_wrap=True)
    for remark in report.remarks:
        console.print(Text(told(remark, words, visible)), soft_wrap=True)
    if verdict.advice:
        console.print(Text(verdict.advice), soft_wrap=True)
    if verdict.command:
        console.print(Text(f"  {visible(verdict.command)}", "bold"), soft_wrap=True)
