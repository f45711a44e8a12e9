"""A report at a terminal: short enough to read, exact where it is to be copied."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs
from rich.console import Console

from provisioner.model.change import Action, Change, Drift, FieldChange
from provisioner.model.plan import Plan, Refusal
from provisioner.model.report import Asked, MunicipalityReport, Report
from provisioner.renderers.terminal import show


def shown(report: Report, **options: Any) -> str:
    width = options.pop("width", 100)
    out = io.StringIO()
    show(report, Console(file=out, width=width), **options)
    return out.getvalue()


def test_records_and_commands_are_whole_on_a_narrow_terminal(
    reports: dict[str, Report],
) -> None:
    lines = shown(reports["plan"], width=40).splitlines()
    assert 'rosh.example. 3600 IN TXT "v=spf1 include:spf.mail.example -all"' in lines
    assert f"  provisioner apply --checksum {reports['plan'].checksum}" in lines


def test_every_command_bears_what_the_run_was_narrowed_to(
    reports: dict[str, Report],
) -> None:
    scope = "--municipality rosh --kind mailbox"
    asked = Asked(("rosh",), ("mailbox",))
    narrow = {m: structs.replace(one, asked=asked) for m, one in reports.items()}
    plan = shown(narrow["plan"])
    assert f"provisioner apply --checksum {narrow['plan'].checksum} {scope}\n" in plan
    assert f"And 2 more: provisioner plan --all {scope}\n" in plan
    drift = shown(narrow["drift"]).splitlines()
    assert f"  provisioner apply {scope}" in drift
    assert shown(narrow["apply"]).endswith(f"  provisioner apply {scope}\n")


def test_a_kind_of_which_there_is_nothing_has_no_row_of_zeros(
    reports: dict[str, Report],
) -> None:
    (town,) = reports["quiet"].municipalities
    counts = {**town.plan.in_sync, "website": 0}
    plan = structs.replace(town.plan, in_sync=counts)
    town = structs.replace(town, plan=plan)
    text = shown(structs.replace(reports["quiet"], municipalities=(town,)))
    assert "website" not in text
    assert text == shown(reports["quiet"])


def test_what_guards_hold_back_is_let_go_by_one_whole_command(
    reports: dict[str, Report],
) -> None:
    town = reports["plan"].municipalities[1]
    names = ("shrunken_inventory", "removals", "members", "removals", "protected")
    held = tuple(Refusal(one, town.slug, "", "held") for one in names)
    plan = structs.replace(town.plan, refusals=held)
    towns = (structs.replace(town, plan=plan),)
    report = structs.replace(
        reports["plan"], municipalities=towns, asked=Asked(("wadi",))
    )
    assert shown(report).endswith(
        "What guards hold back is applied, if all of it is meant, with:\n"
        f"  provisioner apply --checksum {report.checksum} --release members"
        " --release removals --release shrunken_inventory --municipality wadi\n"
    )


def test_every_state_has_a_word(reports: dict[str, Report]) -> None:
    text = shown(reports["drift"])
    for word in ("drifted", "conflict", "missing", "unmanaged", "unknown", "pending"):
        assert word in text


def test_a_difference_says_who_changed_it(reports: dict[str, Report]) -> None:
    text = shown(reports["drift"])
    assert 'job title: "Boss" → "مهندس"  (we last set "مهندس")' in text
    assert "enabled: yes → no\n" in text


def test_a_guard_says_its_numbers_and_what_to_do(reports: dict[str, Report]) -> None:
    text = shown(reports["plan"])
    assert "12 of 30 mailboxes (40%) would be switched off or deleted" in text
    assert "--release removals." in text


def test_long_lists_are_cut_and_say_so(reports: dict[str, Report]) -> None:
    text = shown(reports["plan"])
    assert text.count("@wadi.example") == 10
    assert "And 2 more: provisioner plan --all" in text
    assert shown(reports["plan"], verbose=True).count("@wadi.example") == 12


def test_an_apply_lists_what_it_did_not_bring_about(reports: dict[str, Report]) -> None:
    text = shown(reports["apply"])
    assert "omar@rosh.example" not in text
    assert "does not hold: licence assigned: no licence" in text
    assert "Look again after 8 Mar 2026, 09:30" in text
    assert "omar@rosh.example" in shown(reports["apply"], verbose=True)


def test_the_last_lines_say_how_it_stands_and_what_comes_next(
    reports: dict[str, Report],
) -> None:
    assert shown(reports["quiet"]).splitlines()[-1].startswith("Nothing to do:")
    assert shown(reports["apply"]).splitlines()[-1] == "  provisioner apply"


def test_a_terminal_without_unicode_gets_plain_symbols(
    reports: dict[str, Report],
) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    show(reports["plan"], Console(file=file, width=100))
    file.flush()
    text = raw.getvalue().decode()
    assert "!= drifted" in text
    assert '"Boss" -> "' in text


@pytest.mark.parametrize("language", ["he", "ar"])
def test_a_report_can_be_read_in_the_reader_s_language(
    language: str, reports: dict[str, Report]
) -> None:
    text = shown(reports["drift"], language=language)
    assert {"he": "בסטייה", "ar": "منحرف"}[language] in text
    assert "drifted" not in text


def test_a_hundred_thousand_creations_are_told_in_a_second(
    large: Callable[[Any, int, int], Report],
) -> None:
    report = large("plan", 4, 25_000)
    began = time.process_time()
    text = shown(report)
    assert time.process_time() - began < 1
    assert len(text.splitlines()) < 200
    assert "And 24,990 more" in text


@pytest.fixture
def of_a_host(reports: dict[str, Report]) -> Report:
    """A plan of one change: forty facts of a host differ."""
    facts = tuple(
        FieldChange(f"directory /srv/my_{number} owner", None, "root:root")
        for number in range(40)
    )
    report = reports["plan"]
    town = report.municipalities[0]
    change = Change(
        town.slug,
        "server",
        "web-1",
        Action.UPDATE,
        Drift.PENDING,
        facts,
        None,
        writes=1,
    )
    plan = Plan(town.slug, (change,))
    towns = (MunicipalityReport(town.slug, town.names, "", plan, plan.checksum),)
    return structs.replace(report, municipalities=towns)


def test_long_differences_are_cut_and_say_so(of_a_host: Report) -> None:
    text = shown(of_a_host)
    assert text.count("root:root") == 24
    assert "      And 16 more: provisioner plan --all\n" in text
    assert shown(of_a_host, verbose=True).count("root:root") == 40
