"""`runs`: what ran, how it ended, and what happened in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.model.run import Run
    from provisioner.store import Store

app = typer.Typer(no_args_is_help=True, help="What ran, and how it ended.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest runs.

    Example: `provisioner runs list --limit 5`
    """
    import msgspec
    from rich.console import Console
    from rich.table import Table

    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        store.runs.reap()
        found = store.runs.latest(limit)
    console = Console()
    if as_json:
        console.print_json(data=msgspec.to_builtins(found))
        return
    table = Table(
        "run", "mode", "status", "started (UTC)", "took", "by", "scope", box=None
    )
    for run in found:
        began = f"{run.started:%Y-%m-%d %H:%M:%S}"
        words = (run.id, run.mode, run.status.value, began, _took(run), run.actor)
        table.add_row(*words, ", ".join(run.municipalities) or "all")
    console.print(table)


@app.command()
def show(
    ctx: typer.Context,
    run_id: Annotated[
        str, typer.Argument(metavar="ID", help="As `runs list` shows it.")
    ],
    as_json: AsJson = False,
) -> None:
    """Print one run with its events and what became of each change.

    Example: `provisioner runs show 20260301-063000-123-9f3c1a --json`
    """
    from rich.console import Console

    from provisioner.errors import StoreError
    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        run = store.runs.get(run_id)
        if run is None:
            raise StoreError(
                f"There is no run {run_id}.", remedy="See: provisioner runs list."
            )
        told = _told(store, run)
    console = Console()
    if as_json:
        console.print_json(data=told)
    else:
        _print(console, run, told)


def _told(store: Store, run: Run) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = {
        "run": msgspec.to_builtins(run),
        "events": msgspec.to_builtins(store.runs.events(run.id)),
        "outcomes": msgspec.to_builtins(store.outcomes.of_run(run.id)),
        "unproven": [
            msgspec.to_builtins(one)
            for one in store.outcomes.proofs_of_run(run.id)
            if not one.proven
        ],
    }
    return told


def _print(console: Console, run: Run, told: dict[str, Any]) -> None:
    from rich.table import Table

    console.print(f"Run {run.id}: {run.mode}, {run.status.value}, {_took(run)}")
    console.print(f"by {run.actor}, inventory {run.commit or 'without a commit'}")
    for event in told["events"]:
        line = f"{event['number']:>4}  {event['at'][11:19]}  {event['text']}"
        console.print(line, markup=False)
    if told["outcomes"]:
        table = Table("resource", "action", "status", "why", box=None)
        for one in told["outcomes"]:
            key = f"{one['municipality']}/{one['kind']}/{one['name']}"
            table.add_row(key, one["action"], one["status"], one["reason"])
        console.print(table)


def _took(run: Run) -> str:
    if run.finished is None:
        return "not ended"
    return f"{(run.finished - run.started).total_seconds():.1f} s"
