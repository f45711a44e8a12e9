"""`sandbox demo`: the main job shown from beginning to end on a sandbox of its own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.errors import ProvisionerError

if TYPE_CHECKING:
    from provisioner.cli.demo_stage import Stage

_MARK = ".provisioner-demo"


class DemoFailed(ProvisionerError):
    """The demo did not go as it must."""


def demo(
    ctx: typer.Context,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the sandbox running at the end.")
    ] = False,
) -> None:
    """Show the main job: check, plan, apply, break, drift, repair; ends by itself.

    Works on a sandbox and a copy of the sample cluster under `var/demo/`; nothing outside
    is touched. Exit code 0 when every step ended as it must.

    Example: `provisioner sandbox demo`
    """
    from provisioner.cli.demo_stage import Stage

    folder = _fresh(ctx.obj.settings.var / "demo")
    stage = Stage(folder)
    with _sandbox(stage, keep=keep):
        _provision(stage)
        _break(stage)
        _find(stage)
        _repair(stage)
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
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()
    return folder


@contextmanager
def _sandbox(stage: Stage, *, keep: bool) -> Iterator[None]:
    stage.title("A tenant and its DNS, on this machine")
    stage.run("sandbox", "down", "--purge", expect=(0, 1), quiet=True)
    stage.run("sandbox", "up", "--tenant-only", "--detach", "--replication-lag", "0.2")
    try:
        yield
    finally:
        if not keep:
            stage.run("sandbox", "down", quiet=True)


def _provision(stage: Stage) -> None:
    stage.title("Is the inventory valid?")
    stage.run("check")
    stage.title("What would happen?")
    stage.run("plan", expect=(2,))
    stage.title("Make it so, and prove it")
    stage.run("apply", "--yes")
    stage.title("Nothing is left to do")
    stage.run("plan")


def _break(stage: Stage) -> None:
    stage.title("A careless administrator, and a week at the HR office")
    cast = stage.cast
    stage.remember()
    for name, person in (
        ("edit-title", cast.titled),
        ("disable-account", cast.disabled),
        ("remove-licence", cast.unlicensed),
        ("delete-user", cast.deleted),
    ):
        stage.run("sandbox", "break", name, "--person", person)
    stage.run("sandbox", "break", "create-stranger", "--municipality", cast.home)
    stage.run("sandbox", "break", "change-mx", "--municipality", cast.home)
    stage.say(cast.join())
    stage.say(cast.leave())


def _find(stage: Stage) -> None:
    stage.title("What is not as it should be?")
    stage.run("drift", expect=(2,))
    stage.check_drift()


def _repair(stage: Stage) -> None:
    stage.title("Repair what is ours; DNS is left to a person")
    stage.run("apply", "--yes", expect=(2,))
    stage.check_repair()
    stage.title("The person at the DNS host puts the record right")
    stage.run("sandbox", "mend")
    stage.title("Only the stranger is left, reported and untouched")
    stage.run("drift", expect=(2,))
    stage.check_end()
    sys.stdout.flush()
