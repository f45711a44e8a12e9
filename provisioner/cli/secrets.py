"""`secrets`: initial passwords, each shown once."""

from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True, help="Initial passwords, kept encrypted and shown once."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the one-time secrets, never the secrets themselves.

    `ready` can be read once with `secrets show`; `prepared` belongs to a mailbox that is
    not finished yet; `read` and `expired` have been erased.

    Example: `provisioner secrets list --json`
    """
    from rich.console import Console

    from provisioner.cli.listing import print_table
    from provisioner.store import open_store

    with open_store(ctx.obj.settings.database) as store:
        store.secret_entries.expire()
        entries = store.secret_entries.list()
    if as_json:
        Console().print_json(
            data=[
                {
                    "id": one.id,
                    "key": one.key,
                    "state": one.state.value,
                    "created": one.created.isoformat(),
                    "expires": one.expires.isoformat(),
                }
                for one in entries
            ]
        )
        return
    print_table(
        ("id", "resource", "state", "expires (UTC)"),
        (
            (one.id, one.key, one.state.value, f"{one.expires:%Y-%m-%d %H:%M}")
            for one in entries
        ),
    )


@app.command()
def show(
    ctx: typer.Context,
    secret_id: Annotated[
        str, typer.Argument(metavar="ID", help="As `secrets list` shows it.")
    ],
    as_json: AsJson = False,
) -> None:
    """Print a secret. It works once: the secret is erased before it is printed.

    Example: `provisioner secrets show 4f0c2a9d1be87733a1c0`
    """
    from rich.console import Console

    from provisioner.bootstrap import actor
    from provisioner.store import open_store
    from provisioner.store.secret_key import load_key

    settings = ctx.obj.settings
    with open_store(settings.database) as store:
        secret = store.secrets(load_key(settings)).show(secret_id)
        store.audit.append(actor(settings), "secret.read", secret_id)
    console = Console()
    if as_json:
        console.print_json(data={"id": secret_id, "secret": secret})
    else:
        console.out(secret, highlight=False)
    Console(stderr=True).print(
        "This was the only time this secret could be read; it has been erased."
    )
