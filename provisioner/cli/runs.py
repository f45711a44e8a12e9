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

    from provisioner.cli.listing import print_table
    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        store.runs.reap()
        found = store.runs.latest(limit)
    if as_json:
        Console().print_json(data=msgspec.to_builtins(found))
        return
    print_table(
        ("run", "mode", "status", "started (UTC)", "took", "by", "scope"),
        (_line(run) for run in found),
    )


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
    console = Console(markup=False, highlight=False, soft_wrap=True)
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


def _line(run: Run) -> tuple[str, ...]:
    return (
        run.id,
        run.mode,
        run.status.value,
        f"{run.started:%Y-%m-%d %H:%M:%S}",
        _took(run),
        run.actor,
        _scope(run),
    )


def _scope(run: Run) -> str:
    named, more = run.municipalities[:3], len(run.municipalities) - 3
    words = ", ".join(named) or "all"
    return f"{words} and {more} more" if more > 0 else words


def _print(console: Console, run: Run, told: dict[str, Any]) -> None:
    from provisioner.cli.listing import print_table

    console.print(f"Run {run.id}: {run.mode}, {run.status.value}, {_took(run)}")
    console.print(f"by {run.actor}, inventory {run.commit or 'without a commit'}")
    for event in told["events"]:
        console.print(f"{event['number']:>4}  {event['at'][11:19]}  {event['text']}")
    if told["outcomes"]:
        print_table(
            ("resource", "action", "status", "why"),
            (
                (
                    f"{one['municipality']}/{one['kind']}/{one['name']}",
                    one["action"],
                    one["status"],
                    one["reason"],
                )
                for one in told["outcomes"]
            ),
        )


def _took(run: Run) -> str:
    if run.finished is None:
        return "not ended"
    return f"{(run.finished - run.started).total_seconds():.1f} s"
