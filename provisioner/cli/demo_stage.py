"""The stage of the demo: real commands in processes of their own, and looking at the result."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from rich.console import Console

from provisioner.cli.signals import stopped_by_sigterm
from provisioner.shipped import sample_inventory

_INTERRUPTED = 130  # by Ctrl-C, as shells say


class Chapter(Protocol):
    """One part of the world in the demo's acts: what befalls it, and how it ends.

    Each `…_faults` tells in words what did not go as it must, nothing where all did.
    """

    def damage(self) -> None:
        """Break things, as people and bad days do."""

    def drift_faults(self, told: set[tuple[str, str]]) -> Iterable[str]:
        """After the drift run that must have told the damage."""

    def repair_faults(self) -> Iterable[str]:
        """After the apply that must have repaired it."""

    def end_faults(self, told: set[tuple[str, str]]) -> Iterable[str]:
        """After the last drift run, which must tell what nobody may touch."""

    def restore(self) -> None:
        """At the end: bring back what was saved, and compare."""


class Stage:
    """Runs the program as a person would and remembers what did not go as it must."""

    def __init__(self, folder: Path, images: Path) -> None:
        self.sandbox = folder / "sandbox"
        self.inventory = folder / "inventory"
        self._folder = folder
        self._images = images
        shutil.copytree(sample_inventory(), self.inventory)
        self._damage = folder / "reports-of-the-damage"
        self._console = Console(highlight=False)
        self._began = time.monotonic()
        self._number = 0
        self._done: list[tuple[str, float]] = []
        self.faults: list[str] = []

    def title(self, text: str) -> None:
        self._number += 1
        self._console.rule(f"[bold]{self._number}. {text}", align="left")

    def say(self, text: str) -> None:
        self._console.print(f"  {text}", soft_wrap=True)

    def run(
        self, *words: str, expect: tuple[int, ...] = (0,), quiet: bool = False
    ) -> None:
        """Run one command; an exit code that is not expected is a fault of the demo."""
        if not quiet:
            line = f"[bold cyan]$ provisioner {' '.join(words)}"
            self._console.print(line, soft_wrap=True)
        began = time.monotonic()
        ended = subprocess.run(  # noqa: S603 - our own program, our own words
            [sys.executable, "-m", "provisioner.cli", *words],
            env=self._environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else None,
            stderr=subprocess.DEVNULL if quiet else None,
        )
        self._done.append((" ".join(words), time.monotonic() - began))
        if ended.returncode not in expect:
            self.faults.append(
                f"`provisioner {' '.join(words)}` ended with {ended.returncode}, "
                f"expected {' or '.join(map(str, expect))}"
            )
        if not quiet:
            self._console.print(f"[dim]exit code {ended.returncode}\n")

    def commit_inventory(self) -> None:
        """Make the copy a repository of its own: approved requests are commits."""
        who = ("-c", "user.name=demo", "-c", "user.email=demo@eshkol.example")
        for words in (
            ("init", "--quiet"),
            ("add", "."),
            (*who, "commit", "--quiet", "--message", "The sample cluster"),
        ):
            subprocess.run(  # noqa: S603 - our own words
                ["git", *words],  # noqa: S607 - wherever git is
                cwd=self.inventory,
                check=True,
                stdin=subprocess.DEVNULL,
            )

    def serve(self, port: int) -> None:
        """Run the service until somebody ends it; Ctrl-C reaches it as well."""
        words = ("serve", "--port", str(port))
        command = [sys.executable, "-m", "provisioner.cli", *words]
        with (
            subprocess.Popen(command, env=self._environment) as served,  # noqa: S603
            stopped_by_sigterm(lambda _: served.terminate()),
        ):
            code = _ended(served)
        if code not in (0, _INTERRUPTED):
            self.faults.append(f"`provisioner serve` ended with {code}")

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "PROVISIONER_PROFILE": "sandbox",
            "PROVISIONER_INVENTORY": str(self.inventory),
            "PROVISIONER_VAR": str(self._folder),
            "PROVISIONER_LAB_IMAGES": str(self._images),
            "PROVISIONER_MAILBOX_PATIENCE": "60",
        }

    def told(self) -> set[tuple[str, str]]:
        """What the last `drift` told: name and state of each item.

        The reports of the first one are kept: those of later ones have the same names.
        """
        reports = self._folder / "reports"
        if not self._damage.exists():
            shutil.copytree(reports, self._damage)
        report = json.loads((reports / "drift.json").read_text(encoding="utf-8"))
        return {
            (item["name"], item["drift"])
            for one in report["municipalities"]
            for item in one["drift"]
        }

    def summary(self, *, keep: bool) -> None:
        """What was done, how long it took, and where the reports lie."""
        self.title("Summary")
        took = time.monotonic() - self._began
        for words, seconds in self._done:
            line = f"  {seconds:5.1f} s  provisioner {words}"
            self._console.print(line, soft_wrap=True)
        self._console.print(f"  {took:5.1f} s  in all")
        for path in sorted(self._damage.glob("drift.*")):
            self._console.print(f"  {path}", soft_wrap=True)
        self.say(
            "First passwords are in the demo's store, encrypted, each readable once: "
            f"PROVISIONER_VAR={self._folder} provisioner secrets list"
        )
        if keep:
            self.say(
                f"The sandbox still runs; stop it: PROVISIONER_VAR={self._folder} "
                "provisioner sandbox down"
            )


def _ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process that takes its time after Ctrl-C."""
    while True:
        with suppress(KeyboardInterrupt):
            return process.wait()
