"""Apply makes what is in tenants and what is on hosts at once, each in its own order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from provisioner.engine.apply import apply
from provisioner.engine.listener import Silence
from provisioner.engine.observe import Opened
from provisioner.engine.record import Recorder
from provisioner.engine.scope import Order
from provisioner.errors import RunInProgress
from provisioner.kind import HostProviders, Kind, KindOf, Providers, Scope
from provisioner.kinds import KINDS
from provisioner.model.change import Action, Change, Drift
from provisioner.model.outcome import Outcome, Status
from provisioner.model.plan import Plan
from provisioner.model.run import Run
from provisioner.store import Store, open_store

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SLUG = "rameh"
Steps = Callable[[str], Any]
IN_TENANT = Providers(*[None] * 6)  # type: ignore[arg-type]
ON_HOSTS = HostProviders(*[None] * 5)  # type: ignore[arg-type]


class Made(KindOf[Any, Any]):
    """A kind of which one thing is made by `steps`, and then is there."""

    spec = Struct

    def __init__(self, name: str, realm: str, steps: Steps) -> None:
        self.name = name  # type: ignore[misc]
        self.realm = realm  # type: ignore[misc,assignment]
        self._steps = steps

    def owned_by(self, owner: object) -> bool:
        return True

    def desired(self, *_: object) -> list[Any]:
        return []

    async def observe(self, *_: object) -> Any:
        raise NotImplementedError

    def changes(self, *_: object) -> Any:
        raise NotImplementedError

    async def verify(self, *_: object) -> Any:
        raise NotImplementedError

    async def apply(
        self, scope: Scope, tenant: Any, changes: Sequence[Change], providers: Any
    ) -> AsyncIterator[Outcome]:
        for one in changes:
            await self._steps(self.name)
            yield Outcome(one.municipality, one.kind, one.name, one.action, Status.DONE)


class LostLater:
    """A lease of a run that somebody else takes over when `lost` is set."""

    fence, lost = 1, False

    @property
    def holds(self) -> bool:
        return not self.lost

    def require(self) -> None:
        if self.lost:
            raise RunInProgress("Another run goes on.")

    @contextmanager
    def kept(self, glance: object = None) -> Iterator[None]:
        yield


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        opened.runs.start(Run("run-1", "apply", "dana", NOW))
        yield opened


def applied(
    store: Store, make_view: Any, town: Any, kinds: Sequence[Kind], lease: Any = None
) -> Recorder:
    """Apply one change of each kind in one town."""
    changes = tuple(
        Change(SLUG, one.name, "x", Action.CREATE, Drift.PENDING, (), None, writes=1)
        for one in kinds
    )
    scope = make_view(town(SLUG)).scope
    opened: Opened = {"galil": IN_TENANT, "": ON_HOSTS}
    recorder = Recorder(
        store, "run-1", Order("apply"), {}, Silence(), lambda: NOW, lease
    )

    async def walk() -> None:
        work = apply(scope, kinds, {SLUG: Plan(SLUG, changes)}, opened, recorder)
        await asyncio.wait_for(work, 20)

    with recorder:
        asyncio.run(walk())
    return recorder


def test_a_host_is_made_while_a_tenant_is_and_kinds_of_each_in_their_order(
    store: Store, make_view: Any, town: Any
) -> None:
    met, seen = asyncio.Barrier(2), []

    async def together(name: str) -> None:
        seen.append(name)
        await met.wait()

    kinds = [
        Made("unit", "tenant", together),
        Made("club", "tenant", together),
        Made("machine", "hosts", together),
        Made("page", "hosts", together),
    ]
    recorder = applied(store, make_view, town, kinds)
    assert set(seen[:2]) == {"unit", "machine"}
    assert set(seen[2:]) == {"club", "page"}
    assert [one.status for one in recorder.outcomes] == [Status.DONE] * 4
    assert len(store.outcomes.of_run("run-1")) == 4


def test_where_one_side_breaks_off_the_other_ends_what_it_has_in_hand_and_no_more(
    store: Store, make_view: Any, town: Any
) -> None:
    lease, begun, lost, seen = LostLater(), asyncio.Event(), asyncio.Event(), []

    async def taken_over(name: str) -> None:
        await begun.wait()
        lease.lost = True
        lost.set()
        lease.require()

    async def in_hand(name: str) -> None:
        begun.set()
        await lost.wait()
        await asyncio.sleep(0.05)
        seen.append(name)

    kinds = [
        Made("unit", "tenant", taken_over),
        Made("machine", "hosts", in_hand),
        Made("page", "hosts", in_hand),
    ]
    with pytest.raises(RunInProgress):
        applied(store, make_view, town, kinds, lease)
    assert seen == ["machine"]
    (kept,) = store.outcomes.of_run("run-1")
    assert (kept.kind, kept.status) == ("machine", Status.DONE)


def test_a_kind_needs_none_of_the_other_side() -> None:
    realm_of = {kind.name: kind.realm for kind in KINDS}
    for kind in KINDS:
        assert {realm_of[need] for need in kind.needs} <= {kind.realm}, kind.name


def test_one_host_that_fails_holds_up_nothing_on_another() -> None:
    """A `need` is of a municipality, whose things stand on several hosts."""
    assert not [kind.name for kind in KINDS if kind.realm == "hosts" and kind.needs]
