"""Running the engine for a command: progress on the way, the report at the end."""

from __future__ import annotations

import dataclasses
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from provisioner.cli.ending import end_with
from provisioner.errors import ProvisionerError, StoreError

if TYPE_CHECKING:
    from provisioner.cli.context import Context
    from provisioner.engine.scope import Order
    from provisioner.model.report import Report


class NotApproved(ProvisionerError):
    """Nothing was applied: nobody approved the plan."""


def walk(context: Context, order: Order, *, as_json: bool) -> Report:
    """One run of the engine, shown on stderr while it goes; its report is kept."""
    import gc

    from provisioner.bootstrap import actor, collaborators
    from provisioner.cli.progress import Told
    from provisioner.cli.signals import stopped_by_sigterm
    from provisioner.cli.worker import progress_of
    from provisioner.engine.reconcile import reconcile
    from provisioner.renderers import saved

    # A large cluster is millions of values that live until the process ends: collecting
    # finds nothing among them and costs a tenth of the run.
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    settings = context.settings
    order = dataclasses.replace(order, actor=actor(settings))
    with (
        Told(quiet=as_json) as listener,
        collaborators(settings, listener) as given,
        stopped_by_sigterm(given.stop.request),
    ):
        report = reconcile(order, given)
        if order.mode == "apply":
            # What was applied stays so; the next run moves the requests on as well.
            with suppress(ProvisionerError):
                progress_of(settings, given, lambda: None).after_run(report.run_id)
    try:
        saved.save(report, settings.var / "reports")
    except StoreError as error:
        # What was found and done is told all the same: an apply cannot be looked at twice.
        tell(context, report, as_json=as_json)
        _end_unkept(error)
    return report


def _end_unkept(error: StoreError) -> NoReturn:
    """End after a report that is printed and not kept; stdout holds it and no more."""
    sys.stdout.flush()
    sys.stderr.write(f"Error: {error.message}\n{error.remedy}\n")
    end_with(1)


def tell(
    context: Context, report: Report, *, as_json: bool, show_all: bool = False
) -> None:
    """The report on stdout, as JSON or for a person."""
    if as_json:
        from provisioner.renderers import render

        sys.stdout.write(render(report, "json", "en"))
        return
    from rich.console import Console

    from provisioner.renderers.terminal import show

    show(report, Console(), verbose=show_all)


def ask(context: Context, order: Order) -> Order:
    """Show the plan and ask; the answer binds the apply to the checksum shown.

    Raises `NotApproved` for a no, and where there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise NotApproved(
            "Nobody can be asked here.", remedy="Give --yes or --checksum SUM."
        )
    import typer

    planned = walk(context, dataclasses.replace(order, mode="plan"), as_json=False)
    tell(context, planned, as_json=False)
    if not any(one.plan.applicable for one in planned.municipalities):
        return dataclasses.replace(order, checksum=planned.checksum)
    if not typer.confirm("Apply this plan?", default=False):
        raise NotApproved
    return dataclasses.replace(order, checksum=planned.checksum)


def write_files(context: Context, report: Report) -> list[Path]:
    """The report in every format and language, under `var/reports/`."""
    from provisioner.renderers import FORMATS, write

    folder = context.settings.var / "reports"
    try:
        return write(report, folder, FORMATS, ("he", "ar", "en"))
    except StoreError as error:
        _end_unkept(error)
