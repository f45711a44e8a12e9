"""A world of its own for a test: a small cluster, a sandbox process, the real program."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import warm
from msgspec import Struct

from provisioner import inventory
from provisioner.sandbox import process
from provisioner.sandbox.sample import write_large, write_sample
from provisioner.sandbox.tenant.seed import Conduct
from provisioner.store import Store, open_store

MARK = "provisioner:"
_HANG = 1.0


class Ended(Struct):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The report of a command run with `--json`."""
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed

    def outcomes(self, status: str | None = None) -> list[dict[str, Any]]:
        """Outcomes of the report, or those of one status."""
        every = [o for m in self.report["municipalities"] for o in m["outcomes"]]
        return [o for o in every if status in (None, o["status"])]

    def drift(self) -> dict[str, str]:
        """Drift states by resource name."""
        towns = self.report["municipalities"]
        return {item["name"]: item["drift"] for one in towns for item in one["drift"]}


class Rehearsal:
    """A folder with an inventory, its sandbox, and the program run in it."""

    def __init__(
        self, folder: Path, municipalities: int, people: int, *, even: bool = False
    ) -> None:
        self.folder = folder
        self.inventory = folder / "inventory"
        self.var = folder / "var"
        write = write_large if even else write_sample
        write(self.inventory, municipalities=municipalities, people=people)
        self.slugs = sorted(
            p.name for p in (self.inventory / "municipalities").iterdir()
        )
        self._client = httpx.Client(timeout=30)

    def up(self, conduct: Conduct, dns_mode: str = "auto") -> None:
        cluster = inventory.load(self.inventory)
        self.state = process.up(
            self.var / "sandbox",
            cluster,
            conduct=conduct,
            detach=True,
            dns_mode=dns_mode,  # type: ignore[arg-type]
        )

    def close(self) -> None:
        self._client.close()
        process.down(self.var / "sandbox", purge=True)

    def schedule(self, text: str) -> None:
        """Put this in the place of the sample's schedules, the last in `cluster.yml`."""
        path = self.inventory / "cluster.yml"
        kept, found, _ = path.read_text(encoding="utf-8").partition("\nschedules:\n")
        assert found, "the sample has schedules"
        path.write_text(kept + text, encoding="utf-8")

    # The program

    def run(self, *words: str, timeout: float = 100, **settings: str) -> Ended:
        """Run `provisioner WORDS` to its end."""
        environment = self.environment(**settings)
        return Ended(*warm.run(words, self.folder, environment, timeout))

    def start(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        """Start `provisioner WORDS` and go on."""
        return subprocess.Popen(
            [sys.executable, "-m", "provisioner.cli", *words],
            cwd=self.folder,
            env=self.environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def environment(self, **settings: str) -> dict[str, str]:
        """The settings of this world, and those given, as the program reads them."""
        base = {
            "profile": "sandbox",
            "inventory": str(self.inventory),
            "var": str(self.var),
            "mailbox_patience": "30",
            "actor": "the tests",
        }
        given = (base | settings).items()
        return os.environ | {f"PROVISIONER_{k.upper()}": v for k, v in given}

    def stop_at(self, call: int, *words: str, by: signal.Signals) -> Ended:
        """Start the program and signal it in the middle of its nth call to the tenant.

        Calls inside a batch count, too. The struck call hangs until the signal is sent,
        and is then served all the same: the tenant does not know that nobody waits.
        """
        self.fault("slow", seconds=_HANG, skip=call - 1, count=1)
        begun = self.start(*words)
        self.wait_until(
            lambda: self.struck() or begun.poll() is not None, "the call is made"
        )
        begun.send_signal(by)
        out, err = begun.communicate(timeout=30)
        self.mend()
        return Ended(begun.returncode, out, err)

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Look again and again; a minute is more than any machine needs."""
        ends = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < ends, f"waited in vain until {what}"
            time.sleep(0.005)

    # The tenant

    def admin(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Ask the sandbox's admin endpoint."""
        answer = self._client.request(
            method,
            f"{self.state.admin_url}/{path}",
            json=body,
            params=query,
            headers={"X-Sandbox-Key": self.state.admin_key},
        )
        return answer.raise_for_status().json()

    def fault(self, action: str, **rule: Any) -> None:
        """Put a fault in force."""
        self.admin("POST", "faults", {"action": action, **rule})

    def mend(self) -> None:
        """Lift all faults."""
        self.admin("DELETE", "faults")

    def struck(self) -> bool:
        """Whether a fault in force has struck by now."""
        return any(rule["hits"] for rule in self.admin("GET", "faults"))

    def violations(self) -> list[str]:
        """What the tenants answered against the vendor's schema."""
        try:
            told: list[str] = self.admin("GET", "violations")
        except httpx.TransportError:  # the test has stopped it
            return []
        return told

    def everyone(self, slug: str | None = None) -> list[dict[str, Any]]:
        """All users of all tenants, deleted ones too, or those of one municipality."""
        found = []
        for tenant in self.state.tenants:
            found += self.admin("GET", "users", tenant=tenant.tenant_id)
        home = f"@{slug}.example" if slug else ""
        return [u for u in found if u["userPrincipalName"].lower().endswith(home)]

    def users(self, slug: str | None = None) -> dict[str, dict[str, Any]]:
        """Living users by address; a second one of the same address is an error."""
        living = [u for u in self.everyone(slug) if not u.get("deletedDateTime")]
        addresses = Counter(u["userPrincipalName"].lower() for u in living)
        assert max(addresses.values(), default=0) <= 1, addresses.most_common(3)
        return {u["userPrincipalName"].lower(): u for u in living}

    # The inventory and the store

    def people(self, slug: str) -> list[dict[str, str]]:
        """The rows of a municipality."""
        with self._file(slug).open(encoding="utf-8-sig", newline="") as source:
            return list(csv.DictReader(source))

    def rewrite(self, slug: str, rows: list[dict[str, str]]) -> None:
        """Replace the rows of a municipality."""
        with self._file(slug).open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def _file(self, slug: str) -> Path:
        return self.inventory / "municipalities" / slug / "mailboxes.csv"

    def active(self, slug: str) -> list[str]:
        """Addresses that shall have a mailbox."""
        return [r["address"] for r in self.people(slug) if r["state"] != "leaver"]

    def store(self) -> Store:
        """The program's store."""
        return open_store(f"sqlite:///{self.var / 'provisioner.db'}")

    def assert_whole(self, slug: str) -> None:
        """Every active person has one user, our mark, one licence and a mailbox."""
        users = self.users(slug)
        assert sorted(users) == sorted(self.active(slug))
        for address, user in users.items():
            marks = (user["onPremisesExtensionAttributes"] or {}).values()
            assert any((m or "").startswith(f"{MARK}{slug}:") for m in marks), address
            assert len(user["licences"]) == 1, address
            assert user["mailboxReady"], address
            assert user["mailboxSettings"]["timeZone"] == "Israel Standard Time", (
                address
            )


Rehearse = Callable[..., Rehearsal]


@contextmanager
def rehearsing(folder: Path) -> Iterator[Rehearse]:
    """Make rehearsals: `rehearse(municipalities=2, people=24, mailbox_delay=0.2, …)`.

    Towns are of sizes as in life, or `even`; then all share a tenant. At the end the
    tenants must not have answered anything against the vendor's schema.
    """
    made: list[Rehearsal] = []

    def make(
        municipalities: int = 2,
        people: int = 24,
        dns_mode: str = "auto",
        even: bool = False,
        **conduct: Any,
    ) -> Rehearsal:
        home = folder / f"world-{len(made)}"
        one = Rehearsal(home, municipalities, people, even=even)
        made.append(one)
        given = {"mailbox_delay": 0.2, "validate": True} | conduct
        one.up(Conduct(**given), dns_mode)
        return one

    violations = []
    try:
        yield make
        violations = [some for one in made for some in one.violations()]
    finally:
        for one in made:
            one.close()
    assert not violations, violations


@pytest.fixture
def rehearse(tmp_path: Path) -> Iterator[Rehearse]:
    """Make rehearsals of the test's own."""
    with rehearsing(tmp_path) as make:
        yield make


@pytest.fixture
def rehearsal(rehearse: Rehearse) -> Rehearsal:
    """A rehearsal of two small municipalities."""
    return rehearse()
