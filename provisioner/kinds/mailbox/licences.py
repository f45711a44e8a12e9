"""Licences of an apply: seats counted once more, then given and taken in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from provisioner.kind import Providers
from provisioner.kinds.mailbox.accounts import retried
from provisioner.kinds.mailbox.job import Job, later
from provisioner.kinds.mailbox.spec import MailboxSpec
from provisioner.model.change import FieldChange
from provisioner.providers.graph.batch import Call
from provisioner.providers.graph.calls import assign_license
from provisioner.providers.graph.directory import Sku

# How soon it is worth looking for a seat that somebody has to buy or free.
_SEAT_MINUTES = 60.0


class Licences:
    """Gives each job the licences of its spec, never more than there are seats."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers
        self._skus: dict[str, Sku] = {}

    async def bring_about(self, jobs: Sequence[Job]) -> None:
        """Assign; who gets no seat is *waiting for a seat*, and the others go on."""
        wanting = [job for job in jobs if job.needs_licenses and job.open]
        if not wanting:
            return
        await self._count()
        seated = self._seat(wanting)
        by_key = {job.key: job for job in seated}
        refused = []
        calls = [call for job in seated if (call := self._call(job)) is not None]
        async for job, error in retried(by_key, calls, self._providers):
            if error.status == 400:
                refused.append((job, error))
            else:
                job.fail(error, "assigning the licence")
        if refused:
            await self._count()
        for job, error in refused:
            if short := self._short(job):
                self._wait_for_seat(job, short)
            else:
                job.fail(error, "assigning the licence")

    async def _count(self) -> None:
        skus = await self._providers.directory.skus()
        self._skus = {sku.part_number: sku for sku in skus}

    def _seat(self, jobs: Sequence[Job]) -> list[Job]:
        """The jobs there are seats for, first come first served in the plan's order."""
        free = {name: sku.enabled - sku.consumed for name, sku in self._skus.items()}
        seated = []
        for job in jobs:
            add, _ = self._moves(job)
            short = [name for name in add if free.get(name, 0) <= 0]
            if short:
                self._wait_for_seat(job, short)
                continue
            for name in add:
                free[name] -= 1
            seated.append(job)
        return seated

    def _short(self, job: Job) -> list[str]:
        add, _ = self._moves(job)
        return [
            name
            for name in add
            if name not in self._skus
            or self._skus[name].enabled <= self._skus[name].consumed
        ]

    def _wait_for_seat(self, job: Job, short: Sequence[str]) -> None:
        figures = ", ".join(self._figures(name) for name in short)
        job.wait(
            f"waiting for a seat: {figures}",
            later(self._providers.now(), _SEAT_MINUTES),
        )

    def _figures(self, name: str) -> str:
        sku = self._skus.get(name)
        if sku is None:
            return f"{name} is not subscribed in this tenant"
        return f"{name} has {sku.enabled} seats and {sku.consumed} are taken"

    def _call(self, job: Job) -> Call | None:
        add, remove = self._moves(job)
        if not add and not remove:
            return None
        ids = {name: sku.sku_id for name, sku in self._skus.items()}
        return assign_license(
            job.key, job.user_id, [ids[n] for n in add], [ids[n] for n in remove]
        )

    def _moves(self, job: Job) -> tuple[list[str], list[str]]:
        """Part numbers to give and to take away; a user just made has none yet."""
        want = cast("MailboxSpec", job.change.spec).licenses
        have: Sequence[str] = ()
        if job.restores:
            skus = self._skus.values()
            have = [sku.part_number for sku in skus if sku.sku_id in job.held]
        elif job.change.object_id:
            have = _before(job.change.fields)
        return (
            [name for name in want if name not in have],
            [name for name in have if name not in want] if not job.restores else [],
        )


def _before(fields: Sequence[FieldChange]) -> Sequence[str]:
    return next((one.before or () for one in fields if one.field == "licenses"), ())
