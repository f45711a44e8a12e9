"""`adopt`: take over what already exists, by explicit word."""

from typing import Annotated

import typer

from provisioner.cli.ending import end_with
from provisioner.cli.options import AsJson


def adopt(
    ctx: typer.Context,
    keys: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY…", help="Resource keys as the plan shows them: slug/kind/name."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Take over mailboxes that exist and bear no mark.

    They are marked as ours and brought to the inventory, and nothing else is changed.
    Only resources that the inventory declares can be adopted.

    Example: `provisioner adopt rameh/mailbox/head@rameh.example`
    """
    from provisioner.cli.walk import tell, walk
    from provisioner.engine.scope import Order

    order = Order(
        "apply",
        tuple(dict.fromkeys(key.split("/", 1)[0] for key in keys)),
        only=frozenset(keys),
        adopt=frozenset(keys),
    )
    report = walk(ctx.obj, order, as_json=as_json)
    tell(ctx.obj, report, as_json=as_json)
    end_with(report.exit_code)
