"""The lines a terminal shows for one resource, and for what guards hold back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.text import Text

from provisioner.model.change import Drift, FieldChange
from provisioner.model.plan import Refusal
from provisioner.renderers.held import EXAMPLES, held_groups
from provisioner.renderers.items import Item
from provisioner.renderers.language import Translator
from provisioner.renderers.sentences import told
from provisioner.renderers.values import spoken, visible
from provisioner.renderers.words import (
    ACTIONS,
    FIELDS,
    GUARDS,
    KINDS,
    LIVES,
    STATES,
    label,
)

_STYLES = {
    "good": "green",
    "calm": "cyan",
    "attention": "yellow",
    "bad": "red",
    "quiet": "dim",
}
_CREATED = ("display_name", "job_title", "department", "licenses")
_OBVIOUS = "new in the inventory"
_SHORT = 60


@dataclass(frozen=True)
class Lines:
    """How lines are worded and which symbols the terminal can draw."""

    words: Translator
    ascii_only: bool

    def state(self, name: str, count: int | None = None) -> Text:
        """A state's symbol and word, with how many there are."""
        word = STATES[name]
        symbol = word.ascii_symbol if self.ascii_only else word.symbol
        number = "" if count is None else f"{self.words.number(count)} "
        text = f"{symbol} {number}{self.words.gettext(word.label)}"
        return Text(text, style=_STYLES[word.tone])

    def action(self, name: str) -> str:
        word = ACTIONS[name]
        symbol = word.ascii_symbol if self.ascii_only else word.symbol
        return f"{symbol} {self.words.gettext(word.label)}"

    def arrow(self) -> str:
        return " -> " if self.ascii_only else " → "

    def sentence(self, text: str) -> str:
        return told(text, self.words, visible)

    def error(self, message: str) -> Text:
        failed = self.words.gettext(
            "This municipality could not be worked on; the others went on."
        )
        text = Text("  ").append_text(self.state("failed"))
        return text.append(f" {failed} {self.sentence(message)}", "red")


def item_lines(item: Item, lines: Lines) -> Iterator[Text]:
    """What is told about one resource; the first line says which and how it stands."""
    _ = lines.words.gettext
    head = Text("  ").append_text(lines.state(item.state)).append("  ")
    if item.action:
        head.append(f"{lines.action(item.action)} ", "bold")
    head.append(f"{_(label(KINDS, item.kind))} ")
    head.append(visible(item.name) or _("all of them"), "bold")
    if item.held:
        head.append(f"  [{_(label(GUARDS, item.held))}]", "yellow")
    if item.life:
        head.append(f"  {_(label(LIVES, item.life))}", "dim")
        if item.since:
            head.append(f", {_('first seen')} {lines.words.moment(item.since)}", "dim")
    yield head
    yield from _remarks(item, lines)
    if item.new:
        yield _created(item.new, lines)


def detail_lines(item: Item, lines: Lines) -> Iterator[Text]:
    """What differs in a resource, field by field, with the difference of texts."""
    for field in item.compared:
        yield _field(field, item.state, lines)
        yield from _diff(field.diff)


_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def _diff(diff: str) -> Iterator[Text]:
    for line in diff.splitlines():
        style = _DIFF_STYLES.get(line[:1], "dim")
        yield Text(f"        {visible(line)}", style)


def _remarks(item: Item, lines: Lines) -> Iterator[Text]:
    _ = lines.words.gettext
    if item.reason and not (item.new and item.reason == _OBVIOUS):
        yield Text(f"      {lines.sentence(item.reason)}", "dim")
    if item.who:
        yield _author(item, lines)
    if item.next_look:
        moment = lines.words.moment(item.next_look)
        yield Text(f"      {_('Look again after')} {moment}", "cyan")
    for check in item.broken:
        detail = f": {lines.sentence(check.detail)}" if check.detail else ""
        broken = f"{_('does not hold:')} {lines.sentence(check.name)}{detail}"
        yield Text(f"      {broken}", "red")
    if item.secret_id:
        hint = _("The first password can be read once:")
        yield Text(f"      {hint} provisioner secrets show {visible(item.secret_id)}")


def _author(item: Item, lines: Lines) -> Text:
    """Who made it so from outside, when, and what the provider calls it."""
    author = Text(f"      {lines.words.gettext('Changed by')} ")
    author.append(visible(item.who), "bold")
    if item.when:
        author.append(f", {lines.words.moment(item.when)}")
    if item.activity:
        author.append(f" ({visible(item.activity)})", "dim")
    return author


def _created(fields: Iterable[FieldChange], lines: Lines) -> Text:
    """The few values that tell a person whom or what a create is for."""
    values = {one.field: _short(one.after, lines) for one in fields if one.after}
    shown = [values[name] for name in _CREATED if name in values]
    if not shown:
        shown = [
            f"{lines.words.gettext(label(FIELDS, name))}: {value}"
            for name, value in list(values.items())[: len(_CREATED)]
        ]
    return Text("      ").append(" · ".join(shown), "dim")


def _field(field: FieldChange, state: str, lines: Lines) -> Text:
    text = Text(f"      {lines.words.gettext(label(FIELDS, field.field))}: ")
    if field.diff:
        # The text itself stands below; its digest tells nobody anything.
        return text.append_text(lines.state(field.drift.value))
    text.append(_short(field.before, lines), "red").append(lines.arrow())
    text.append(_short(field.after, lines), "green")
    if field.drift in (Drift.DRIFTED, Drift.CONFLICT):
        remark = lines.words.gettext(
            "we last set %(value)s", value=_short(field.last_applied, lines)
        )
        text.append(f"  ({remark})", "dim")
    if field.drift.value != state:
        text.append("  ").append_text(lines.state(field.drift.value))
    return text


def _short(value: object, lines: Lines) -> str:
    text = spoken(value, lines.words)
    quoted = f'"{text}"' if isinstance(value, str) and value else text
    return quoted if len(quoted) <= _SHORT else f"{quoted[:_SHORT]}…"


def held_lines(
    refusals: Iterable[Refusal], lines: Lines, limit: int | None
) -> Iterator[Text]:
    """What guards hold back, by guard, with the numbers and what a person can do."""
    for group in held_groups(refusals, None if limit is None else EXAMPLES):
        count = None if group.whole else group.count
        state = lines.state("waiting" if group.waits else "refused", count)
        guard = lines.words.gettext(label(GUARDS, group.guard))
        yield Text("  ").append_text(state).append(f"  {guard}", "bold")
        for one in group.examples:
            name = f"{visible(one.name)}: " if one.name else ""
            yield Text(f"      {name}{lines.sentence(one.message)}")
            if one.remedy:
                yield Text(
                    f"        {lines.arrow().strip()} {lines.sentence(one.remedy)}"
                )
        if group.more:
            yield Text(f"      … {lines.words.number(group.more)}", "italic")
