"""A small cluster and its world, made of values: what guards and plans are tried on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Struct

from provisioner.engine.guards.view import View
from provisioner.engine.observe import World
from provisioner.kind import Scope
from provisioner.kinds.mailbox.spec import MailboxSpec, mark_of
from provisioner.model.change import Action, Change, Drift, FieldChange
from provisioner.model.cluster import Cluster, Defaults, GuardLimits, Tenant
from provisioner.model.municipality import Municipality, Names, Person
from provisioner.model.plan import Plan
from provisioner.model.resource import Observation, Observed, Seats

NAMES = Names("ראמה", "الرامة", "Rameh")


def person(number: int, slug: str = "rameh") -> Person:
    return Person(
        address=f"p{number}@{slug}.example",
        display_name="",
        given_name="",
        surname="",
        employee_id="",
        department="",
        job_title="",
        role="",
        license="SPB",
        language="he",
        aliases=(),
        state="active",
        line=number + 2,
    )


def municipality(slug: str = "rameh", people: int = 0) -> Municipality:
    return Municipality(
        slug=slug,
        names=NAMES,
        cbs_code="1",
        type="city",
        tenant="galil",
        domain=f"{slug}.example",
        language="he",
        seats={},
        cios=(),
        people=tuple(person(n, slug) for n in range(people)),
        file="m.yml",
        people_file=f"inventory/municipalities/{slug}/mailboxes.csv",
    )


def spec(address: str, *, enabled: bool = True) -> MailboxSpec:
    return MailboxSpec(address, "", "", "", "", "", "", enabled, "IL", ("SPB",))


def there(count: int, slug: str = "rameh") -> dict[str, Observed[Any]]:
    """`count` enabled mailboxes of ours."""
    names = [f"p{n}@{slug}.example" for n in range(count)]
    return {
        name: Observed(name, f"id-{name}", spec(name), mark_of(slug, name))
        for name in names
    }


def disable(number: int, slug: str = "rameh") -> Change:
    name = f"p{number}@{slug}.example"
    fields = (FieldChange("enabled", True, False),)
    return Change(
        slug,
        "mailbox",
        name,
        Action.UPDATE,
        Drift.PENDING,
        fields,
        None,
        f"id-{name}",
        writes=1,
    )


def delete(number: int, slug: str = "rameh") -> Change:
    name = f"p{number}@{slug}.example"
    return Change(
        slug,
        "mailbox",
        name,
        Action.DELETE,
        Drift.PENDING,
        (),
        None,
        f"id-{name}",
        writes=1,
    )


def create(number: int, slug: str = "rameh", license: str = "SPB") -> Change:
    name = f"p{number}@{slug}.example"
    return Change(
        slug,
        "mailbox",
        name,
        Action.CREATE,
        Drift.PENDING,
        (),
        spec(name),
        seats={license: 1},
        writes=3,
    )


class Town(Struct):
    """One municipality of a view: how many are listed, how many are there, what changes."""

    slug: str = "rameh"
    listed: int = 0
    present: dict[str, Observed[Any]] = {}
    deleted: dict[str, Observed[Any]] = {}
    changes: tuple[Change, ...] = ()


MakeView = Callable[..., View]


@pytest.fixture(name="town")
def _town() -> type[Town]:
    return Town


@pytest.fixture(name="there")
def _there() -> Callable[..., dict[str, Observed[Any]]]:
    return there


@pytest.fixture(name="disable")
def _disable() -> Callable[..., Change]:
    return disable


@pytest.fixture(name="delete")
def _delete() -> Callable[..., Change]:
    return delete


@pytest.fixture(name="create")
def _create() -> Callable[..., Change]:
    return create


@pytest.fixture
def make_view() -> MakeView:
    """A view over towns, with seats and limits as given."""

    def make(
        *towns: Town,
        seats: tuple[Seats, ...] = (),
        limits: GuardLimits | None = None,
        protected: tuple[str, ...] = (),
        adopt: frozenset[str] = frozenset(),
    ) -> View:
        members = tuple(municipality(one.slug, one.listed) for one in towns)
        tenant = Tenant("galil", "t", "c", "env/X", "", ("SPB",), protected=protected)
        cluster = Cluster(
            "galil", NAMES, (tenant,), (), limits or GuardLimits(), Defaults(), members
        )
        world = World(
            {
                "mailbox": {
                    one.slug: Observation(one.present, one.deleted) for one in towns
                }
            },
            {"galil": seats},
        )
        plans = {one.slug: Plan(one.slug, one.changes) for one in towns}
        return View(Scope(cluster, members, adopt=adopt), plans, world)

    return make
