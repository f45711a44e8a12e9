"""The demo's chapter on the tenant: a careless administrator, and a week at the HR office."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from provisioner.cli.demo_cast import Cast
from provisioner.cli.demo_stage import Stage
from provisioner.sandbox.state import SandboxState, read_state


class TenantChapter:
    """People whose accounts are tampered with, who join and who leave."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._cast = Cast(stage.inventory)
        self._before: dict[str, str] = {}

    @cached_property
    def _state(self) -> SandboxState:
        return read_state(self._stage.sandbox)

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

    def damage(self) -> None:
        run, cast = self._stage.run, self._cast
        self._before = {name: user["id"] for name, user in self._users().items()}
        for name, person in (
            ("edit-title", cast.titled),
            ("disable-account", cast.disabled),
            ("remove-licence", cast.unlicensed),
            ("delete-user", cast.deleted),
        ):
            run("sandbox", "break", name, "--person", person)
        run("sandbox", "break", "create-stranger", "--municipality", cast.home)
        run("sandbox", "break", "change-mx", "--municipality", cast.home)
        self._stage.say(cast.join())
        self._stage.say(cast.leave())

    def drift_faults(self, told: set[tuple[str, str]]) -> Iterable[str]:
        """Each fault must be on the report, in its own state."""
        cast = self._cast
        expected = {
            (cast.titled, "drifted"),
            (cast.disabled, "drifted"),
            (cast.unlicensed, "drifted"),
            (cast.deleted, "missing"),
            (cast.newcomer, "pending"),
            (cast.leaver, "pending"),
            (f"{cast.home}.example", "drifted"),
        }
        for one in sorted(expected - told):
            yield f"drift did not tell {one}"
        if not any(_is_stranger(*one) for one in told):
            yield "drift did not tell the stranger"

    def repair_faults(self) -> Iterable[str]:
        """What is ours is as the inventory says; nothing was made anew or deleted."""
        users, cast = self._users(), self._cast
        if users.get(cast.deleted, {}).get("id") != self._before[cast.deleted]:
            yield f"{cast.deleted} was not restored but made anew"
        for person in (cast.titled, cast.disabled, cast.unlicensed, cast.deleted):
            if not users.get(person, {}).get("accountEnabled"):
                yield f"{person} was not repaired"
        if users.get(cast.leaver, {}).get("accountEnabled") is not False:
            yield f"{cast.leaver} is not switched off"
        if cast.newcomer not in users:
            yield f"{cast.newcomer} was not created"

    def end_faults(self, told: set[tuple[str, str]]) -> Iterable[str]:
        """The stranger is still there."""
        strangers = [u for u in self._users().values() if not _marked(u)]
        if not any(u["userPrincipalName"].endswith(".example") for u in strangers):
            yield "the stranger is gone"

    def restore(self) -> None:
        """Nothing: Microsoft keeps what is in the tenant."""


def _is_stranger(name: str, state: str) -> bool:
    return state == "unmanaged" and "@" in name


def _marked(user: dict[str, Any]) -> bool:
    attributes = user.get("onPremisesExtensionAttributes") or {}
    return any(
        (value or "").startswith("provisioner:") for value in attributes.values()
    )
