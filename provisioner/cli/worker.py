"""`worker`: take runs from the queue."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.engine.run import Collaborators
    from provisioner.service.queue.port import Queue
    from provisioner.service.request_progress import Progress
    from provisioner.service.worker import Worker
    from provisioner.settings import Settings
    from provisioner.store import Store


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
    import dataclasses
    import sys

    from provisioner.bootstrap import collaborators
    from provisioner.cli.signals import stopped_by_sigterm
    from provisioner.engine.listener import Silence
    from provisioner.inventory.watched import Watched
    from provisioner.service.logs import log_to_stderr

    if not drain:
        log_to_stderr(as_json=not sys.stderr.isatty())
    settings = ctx.obj.settings
    with collaborators(settings, Silence()) as given:
        given = dataclasses.replace(given, load=Watched(settings.inventory))
        one = make_worker(settings, given, tuple(zone or ("",)), slots)
        with stopped_by_sigterm(lambda _: one.stop()):
            if drain:
                progress_of(settings, given, one.nudge).tick()
                sys.stdout.write(f"{one.drain()} run(s) made.\n")
            else:
                one.serve()


def make_worker(
    settings: "Settings", given: "Collaborators", zones: tuple[str, ...], slots: int
) -> "Worker":
    """A worker that keeps its reports where the commands keep theirs."""
    from provisioner.model.report import Report
    from provisioner.renderers import FORMATS, saved, write
    from provisioner.service.worker import Worker

    folder = settings.var / "reports"

    def keep(report: Report) -> None:
        saved.save(report, folder)
        if report.mode == "drift":
            write(report, folder, FORMATS, ("he", "ar", "en"))

    queue = _queue(settings, store_of(given), zones, slots)
    after = progress_of(settings, given, queue.nudge).after_run
    return Worker(store_of(given), given, queue, keep=keep, zones=zones, after=after)


def progress_of(
    settings: "Settings", given: "Collaborators", nudge: "Callable[[], None]"
) -> "Progress":
    """What moves requests on, over the same store, inventory and clock as the runs."""
    from provisioner.service.request_progress import Progress

    return Progress(store_of(given), given.load, settings.inventory, given.now, nudge)


def store_of(given: "Collaborators") -> "Store":
    """The whole store, of which the engine sees a part."""
    from provisioner.store import Store

    store = given.store
    assert isinstance(store, Store)  # noqa: S101 - bootstrap made it
    return store


def _queue(
    settings: "Settings", store: "Store", zones: tuple[str, ...], slots: int
) -> "Queue":
    if settings.queue == "procrastinate":
        from provisioner.service.queue.procrastinate import Procrastinate

        return Procrastinate(store, settings.database, zones=zones, slots=slots)
    from provisioner.service.queue.in_process import InProcess

    return InProcess(store, zones=zones, slots=slots)
