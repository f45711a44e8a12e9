"""`backups`: what is saved, how old the newest copies are, and whether they come back."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from provisioner.cli.context import Context
from provisioner.cli.ending import end_with

if TYPE_CHECKING:
    from provisioner.model.backup import Drilled
    from provisioner.model.backup_report import BackupReport

app = typer.Typer()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback(invoke_without_command=True)
def backups(
    ctx: typer.Context,
    known: Annotated[
        bool, typer.Option("--known", help="Judge what was last seen; ask no host.")
    ] = False,
    lang: Annotated[
        Literal["he", "ar", "en"], typer.Option("--lang", "-l", help="Language.")
    ] = "en",
    output: Annotated[
        Path | None,
        typer.Option(help="Write the report to this file too, as PDF: FILE.pdf."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask jobs and repositories, and show every asset with its backup or the lack of one.

    Exit code 2 when a copy is late, breached or was never made, when an asset has no
    backup, when two sources disagree or a drill failed; 1 when something is unknown.

    Example: `provisioner backups --json`
    """
    if ctx.invoked_subcommand is not None:
        return
    if output and output.suffix.lower() != ".pdf":
        raise typer.BadParameter(
            "Name a file that ends in .pdf.", param_hint="--output"
        )
    report = _look(ctx.obj, known=known)
    if output:
        _write(report, ctx.obj, lang, output)
    if as_json:
        _print_json(report)
    else:
        _print(report, lang)
    end_with(report.exit_code)


@app.command()
def drill(
    ctx: typer.Context,
    job: Annotated[
        list[str] | None,
        typer.Option(help="Key or name of a job; may be given more than once."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Restore the newest copy of each job to a scratch place, compare it, remove it.

    Files are compared byte by byte with their source, dumps with the digest they had, and
    loaded into a scratch server. Exit code 2 when one did not pass.

    Example: `provisioner backups drill --job karmiel/backup_job/sites`
    """
    from provisioner.bootstrap import actor, collaborators
    from provisioner.cli.progress import Told
    from provisioner.engine.backups import drill

    settings = ctx.obj.settings
    with Told(quiet=True) as listener, collaborators(settings, listener) as given:
        found = drill(given, tuple(job or ()), actor(settings))
    if as_json:
        _print_json(found)
    else:
        for key, one in found.items():
            typer.echo(f"{key}: {_drilled(one)}")
    end_with(0 if all(one.passed for one in found.values()) else 2)


@app.command()
def acknowledge(
    ctx: typer.Context,
    key: Annotated[
        str, typer.Argument(help="Key of a job, or of an asset without a backup.")
    ],
    until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day, YYYY-MM-DD.")
    ],
    reason: Annotated[str, typer.Option(help="Why it may be so for a while.")],
    as_json: AsJson = False,
) -> None:
    """Say that a backup in danger is known, and why: its notices keep silent until a day.

    Its state stays as it is, and ends every look with exit code 2.

    Example: `provisioner backups acknowledge karmiel/backup_job/sites --until 2026-12-01
    --reason "its host moves to another room"`
    """
    from provisioner.bootstrap import actor, outside
    from provisioner.inventory import load
    from provisioner.service.acknowledging import acknowledge
    from provisioner.store import open_store

    settings = ctx.obj.settings
    cluster, now = load(settings.inventory), outside(settings).now()
    with open_store(settings.database) as store:
        who = actor(settings)
        word = acknowledge(store, cluster, key, until.date(), reason, who, now)
    if as_json:
        _print_json(word)
    else:
        typer.echo(f"{key}: acknowledged until the end of {until:%Y-%m-%d}.")


def _look(context: Context, *, known: bool) -> "BackupReport":
    from provisioner.bootstrap import collaborators
    from provisioner.cli.progress import Told
    from provisioner.engine.backups import look

    with (
        Told(quiet=True) as listener,
        collaborators(context.settings, listener) as given,
    ):
        if known:
            return given.store.backups.report(given.load(), given.now())
        return look(given)


def _write(report: "BackupReport", context: Context, lang: str, output: Path) -> None:
    from provisioner.inventory import load
    from provisioner.renderers.backups_page import backups_pdf
    from provisioner.renderers.written import write_whole

    names = load(context.settings.inventory).names
    write_whole(output, backups_pdf(report, names, lang))


def _print_json(told: object) -> None:
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())


def _print(report: "BackupReport", language: str) -> None:
    from provisioner.cli.listing import print_table
    from provisioner.renderers.backups import headings, remarks, rows
    from provisioner.renderers.language import translator

    words = translator(language)
    print_table(headings(words), (one.cells for one in rows(report, words)))
    for remark in remarks(report, words):
        typer.echo(remark)


def _drilled(one: "Drilled") -> str:
    compared = (
        f"{one.files} restored, {one.same} the same, {one.differ} differ,"
        f" {one.changed} changed since"
    )
    loaded = f"{one.databases} databases with {one.tables} tables, {one.rows} rows"
    ended = "passed" if one.passed else f"not passed: {one.reason}"
    return f"{ended} ({compared}; {loaded})"
