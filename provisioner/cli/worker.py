"""`worker`: take runs from the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from provisioner.engine.run import Collaborators
    from provisioner.service.worker import Worker
    from provisioner.settings import Settings


def worker(
    ctx: typer.Context,
    zone: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Take only the work of this zone; may be given more than once. Without "
            "it: the work that belongs to no zone.",
        ),
    ] = None,
    slots: Annotated[
        int, typer.Option(min=1, max=64, help="Runs worked on at once.")
    ] = 2,
    drain: Annotated[
        bool, typer.Option("--drain", help="Do what is due now, then end.")
    ] = False,
) -> None:
    """Take runs from the queue and make them, until SIGTERM; see also `serve`.

    At SIGTERM the runs in hand finish the change they are at, and wait again.

    Example: `provisioner worker --drain`
    """
    import sys

    from provisioner.bootstrap import collaborators
    from provisioner.cli.signals import stopped_by_sigterm
    from provisioner.engine.listener import Silence

    settings = ctx.obj.settings
    with collaborators(settings, Silence()) as given:
        one = make_worker(settings, given, tuple(zone or ("",)), slots)
        with stopped_by_sigterm(lambda _: one.stop()):
            if drain:
                sys.stdout.write(f"{one.drain()} run(s) made.\n")
            else:
                one.serve()


def make_worker(
    settings: Settings, given: Collaborators, zones: tuple[str, ...], slots: int
) -> Worker:
    """A worker that keeps its reports where the commands keep theirs."""
    from provisioner.model.report import Report
    from provisioner.renderers import FORMATS, saved, write
    from provisioner.service.worker import Worker
    from provisioner.store import Store

    folder = settings.var / "reports"

    def keep(report: Report) -> None:
        saved.save(report, folder)
        if report.mode == "drift":
            write(report, folder, FORMATS, ("he", "ar", "en"))

    store = given.store
    assert isinstance(store, Store)  # noqa: S101 - bootstrap made it
    return Worker(store, given, keep=keep, zones=zones, slots=slots)
