"""`serve`: the service on one machine, scheduler and worker in one process."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.engine.run import Collaborators
    from provisioner.service.endpoints import App
    from provisioner.service.house import House
    from provisioner.service.leader import Leader
    from provisioner.settings import Settings
    from provisioner.store import Store

_OFFICE = 15.0  # seconds after which a silent leader is replaced, at most


def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port.")] = 8460,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    slots: Annotated[
        int, typer.Option(min=1, max=64, help="Runs worked on at once.")
    ] = 2,
    zone: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Take the work of this zone's hosts too; may be given more than once. "
            "Left out: of the zones whose key is here.",
        ),
    ] = None,
    portal: Annotated[
        bool, typer.Option(help="Serve the portal's pages, where it is set up.")
    ] = True,
    json_logs: Annotated[
        bool | None,
        typer.Option(help="Logs as JSON lines; left out, where nobody looks on."),
    ] = None,
) -> None:
    """Run unattended: let schedules fall due, make the runs that wait, until SIGTERM.

    `/healthz`, `/readyz` and `/metrics` answer on the port, and the portal's pages where
    `portal_url` is set, or the sandbox runs. Several of them on one PostgreSQL share the
    work: one leads, all take runs.

    Example: `provisioner serve --port 8460`
    """
    import dataclasses
    import sys

    from provisioner.bootstrap import collaborators
    from provisioner.cli.signals import stopped_by_sigterm
    from provisioner.engine.listener import Silence
    from provisioner.inventory.watched import Watched
    from provisioner.service.logs import log_to_stderr

    as_json = not sys.stderr.isatty() if json_logs is None else json_logs
    log_to_stderr(as_json=as_json)
    settings = ctx.obj.settings
    with collaborators(settings, Silence()) as given:
        given = dataclasses.replace(given, load=Watched(settings.inventory))
        zones = ("", *(zone or _zones(settings, given)))
        house = _house(settings, given, host, port, slots, zones, portal=portal)
        with stopped_by_sigterm(lambda _: house.stop()):
            house.serve()


def _zones(settings: "Settings", given: "Collaborators") -> tuple[str, ...]:
    """The zones whose key is here; none while the inventory cannot be read."""
    from provisioner.bootstrap import zones_here
    from provisioner.errors import InventoryInvalid

    try:
        return zones_here(settings, given.load())
    except InventoryInvalid:
        return ()  # the leader says what is wrong with it


def _house(
    settings: "Settings",
    given: "Collaborators",
    host: str,
    port: int,
    slots: int,
    zones: tuple[str, ...],
    *,
    portal: bool,
) -> "House":
    from functools import partial

    from provisioner.bootstrap import mailer
    from provisioner.cli.worker import make_worker, progress_of, store_of
    from provisioner.service.heartbeat import Heartbeat
    from provisioner.service.house import House
    from provisioner.service.leader import Leader
    from provisioner.service.metrics import exposition
    from provisioner.service.notices.channels import Channels
    from provisioner.service.notices.notifier import Notifier
    from provisioner.service.request_progress import Steward
    from provisioner.service.stream import run_events
    from provisioner.service.tidying import tidy

    store = store_of(given)
    worker = make_worker(settings, given, zones, slots)
    leader = Leader(
        store,
        given.load,
        given.now,
        owner=worker.name,
        lease_seconds=min(_OFFICE, settings.lease_seconds),
        nudge=worker.nudge,
        hosts=given.open_hosts is not None,
        tidy=lambda: tidy(store, settings),
    )

    return House(
        leader,
        worker,
        Notifier(
            store,
            given.load,
            lambda: leader.epoch > 0,
            channels=Channels(mailer(settings, store)),
            heartbeat=Heartbeat(settings.heartbeat).beat,
        ),
        Steward(progress_of(settings, given, worker.nudge), lambda: leader.epoch > 0),
        ready=partial(_ready, store, leader),
        metrics=exposition(store, lambda: leader.epoch),
        events=partial(run_events, store),
        host=host,
        port=port,
        pages=_pages(settings, given, worker.nudge) if portal else None,
    )


def _ready(store: "Store", leader: "Leader") -> None:
    """Raises `ProvisionerError` where the store or the inventory is not as it should be."""
    from provisioner.errors import ProvisionerError

    store.schedules.last_fired("")
    if leader.fault:
        raise ProvisionerError(leader.fault)


def _pages(
    settings: "Settings", given: "Collaborators", nudge: "Callable[[], None]"
) -> "App | None":
    """The portal, where somebody is set to sign people in to it; None elsewhere."""
    import logging
    from datetime import timedelta

    from provisioner.bootstrap import portal_identity
    from provisioner.cli.worker import store_of

    identity = portal_identity(settings)
    if identity is None:
        logging.getLogger(__name__).info("no portal: portal_url is not set")
        return None
    from provisioner.portal.on_demand import OnDemand
    from provisioner.store.secret_key import load_key

    key = load_key(settings)

    def make() -> "App":
        from provisioner.portal.app import build_app
        from provisioner.portal.surroundings import Portal

        return build_app(
            Portal(
                store_of(given),
                store_of(given).secrets(key),
                given.load,
                given.now,
                identity,
                settings.inventory,
                settings.portal_url.rstrip("/"),
                nudge,
                timedelta(minutes=settings.portal_idle_minutes),
                timedelta(hours=settings.portal_session_hours),
            )
        )

    return OnDemand(make)
