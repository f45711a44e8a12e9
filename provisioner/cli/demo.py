"""`sandbox demo`: the main job shown from beginning to end on a sandbox of its own."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.errors import ProvisionerError

if TYPE_CHECKING:
    from provisioner.cli.demo_stage import Chapter, Stage

_MARK = ".provisioner-demo"


class DemoFailed(ProvisionerError):
    """The demo did not go as it must."""


def demo(
    ctx: typer.Context,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the sandbox running at the end.")
    ] = False,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve", help="Open the portal on what was provisioned, until Ctrl-C."
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the portal.")
    ] = 8460,
    tenant_only: Annotated[
        bool, typer.Option("--tenant-only", help="Without hosts: quicker.")
    ] = False,
) -> None:
    """Show the main job: check, plan, apply, break, drift, repair; ends by itself.

    Works on a sandbox and a copy of the sample cluster under `var/demo/`; nothing outside
    is touched. Hosts take part where this machine can have a lab. Exit code 0 when every
    step ended as it must.

    Example: `provisioner sandbox demo`
    """
    from provisioner.cli.demo_stage import Stage

    settings = ctx.obj.settings
    folder = _fresh(settings.var / "demo")
    stage = Stage(folder, settings.lab_images_dir.absolute())
    with _sandbox(stage, keep=keep, tenant_only=tenant_only) as chapters:
        _provision(stage)
        if serve:
            _open_portal(stage, port)
        else:
            _break(stage, chapters)
            _find(stage, chapters)
            _repair(stage, chapters)
            for one in chapters:
                one.restore()
    stage.summary(keep=keep)
    if stage.faults:
        raise DemoFailed(f"The demo went wrong: {'; '.join(stage.faults)}.")


def _fresh(folder: Path) -> Path:
    """An empty folder of our own; one that is not ours is never emptied."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / _MARK).exists():
            raise DemoFailed(
                f"{folder} holds something that is not the demo's.",
                remedy="Move it away, or set PROVISIONER_VAR.",
            )
        _end_former(folder / "sandbox")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()
    return folder


def _end_former(sandbox: Path) -> None:
    """A demo that was kept or killed may have left its sandbox running there."""
    from provisioner.sandbox import hosts, process

    hosts.down(sandbox, purge=True)
    process.down(sandbox, purge=True)


@contextmanager
def _sandbox(
    stage: "Stage", *, keep: bool, tenant_only: bool
) -> "Iterator[list[Chapter]]":
    """The sandbox runs; gives the chapters that are possible in it."""
    from provisioner.cli.demo_hosts import HostsChapter
    from provisioner.cli.demo_tenant import TenantChapter
    from provisioner.sandbox.hosts import hosts_of, no_servers

    stage.title("A tenant, its DNS and three hosts, on this machine")
    why = "None were wanted." if tenant_only else no_servers(stage.sandbox)
    if why:
        stage.say(f"It goes on without hosts. {why}")
    wanted = ("--tenant-only",) if why else ("--hosts", "3")
    stage.run("sandbox", "up", *wanted, "--detach", "--replication-lag", "0.2")
    try:
        chapters: list[Chapter] = [TenantChapter(stage)]
        if hosts_of(stage.sandbox):
            chapters.append(HostsChapter(stage))
        yield chapters
    finally:
        if not keep:
            stage.run("sandbox", "down", quiet=True)


def _provision(stage: "Stage") -> None:
    stage.title("Is the inventory valid?")
    stage.run("check")
    stage.title("What would happen?")
    stage.run("plan", expect=(2,))
    stage.title("Make it so, and prove it")
    stage.run("apply", "--yes")
    stage.title("Nothing is left to do")
    stage.run("plan")


def _open_portal(stage: "Stage", port: int) -> None:
    from provisioner.cli.demo_cast import Cast

    cast = Cast(stage.inventory)
    stage.title("Something to look at")
    stage.commit_inventory()
    stage.run("sandbox", "break", "edit-title", "--person", cast.titled)
    stage.run("sandbox", "break", "create-stranger", "--municipality", cast.home)
    stage.run("drift", expect=(2,))
    stage.title("The portal, until Ctrl-C")
    stage.say(f"http://127.0.0.1:{port}: its sign-in page has people to be.")
    stage.serve(port)


def _break(stage: "Stage", chapters: "Sequence[Chapter]") -> None:
    stage.title("A careless administrator, and a week at the HR office")
    for one in chapters:
        one.damage()


def _find(stage: "Stage", chapters: "Sequence[Chapter]") -> None:
    stage.title("What is not as it should be?")
    stage.run("drift", expect=(2,))
    told = stage.told()
    stage.faults += [fault for one in chapters for fault in one.drift_faults(told)]


def _repair(stage: "Stage", chapters: "Sequence[Chapter]") -> None:
    stage.title("Repair what is ours; DNS is left to a person")
    stage.run("apply", "--yes", expect=(2,))
    stage.faults += [fault for one in chapters for fault in one.repair_faults()]
    stage.title("The person at the DNS host puts the record right")
    stage.run("sandbox", "mend")
    stage.title("Only strangers are left, reported and untouched")
    stage.run("drift", expect=(2,))
    told = stage.told()
    stage.faults += [fault for one in chapters for fault in one.end_faults(told)]
    sys.stdout.flush()
