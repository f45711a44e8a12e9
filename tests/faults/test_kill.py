"""SIGKILL in the middle of an apply, at twenty points; then apply again."""

from __future__ import annotations

from collections import Counter

import pytest
from rehearsal import Rehearsal, Rehearse

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

# Calls the tenant has had when the kill comes; one municipality takes about 45.
POINTS = [
    (1, 5, 9, 12, 14),
    (15, 16, 17, 18, 19),
    (20, 22, 24, 26, 28),
    (30, 32, 35, 38, 42),
]


@pytest.mark.parametrize(
    "points", POINTS, ids=lambda points: f"calls-{points[0]}-to-{points[-1]}"
)
def test_apply_goes_on_where_it_was_killed(
    points: tuple[int, ...], rehearse: Rehearse
) -> None:
    world = rehearse(municipalities=5, people=80, mailbox_delay=0.4)
    # Every call takes a little, so that the points lie apart.
    world.fault("slow", seconds=0.02)
    for slug, calls in zip(world.slugs, points, strict=True):
        world.kill_after(calls, "apply", "--yes", "--municipality", slug)
    world.mend()
    ended = world.run("apply", "--yes", "--json")
    assert ended.code == 0, ended.err + ended.out[-3000:]
    for slug in world.slugs:
        world.assert_whole(slug)
    assert_passwords_deliverable(world)
    assert_one_seat_each(world)
    assert world.run("plan", "--json").code == 0


def assert_passwords_deliverable(world: Rehearsal) -> None:
    """Everybody's first password can be read once, and it is the one the tenant knows."""
    import hashlib

    from provisioner.settings import Settings
    from provisioner.store.secret_key import load_key

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
