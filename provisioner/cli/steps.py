"""`plan`, `apply` and `drift`: one walk through the engine each."""

import sys
from typing import Annotated

import typer

from provisioner.cli.context import Context
from provisioner.cli.ending import end_with
from provisioner.cli.options import AsJson, Deep, Full, Kinds, Municipalities, Verbose
from provisioner.cli.walk import ask, tell, walk, write_files


def plan(
    ctx: typer.Context,
    municipality: Municipalities = None,
    kind: Kinds = None,
    deep: Deep = False,
    full: Full = False,
    show_all: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Show what apply would do; writes nothing outside.

    Exit code 0 when there is nothing to do, 2 when there is.

    Example: `provisioner plan --municipality rameh`
    """
    from provisioner.engine.scope import Order

    order = Order(
        "plan",
        tuple(municipality or ()),
        tuple(kind or ()),
        refresh=None if deep else 0,
        full=full,
    )
    report = walk(ctx.obj, order, as_json=as_json)
    tell(ctx.obj, report, as_json=as_json, show_all=show_all)
    end_with(report.exit_code)


def drift(
    ctx: typer.Context,
    municipality: Municipalities = None,
    kind: Kinds = None,
    deep: Deep = False,
    full: Full = False,
    show_all: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Report what is not as it should be, since when.

    The report files go to `var/reports/`: HTML and Markdown in Hebrew, Arabic and
    English, JSON and CSV.

    Exit code 2 when anything differs, 1 when something could not be read.

    Example: `provisioner drift --deep`
    """
    from provisioner.engine.scope import Order

    context: Context = ctx.obj
    order = Order(
        "drift",
        tuple(municipality or ()),
        tuple(kind or ()),
        refresh=None if deep else context.settings.settings_per_run,
        full=full,
    )
    report = walk(context, order, as_json=as_json)
    tell(context, report, as_json=as_json, show_all=show_all)
    written = write_files(context, report)
    if not as_json:
        for path in written:
            sys.stdout.write(f"{path}\n")
    end_with(report.exit_code)


def apply(
    ctx: typer.Context,
    municipality: Municipalities = None,
    kind: Kinds = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Apply without asking.")
    ] = False,
    checksum: Annotated[
        str,
        typer.Option(metavar="SUM", help="Apply only if the plan is the one approved."),
    ] = "",
    release: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GUARD",
            help="Let this guard go (removals, members, shrunken_inventory, "
            "second_person); needs --checksum.",
        ),
    ] = None,
    approved_by: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The second person, who agreed to the deletions of this plan.",
        ),
    ] = "",
    urgent: Annotated[
        str,
        typer.Option(
            metavar="REASON", help="Write in a blackout too; the reason is audited."
        ),
    ] = "",
    deep: Deep = False,
    show_all: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Make the changes of the plan and prove that they work.

    Without `--yes` or `--checksum` the plan is shown and you are asked. Exit code 0 when
    all is proven, 2 when something waits or was held back, 1 when something failed.

    Example: `provisioner apply --checksum 3f9a… --municipality rameh`
    """
    from provisioner.engine.scope import Order

    order = Order(
        "apply",
        tuple(municipality or ()),
        tuple(kind or ()),
        checksum=checksum,
        release=frozenset(release or ()),
        approved_by=approved_by,
        urgent=urgent,
        refresh=None if deep else 0,
    )
    if not (yes or checksum):
        order = ask(ctx.obj, order)
    report = walk(ctx.obj, order, as_json=as_json)
    tell(ctx.obj, report, as_json=as_json, show_all=show_all)
    end_with(report.exit_code)
