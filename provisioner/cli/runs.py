"""`runs`: what waits and what ran, how it ended, and what a person may say to it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.model.cluster import Cluster
    from provisioner.model.run import Run
    from provisioner.store import Store

app = typer.Typer(no_args_is_help=True, help="What ran, and how it ended.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="As `runs list` shows it.")]


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
    run_id: RunId,
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


@app.command()
def follow(
    ctx: typer.Context,
    run_id: RunId,
    after: Annotated[
        int, typer.Option(min=0, help="Go on after the event of this number.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Print the events of a run as they come, until it ends; with `--json` one a line.

    Ends with 0 where the run succeeded, 2 where it waits, 1 otherwise.

    Example: `provisioner runs follow 20260301-063000-123-9f3c1a`
    """
    import sys

    import msgspec

    from provisioner.cli.ending import end_with
    from provisioner.service.following import follow as followed
    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        for event in followed(store, run_id, after):
            if as_json:
                sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
            else:
                when = f"{event.at:%H:%M:%S}"
                sys.stdout.write(f"{event.number:>4}  {when}  {event.text}\n")
            sys.stdout.flush()
        run = store.runs.get(run_id)
    status = run.status.value if run else ""
    if not as_json:
        sys.stdout.write(f"Run {run_id}: {status}.\n")
    end_with({"succeeded": 0, "waiting": 2}.get(status, 1))


@app.command()
def cancel(ctx: typer.Context, run_id: RunId, as_json: AsJson = False) -> None:
    """Cancel a run: at once where it waits, after the change in hand where it works.

    Its parts in other zones are cancelled with it.

    Example: `provisioner runs cancel 20260301-063000-123-9f3c1a`
    """
    import json
    import sys

    from provisioner.bootstrap import actor, the_time
    from provisioner.service.parts import cancel as cancel_run
    from provisioner.store import open_store

    settings = ctx.obj.settings
    with open_store(settings.database) as store:
        by = actor(settings)
        run = cancel_run(store, run_id, by, the_time(settings)())
    if as_json:
        told = {"run": run_id, "status": run.status.value, "cancelled_by": by}
        sys.stdout.write(json.dumps(told) + "\n")
    elif run.status.value == "cancelled":
        sys.stdout.write(f"Run {run_id} is cancelled.\n")
    else:
        sys.stdout.write(
            f"Run {run_id} was asked to stop; it finishes the change in hand.\n"
        )


@app.command()
def approve(ctx: typer.Context, run_id: RunId, as_json: AsJson = False) -> None:
    """Approve, as the second person, what guards held back in a run.

    What is approved is the plan that was left, by its checksum; a worker carries it out
    (`serve`, or `worker --drain`) and refuses where the plan has changed since.

    Example: `provisioner runs approve 20260301-063000-123-9f3c1a`
    """
    import json
    import sys
    from datetime import UTC, datetime

    from provisioner.bootstrap import actor
    from provisioner.service.orders import approve as approved
    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        by = actor(ctx.obj.settings)
        following = approved(store, run_id, by, datetime.now(UTC))
    if as_json:
        told = {"run": run_id, "approved_by": by, "followed_by": following}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(f"Approved by {by}; run {following} waits for a worker.\n")


def explain_run(ctx: typer.Context, run_id: str) -> None:
    """Print what a run waits for, one reason a line."""
    import sys

    from provisioner.service.reasons import reasons
    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        run = store.runs.get(run_id)
        cluster = _cluster(ctx) if run and not run.status.is_final else None
        for one in reasons(store, run, cluster) if run else ():
            sys.stdout.write(f"{one}\n")


def _cluster(ctx: typer.Context) -> "Cluster | None":
    """What the inventory says, None where it cannot be read."""
    from provisioner.errors import InventoryInvalid
    from provisioner.inventory import load

    try:
        return load(ctx.obj.settings.inventory)
    except InventoryInvalid:
        return None


def _told(store: "Store", run: "Run") -> dict[str, Any]:
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


def _line(run: "Run") -> tuple[str, ...]:
    return (
        run.id,
        run.mode,
        run.status.value,
        f"{run.started:%Y-%m-%d %H:%M:%S}",
        _took(run),
        run.actor,
        _scope(run),
    )


def _scope(run: "Run") -> str:
    named, more = run.municipalities[:3], len(run.municipalities) - 3
    words = ", ".join(named) or "all"
    return f"{words} and {more} more" if more > 0 else words


def _print(console: "Console", run: "Run", told: dict[str, Any]) -> None:
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


def _took(run: "Run") -> str:
    if run.finished is None:
        return "not ended"
    return f"{(run.finished - run.started).total_seconds():.1f} s"
