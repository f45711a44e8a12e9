"""SIGKILL in the middle of an apply, at twenty points; then apply again."""

from __future__ import annotations

import hashlib
import signal
from collections import Counter

import pytest
from rehearsal import Rehearsal, Rehearse

from provisioner.settings import Settings
from provisioner.store.secret_key import load_key

pytestmark = pytest.mark.faults

# The call during which the kill comes, of the 65 or so that the smallest town takes: from
# the sign-in over domain, creates and licences to the proof. Every world kills at five of
# them, each in another town.
POINTS = range(2, 62, 3)
WORLDS = [POINTS[first::4] for first in range(4)]


@pytest.mark.parametrize(
    "points", WORLDS, ids=lambda points: f"in-calls-{points[0]}-to-{points[-1]}"
)
def test_apply_goes_on_where_it_was_killed(points: range, rehearse: Rehearse) -> None:
    world = rehearse(municipalities=5, people=72, mailbox_delay=0.1)
    for slug, call in zip(world.slugs, points, strict=True):
        words = ("apply", "--yes", "--municipality", slug)
        killed = world.stop_at(call, *words, by=signal.SIGKILL)
        assert killed.code == -signal.SIGKILL, f"ended before its call {call}"
    ended = world.run("apply", "--yes", "--json")
    assert ended.code == 0, ended.err + ended.out[-3000:]
    for slug in world.slugs:
        world.assert_whole(slug)
    assert_passwords_deliverable(world)
    assert_one_seat_each(world)
    assert world.run("plan", "--json").code == 0


def assert_passwords_deliverable(world: Rehearsal) -> None:
    """Everybody's first password can be read once, and it is the one the tenant knows."""
    known = {
        u["userPrincipalName"].lower(): u["passwordSha256"] for u in world.everyone()
    }
    with world.store() as store:
        secrets = store.secrets(load_key(Settings(var=world.var)))
        listed = secrets.list()
        by_person = {one.key.rpartition("/")[2]: one for one in listed}
        assert len(by_person) == len(listed)
        for slug in world.slugs:
            for address in world.active(slug):
                password = secrets.show(by_person[address].id)
                assert hashlib.sha256(password.encode()).hexdigest() == known[address]


def assert_one_seat_each(world: Rehearsal) -> None:
    """As many seats are taken as people are active, by licence."""
    wanted = Counter(
        row["license"]
        for slug in world.slugs
        for row in world.people(slug)
        if row["state"] != "leaver"
    )
    taken = Counter(
        name
        for slug in world.slugs
        for user in world.users(slug).values()
        for name in user["licences"]
    )
    assert taken == wanted
