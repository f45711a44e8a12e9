"""The guard `members`: rosters that lose many at once, and domains that vanish from all."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.engine.guards.members import members
from provisioner.engine.guards.view import View
from provisioner.engine.observe import World
from provisioner.kind import Scope
from provisioner.kinds.forum.spec import ForumSpec
from provisioner.kinds.mailbox.spec import mark_of
from provisioner.kinds.membership.roster import roster_fields
from provisioner.model.change import Action, Change, Drift
from provisioner.model.cluster import Cluster, Defaults, GuardLimits, Tenant
from provisioner.model.municipality import Names
from provisioner.model.plan import Plan
from provisioner.model.resource import Observation, Observed

OWNER = "cluster@galil"
NAMES = Names("אשכול", "عنقود", "Cluster")
Rosters = dict[str, list[str]]


def people(count: int, town: str = "rameh") -> list[str]:
    return [f"p{number}@{town}.example" for number in range(count)]


def view(before: Rosters, after: Rosters) -> View:
    """Forums as they are and as the inventory wants them."""
    present: dict[str, Observed[Any]] = {}
    changes = []
    for name, have in before.items():
        spec = ForumSpec(name, "", f"forum-{name}", (), tuple(have))
        present[name] = Observed(name, f"id-{name}", spec, mark_of(OWNER, name))
        fields = roster_fields(set(after[name]), set(have), set(have))
        if fields:
            changes.append(
                Change(
                    OWNER,
                    "forum",
                    name,
                    Action.UPDATE,
                    Drift.PENDING,
                    fields,
                    spec,
                    f"id-{name}",
                )
            )
    tenant = Tenant("galil", "t", "c", "env/X", "", ())
    cluster = Cluster("galil", NAMES, (tenant,), (), GuardLimits(), Defaults(), ())
    world = World({"forum": {OWNER: Observation(present)}})
    return View(Scope(cluster, ()), {OWNER: Plan(OWNER, tuple(changes))}, world)


@pytest.mark.parametrize(
    ("had", "left", "held"),
    [
        pytest.param(7000, 6950, False, id="fifty-of-seven-thousand-are-few"),
        pytest.param(12, 7, False, id="five-may-leave-a-small-forum"),
        pytest.param(12, 6, True, id="half-of-a-small-forum-is-held"),
        pytest.param(7000, 6200, True, id="every-ninth-of-a-large-forum-is-held"),
    ],
)
def test_a_roster_may_lose_a_share(had: int, left: int, *, held: bool) -> None:
    towns = [f"p@town{number}.example" for number in range(had)]
    refusals = list(members(view({"cio": towns}, {"cio": towns[:left]})))
    assert [one.key for one in refusals] == ([f"{OWNER}/forum/cio"] if held else [])


def test_a_municipality_that_vanishes_from_every_forum_is_held() -> None:
    others = [f"q@town{number}.example" for number in range(100)]
    before = {f"role{n}": [f"p{n}@rameh.example", *others] for n in range(11)}
    refusals = list(members(view(before, {name: others for name in before})))
    assert len(refusals) == 11
    assert "11 of 11 members of rameh.example" in refusals[0].message
    assert "--release members" in refusals[0].remedy


def test_one_persons_leaving_is_nobodys_concern() -> None:
    before = {"cio": [*people(3), *people(3, "tamra")]}
    assert not list(members(view(before, {"cio": before["cio"][1:]})))
