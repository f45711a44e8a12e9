"""`audit`: who did what, and whether the record of it is whole."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True, help="Who did what, in a record that only grows."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def verify(
    ctx: typer.Context,
    head_file: Annotated[
        Path | None,
        typer.Option(
            help="File kept outside the store: checked against, then brought up to date."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the hash chain of the audit and say where it breaks, if it does.

    A changed, missing or inserted row always shows. That rows were cut off at the end, by
    somebody who can rewrite the whole store, shows only with `--head-file` on a disk that
    this person cannot write.

    Exit code 0 when the chain holds, 1 when it does not.

    Example: `provisioner audit verify --head-file /media/worm/audit.head`
    """
    from rich.console import Console

    from provisioner.store import open_store
    from provisioner.store.head_file import read_head, write_head

    known = read_head(head_file) if head_file else None
    with open_store(ctx.obj.settings.database) as store:
        verdict = store.audit.verify(known)
    if head_file and verdict.holds:
        write_head(head_file, verdict.head)
    console = Console()
    if as_json:
        console.print_json(
            data={
                "holds": verdict.holds,
                "rows": verdict.rows,
                "head": str(verdict.head),
                "broken_at": verdict.broken_at,
                "reason": verdict.reason,
            }
        )
    elif verdict.holds:
        console.print(f"The audit holds: {verdict.rows} row(s), head {verdict.head}.")
    else:
        console.print(
            f"The audit is broken at row {verdict.broken_at}: {verdict.reason}."
            f" The {verdict.rows} row(s) before it hold."
        )
    if not verdict.holds:
        raise typer.Exit(1)


@app.command()
def log(
    ctx: typer.Context,
    limit: Annotated[
        int, typer.Option(min=1, help="How many rows, newest first.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """Print the newest rows of the audit.

    Example: `provisioner audit log --limit 20`
    """
    import json

    from rich.console import Console

    from provisioner.cli.listing import print_table
    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        rows = store.audit.latest(limit)
    if as_json:
        Console().print_json(
            data=[
                {
                    "id": row.id,
                    "at": row.at,
                    "actor": row.actor,
                    "action": row.action,
                    "subject": row.subject,
                    "details": json.loads(row.details),
                    "hash": row.hash,
                }
                for row in rows
            ]
        )
        return
    print_table(
        ("id", "at (UTC)", "actor", "action", "subject", "details"),
        (
            (str(row.id), row.at[:19], row.actor, row.action, row.subject, row.details)
            for row in rows
        ),
    )
