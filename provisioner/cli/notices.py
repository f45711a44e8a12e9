"""`notices`: who was told what, whether it arrived, and sending again."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from provisioner.model.notice import Notice

app = typer.Typer(no_args_is_help=True, help="Who was told what, and whether it came.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    state: Annotated[
        str, typer.Option(help="Only those of this state: waiting, sent, failed …")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the newest notices with their state.

    Exit code 2 when one of them failed or may not have arrived.

    Example: `provisioner notices list --state failed`
    """
    import msgspec
    from rich.console import Console

    from provisioner.cli.ending import end_with
    from provisioner.cli.listing import print_table
    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        found = store.notices.latest(limit, _known(state))
    if as_json:
        Console().print_json(data=msgspec.to_builtins(found))
    else:
        print_table(
            (
                "notice",
                "about",
                "to",
                "state",
                "made (UTC)",
                "tries",
                "what went wrong",
            ),
            (_line(one) for one in found),
        )
    bad = any(one.state.value in ("failed", "uncertain") for one in found)
    end_with(2 if bad else 0)


@app.command()
def retry(
    ctx: typer.Context,
    key: Annotated[
        list[str] | None, typer.Argument(metavar="NOTICE", help="As `list` shows it.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let notices wait to be sent again by the service.

    One that is `uncertain` may have arrived: it is sent again only by its name.

    Example: `provisioner notices retry --failed`
    """
    import json
    import sys

    from provisioner.errors import StoreError
    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        keys = list(key or ())
        if failed:
            every = store.notices.latest(_MOST, "failed")
            keys += [one.key for one in every]
        again = store.notices.retry(keys)
    missing = sorted({*(key or ())} - {*again})
    if missing or not (key or failed):
        raise StoreError(
            f"Nothing to send again: {', '.join(missing) or 'no notice was named'}.",
            remedy="See: provisioner notices list.",
        )
    if as_json:
        sys.stdout.write(json.dumps({"waiting": again}) + "\n")
    else:
        sys.stdout.write(f"{len(again)} notice(s) wait to be sent.\n")


_MOST = 10_000


def _known(state: str) -> str:
    from provisioner.errors import ProvisionerError
    from provisioner.model.notice import Delivery

    known = [one.value for one in Delivery]
    if state and state not in known:
        raise ProvisionerError(
            f"There is no state {state!r}.", remedy=f"Known: {', '.join(known)}."
        )
    return state


def _line(one: "Notice") -> tuple[str, ...]:
    return (
        one.key,
        one.about,
        one.recipient,
        one.state.value,
        f"{one.made:%Y-%m-%d %H:%M}",
        str(one.attempts),
        one.error,
    )
