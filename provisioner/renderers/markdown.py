"""The Markdown report, for a git host or a mail; reads right in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from provisioner.model.backup_report import BackupReport
from provisioner.model.drift_item import Life
from provisioner.model.report import Report
from provisioner.renderers.backups import headings, remarks, rows
from provisioner.renderers.held import EXAMPLES, held_groups
from provisioner.renderers.items import Item
from provisioner.renderers.language import Translator, translator
from provisioner.renderers.markdown_text import block, code, row, text
from provisioner.renderers.sentences import told
from provisioner.renderers.summary import MunicipalitySummary, Summary, summarise
from provisioner.renderers.values import spoken, visible
from provisioner.renderers.verdict import judge
from provisioner.renderers.words import (
    ACTIONS,
    FIELDS,
    GUARDS,
    KINDS,
    LIVES,
    MODES,
    STATES,
    label,
)

ITEMS = 50


def to_markdown(report: Report, language: str) -> str:
    """The report as GitHub-flavoured Markdown in `he`, `ar` or `en`."""
    words = translator(language)
    summary = summarise(report)
    lines = [
        f"# {words.gettext(MODES[report.mode])} · "
        f"{text(report.cluster.in_language(language))}",
        "",
        *_head(report, summary, words),
        *_overview(summary, words),
    ]
    for one in summary.municipalities:
        if not one.quiet:
            lines += _municipality(one, words)
    if report.backups:
        lines += _backups(report.backups, words)
    lines += ["", "---", "", _colophon(report, words)]
    body = "\n".join(lines)
    if words.direction == "rtl":
        return f'<div dir="rtl" lang="{language}">\n\n{body}\n\n</div>\n'
    return body + "\n"


def _head(report: Report, summary: Summary, words: Translator) -> list[str]:
    verdict = judge(report, summary, words)
    lines = [f"**{verdict.symbol} {verdict.headline}** {' '.join(verdict.facts)}", ""]
    if verdict.advice:
        lines += [verdict.advice, ""]
    if verdict.command:
        lines += block([verdict.command])
    for remark in report.remarks:
        lines += [_sentence(remark, words), ""]
    return lines


def _overview(summary: Summary, words: Translator) -> list[str]:
    states = [state for state in STATES if summary.states.get(state)]
    headings = [
        words.gettext("Municipality"),
        *(f"{STATES[s].symbol} {words.gettext(STATES[s].label)}" for s in states),
    ]
    lines = [row(headings), row(["---", *("---:" for _ in states)])]
    for one in summary.municipalities:
        name = text(one.report.names.in_language(words.code))
        counts = [words.number(one.states.get(state, 0)) for state in states]
        lines.append(row([name, *counts]))
    return [*lines, ""]


def _backups(report: BackupReport, words: Translator) -> list[str]:
    lines = ["", f"## {words.gettext('Backups')}", ""]
    names = headings(words)
    lines += [row(names), row(["---"] * len(names))]
    lines += [row([text(cell) for cell in one.cells]) for one in rows(report, words)]
    return [*lines, "", *(f"- {text(one)}" for one in remarks(report, words))]


def _municipality(one: MunicipalitySummary, words: Translator) -> list[str]:
    _, report = words.gettext, one.report
    name = text(report.names.in_language(words.code))
    lines = ["", f"## {name} ({code(report.domain or report.slug)})", ""]
    if report.error:
        failed = _("This municipality could not be worked on; the others went on.")
        lines += [f"**{failed}** {_sentence(report.error, words)}", ""]
    if report.refusals:
        lines += [f"### {_('Held back')}", "", *_held(one, words), ""]
    if one.by_hand:
        lines += [f"### {_('To do by hand')}", "", *block(one.by_hand)]
    items = one.parts.first(ITEMS)
    if items:
        lines += [f"### {_('Differences')}", ""]
    for item in items:
        lines += _item(item, words)
    lines += _more(len(one.parts.told) - len(items), words)
    if report.resolved:
        lines += ["", f"### {_('Resolved since the last look')}", ""]
        lines += [f"- {code(item.name)}" for item in report.resolved[:ITEMS]]
        lines += _more(len(report.resolved) - ITEMS, words)
    return lines


def _held(one: MunicipalitySummary, words: Translator) -> Iterator[str]:
    for group in held_groups(one.report.refusals, EXAMPLES):
        state = STATES["waiting" if group.waits else "refused"]
        count = "" if group.whole else f" ({words.number(group.count)})"
        yield (
            f"- {state.symbol} **{_word(GUARDS, group.guard, words)}**: "
            f"{words.gettext(state.label)}{count}"
        )
        for example in group.examples:
            name = f"{code(example.name)}: " if example.name else ""
            remedy = f" {_sentence(example.remedy, words)}" if example.remedy else ""
            yield f"  - {name}{_sentence(example.message, words)}{remedy}"


def _item(item: Item, words: Translator) -> Iterator[str]:
    _, state = words.gettext, STATES[item.state]
    action = f"{_(ACTIONS[item.action].label)}, " if item.action else ""
    name = code(item.name) if item.name else _("all of them")
    held = f" ({_word(GUARDS, item.held, words)})" if item.held else ""
    yield (
        f"- {state.symbol} **{_(state.label)}**{held}: "
        f"{action}{_word(KINDS, item.kind, words)} {name}"
    )
    if item.reason:
        yield f"  - {_sentence(item.reason, words)}"
    if item.life:
        yield f"  - {_life(item.life, item.since, words)}"
    if item.who:
        yield f"  - {_author(item, words)}"
    if item.next_look:
        yield f"  - {_('Look again after')} {words.moment(item.next_look)}"
    for check in item.broken:
        detail = f": {_sentence(check.detail, words)}" if check.detail else ""
        yield f"  - ✗ {_sentence(check.name, words)}{detail}"
    if item.new:
        shown = (
            f"{_word(FIELDS, f.field, words)}: {text(spoken(f.after, words))}"
            for f in item.new
        )
        yield f"  - {'; '.join(shown)}"
    if item.compared:
        yield from _fields(item, words)
        yield from _diffs(item)


def _life(life: Life, since: datetime | None, words: Translator) -> str:
    stage = words.gettext(label(LIVES, life))
    if since is None:
        return stage
    return f"{stage}, {words.gettext('first seen')} {words.moment(since)}"


def _author(item: Item, words: Translator) -> str:
    told = [f"{words.gettext('Changed by')} {code(item.who)}"]
    if item.when:
        told.append(words.moment(item.when))
    return ", ".join(told) + (f" ({text(item.activity)})" if item.activity else "")


def _diffs(item: Item) -> Iterator[str]:
    """Unified diffs, as blocks of code that no line of theirs can end."""
    for field in item.compared:
        if field.diff:
            lines = [visible(one) for one in field.diff.splitlines()]
            fence = "`" * (3 + max(one.count("`") for one in lines))
            yield ""
            yield f"  {fence}diff"
            yield from (f"  {one}" for one in lines)
            yield f"  {fence}"


def _fields(item: Item, words: Translator) -> Iterator[str]:
    _ = words.gettext
    yield ""
    headings = (_("Field"), _("Now"), _("Inventory"), _("We last set"))
    yield f"  {row(headings)}"
    yield f"  {row(['---'] * 4)}"
    for field in item.compared:
        values = (field.before, field.after, field.last_applied)
        cells = [text(spoken(value, words)) for value in values]
        yield f"  {row([_word(FIELDS, field.field, words), *cells])}"
    yield ""


def _more(count: int, words: Translator) -> list[str]:
    if count <= 0:
        return []
    line = words.ngettext(
        "And %(count)s more; the JSON and CSV reports list it.",
        "And %(count)s more; the JSON and CSV reports list them all.",
        count,
    )
    return ["", line, ""]


def _word(table: dict[str, str], name: str, words: Translator) -> str:
    return text(words.gettext(label(table, name)))


def _sentence(message: str, words: Translator) -> str:
    return told(message, words, text)


def _colophon(report: Report, words: Translator) -> str:
    parts = [
        f"{words.gettext('Run')} {code(report.run_id)}",
        words.moment(report.started),
        words.gettext("Israel time"),
        f"{words.gettext('Checksum of the whole plan')} {code(report.checksum)}",
    ]
    if report.commit:
        parts.insert(1, f"{words.gettext('Inventory commit')} {code(report.commit)}")
    return " · ".join(parts)
