"""The stage of the demo: real commands in processes of their own, and looking at the result."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from provisioner.cli.demo_cast import Cast
from provisioner.sandbox.state import SandboxState, read_state
from provisioner.shipped import sample_inventory


class Stage:
    """Runs the program as a person would and remembers what did not go as it must."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._inventory = folder / "inventory"
        shutil.copytree(sample_inventory(), self._inventory)
        self._damage = folder / "reports-of-the-damage"
        self._console = Console(highlight=False)
        self._began = time.monotonic()
        self._number = 0
        self._done: list[tuple[str, float]] = []
        self._before: dict[str, str] = {}
        self.cast = Cast(self._inventory)
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

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "PROVISIONER_PROFILE": "sandbox",
            "PROVISIONER_INVENTORY": str(self._inventory),
            "PROVISIONER_VAR": str(self._folder),
            "PROVISIONER_MAILBOX_PATIENCE": "60",
        }

    @cached_property
    def _state(self) -> SandboxState:
        return read_state(self._folder / "sandbox")

    def _users(self) -> dict[str, dict[str, Any]]:
        """Users of all tenants by address, as the tenant itself holds them."""
        import httpx

        found = {}
        for tenant in self._state.tenants:
            answer = httpx.get(
                f"{self._state.admin_url}/users",
                params={"tenant": tenant.tenant_id},
                headers={"X-Sandbox-Key": self._state.admin_key},
            )
            for user in answer.raise_for_status().json():
                if not user.get("deletedDateTime"):
                    found[user["userPrincipalName"].lower()] = user
        return found

    def remember(self) -> None:
        """Who is there before anything is broken."""
        users = self._users()
        self._before = {name: user["id"] for name, user in users.items()}

    def check_drift(self) -> None:
        """Each fault must be on the report, in its own state."""
        # The drift runs that follow write files of the same names.
        shutil.copytree(self._folder / "reports", self._damage)
        path = self._damage / "drift.json"
        report = json.loads(path.read_text(encoding="utf-8"))
        states = {
            (item["name"], item["drift"])
            for one in report["municipalities"]
            for item in one["drift"]
        }
        cast = self.cast
        expected = {
            (cast.titled, "drifted"),
            (cast.disabled, "drifted"),
            (cast.unlicensed, "drifted"),
            (cast.deleted, "missing"),
            (cast.newcomer, "pending"),
            (cast.leaver, "pending"),
            (f"{cast.home}.example", "drifted"),
        }
        self.faults += [f"drift did not tell {one}" for one in expected - states]
        if not any(state == "unmanaged" for _, state in states):
            self.faults.append("drift did not tell the stranger")

    def check_repair(self) -> None:
        """What is ours is as the inventory says; nothing was made anew or deleted."""
        users = self._users()
        cast = self.cast
        if users.get(cast.deleted, {}).get("id") != self._before[cast.deleted]:
            self.faults.append(f"{cast.deleted} was not restored but made anew")
        for person in (cast.titled, cast.disabled, cast.unlicensed, cast.deleted):
            if not users.get(person, {}).get("accountEnabled"):
                self.faults.append(f"{person} was not repaired")
        if users.get(cast.leaver, {}).get("accountEnabled") is not False:
            self.faults.append(f"{cast.leaver} is not switched off")
        if cast.newcomer not in users:
            self.faults.append(f"{cast.newcomer} was not created")

    def check_end(self) -> None:
        """The stranger is still there."""
        strangers = [u for u in self._users().values() if not _marked(u)]
        if not any(u["userPrincipalName"].endswith(".example") for u in strangers):
            self.faults.append("the stranger is gone")

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


def _marked(user: dict[str, Any]) -> bool:
    attributes = user.get("onPremisesExtensionAttributes") or {}
    return any(
        (value or "").startswith("provisioner:") for value in attributes.values()
    )
