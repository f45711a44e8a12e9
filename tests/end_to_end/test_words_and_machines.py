"""Every command as a machine reads it, and as a person at a terminal or in a pipe does."""

from __future__ import annotations

import json

import pytest
from terminal import at_terminal
from towns import Town
from typer.testing import CliRunner

from provisioner.cli.main import app

pytestmark = pytest.mark.end_to_end

COMMANDS = [
    "check",
    "plan",
    "apply",
    "drift",
    "report",
    "adopt",
    "explain",
    "seats",
    "sandbox up",
    "sandbox down",
    "sandbox status",
    "sandbox advance",
    "sandbox break",
    "sandbox mend",
    "sandbox demo",
    "secrets list",
    "secrets show",
    "runs list",
    "runs show",
    "runs follow",
    "runs cancel",
    "runs approve",
    "schedules",
    "serve",
    "worker",
    "audit verify",
    "audit log",
    "backups",
    "backups acknowledge",
    "backups drill",
    "import people",
    "notices list",
    "notices retry",
    "requests list",
    "requests show",
    "requests submit",
    "requests approve",
    "requests reject",
    "requests withdraw",
]


def test_the_list_of_commands_is_whole() -> None:
    def names(words: tuple[str, ...]) -> list[str]:
        told = CliRunner().invoke(app, [*words, "--help"]).output
        _, _, listed = told.partition("Commands:\n")
        return [line.split()[0] for line in listed.splitlines() if line.strip()]

    groups = ("sandbox", "secrets", "runs", "audit", "notices", "requests", "import")
    found = [one for one in names(()) if one not in groups]
    # `backups` is a command by itself, too.
    groups += ("backups",)
    found += [f"{group} {one}" for group in groups for one in names((group,))]
    assert sorted(found) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    told = CliRunner().invoke(app, [*command.split(), "--help"])
    assert told.exit_code == 0
    assert "Example: " in told.output
    assert f"provisioner {command}" in " ".join(told.output.split()) or (
        command == "check"
    )
    if command not in ("sandbox demo", "serve", "worker"):
        assert "--json" in told.output


@pytest.mark.parametrize(
    ("words", "code", "keys"),
    [
        (["check"], 0, {"valid", "faults", "municipalities", "people"}),
        (["plan"], 2, {"schema", "checksum", "municipalities", "exit_code"}),
        (["drift"], 2, {"schema", "checksum", "municipalities", "exit_code"}),
        (["report"], 0, {"schema", "checksum", "municipalities", "exit_code"}),
        (["sandbox", "status"], 0, {"graph_url", "client_secret", "hosts"}),
        (["sandbox", "break"], 0, {"edit-title", "take-seats"}),
        (["sandbox", "mend"], 0, {"mended"}),
        (["sandbox", "advance", "1s"], 0, {"advanced", "time"}),
        (["audit", "verify"], 0, {"holds", "rows", "head"}),
    ],
)
def test_json_parses_and_is_all_there_is(
    words: list[str], code: int, keys: set[str], town: Town
) -> None:
    town.amend(town.active()[0]["address"], job_title="שומר סף")
    if words == ["report"]:
        assert town.run("plan").code == 2
    ended = town.world.run(*words, "--json")
    assert ended.code == code, ended.err
    told = json.loads(ended.out)
    assert keys <= told.keys()
    assert ended.err == ""
    if "exit_code" in keys and words != ["report"]:
        assert told["exit_code"] == code


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["plan", "--municipality", "nowhere"], "UnknownName"),
        (["apply"], "NotApproved"),
        (["apply", "--yes", "--release", "removals"], "CannotRelease"),
        (["apply", "--checksum", "0" * 64], "PlanChanged"),
        (["adopt", "nowhere/mailbox/a@b.example"], "UnknownName"),
        (["report", "--run", "nothing"], "ReportUnavailable"),
        (["sandbox", "up"], "SandboxError"),
        (["sandbox", "break", "nothing"], "SandboxError"),
        (["sandbox", "advance", "soon"], "SandboxError"),
        (["sandbox", "up", "--faults", "nowhere.yml"], "SandboxError"),
        (["plan", "--nonsense"], "Misuse"),
        (["nonsense"], "Misuse"),
    ],
)
def test_errors_are_json_where_json_was_asked_for(
    words: list[str], error: str, town: Town
) -> None:
    ended = town.world.run(*words, "--json")
    assert ended.code == 1
    told = json.loads(ended.out)
    assert told["error"] == error
    assert told["message"]
    assert ended.err == ""


def test_settings_that_are_wrong_are_named_and_their_values_are_not(
    town: Town,
) -> None:
    ended = town.world.run("plan", "--json", mailbox_patience="hunter2")
    assert ended.code == 1
    told = json.loads(ended.out)
    assert told["error"] == "SettingsInvalid"
    assert "mailbox_patience" in told["message"]
    assert "hunter2" not in ended.out + ended.err


def test_exit_codes_of_plan_and_drift_say_whether_something_differs(
    town: Town,
) -> None:
    assert town.run("plan").code == 0
    assert town.run("drift").code == 0
    town.amend(town.active()[0]["address"], job_title="שומר סף")
    assert town.run("plan").code == 2
    assert town.run("drift").code == 2
    assert town.run("apply", "--yes").code == 0
    assert town.run("plan").code == 0


def test_colour_is_for_terminals_only(town: Town) -> None:
    piped = town.run("plan")
    assert "\x1b" not in piped.out + piped.err
    shown = at_terminal(town.world, "plan", "-m", town.slug)
    assert "\x1b[1m" in shown.out or "\x1b[1;" in shown.out
    plain = at_terminal(town.world, "plan", "-m", town.slug, NO_COLOR="1")
    colours = [one for one in plain.out.split("\x1b[")[1:] if one[:1] == "3"]
    assert not colours
