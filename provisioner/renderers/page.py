"""The HTML report: one file that needs no other, no script and no network."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from provisioner.model.drift_item import DriftItem
from provisioner.model.report import MunicipalityReport, Report
from provisioner.renderers.backups import headings, remarks, rows
from provisioner.renderers.held import EXAMPLES, HeldGroup, held_groups
from provisioner.renderers.items import Item
from provisioner.renderers.language import Translator, translator
from provisioner.renderers.summary import (
    ENDED,
    TOLD,
    MunicipalitySummary,
    Summary,
    summarise,
)
from provisioner.renderers.values import visible
from provisioner.renderers.verdict import judge
from provisioner.renderers.words import MODES, STATES

if TYPE_CHECKING:
    from jinja2 import Environment

# More than this on one page is read by nobody, and a phone would choke on it.
ITEMS = 100
RESOLVED = 20


class Section(Struct, frozen=True):
    """One municipality as the page shows it."""

    report: MunicipalityReport
    name: str
    anchor: str
    states: dict[str, int]
    badges: tuple[tuple[str, int], ...]
    held: list[HeldGroup]
    by_hand: tuple[str, ...]
    items: list[Item]
    more: int
    resolved: tuple[DriftItem, ...]
    more_resolved: int
    quiet: bool


def to_html(report: Report, language: str) -> str:
    """The report as one HTML page in `he`, `ar` or `en`."""
    from provisioner.renderers.templating import environment

    return _rendered(environment(language), report, translator(language))


def _rendered(env: Environment, report: Report, language: Translator) -> str:
    summary = summarise(report)
    tiles = _tiles(report, summary)
    context: dict[str, Any] = {
        "report": report,
        "title": language.gettext(MODES[report.mode]),
        "cluster": visible(report.cluster.in_language(language.code)),
        "verdict": judge(report, summary, language),
        "tiles": tiles,
        "columns": [state for state, count in tiles if count],
        "shown": [state for state, count in tiles if count and STATES[state].meaning],
        "kinds": summary.kinds,
        "seats": {} if report.mode == "apply" else summary.seats,
        "writes": 0 if report.mode == "apply" else summary.total("writes"),
        "municipalities": [_section(one, language) for one in summary.municipalities],
        "backups": list(rows(report.backups, language)) if report.backups else [],
        "backup_headings": headings(language),
        "backup_remarks": list(remarks(report.backups, language))
        if report.backups
        else [],
        **_style(env),
    }
    return env.get_template("report.html").render(context)


def _tiles(report: Report, summary: Summary) -> list[tuple[str, int]]:
    counts = {**summary.states, "waiting": summary.total("waiting")}
    usual = ENDED if report.mode == "apply" else (*TOLD, "waiting")
    others = [state for state in STATES if state not in usual and counts.get(state)]
    return [(state, counts.get(state, 0)) for state in (*usual, *others)]


def _section(one: MunicipalitySummary, language: Translator) -> Section:
    report, items = one.report, one.parts.first(ITEMS)
    resolved = report.resolved[:RESOLVED]
    states = {**one.states, "waiting": one.waiting}
    return Section(
        report,
        visible(report.names.in_language(language.code)),
        f"m-{visible(report.slug)}",
        states,
        tuple((state, states[state]) for state in STATES if states.get(state)),
        held_groups(report.refusals, EXAMPLES),
        one.by_hand,
        items,
        len(one.parts.told) - len(items),
        resolved,
        len(report.resolved) - len(resolved),
        one.quiet,
    )


def _style(env: Environment) -> dict[str, Any]:
    from markupsafe import Markup

    assert env.loader is not None  # noqa: S101  always built with one
    text = env.loader.get_source(env, "_style.css")[0]
    digest = b64encode(hashlib.sha256(text.encode()).digest()).decode()
    # Our own file, and the policy of the page admits this one style alone.
    return {"style": Markup(text), "style_hash": f"sha256-{digest}"}  # noqa: S704
