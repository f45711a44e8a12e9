"""A person leaves, weeks go by, and perhaps they come back: rehearsed from end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from leaving import Leaving

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(300)]

POLICY = {"free_seat_after_days": 10, "delete_after_days": 20}


class Story(Leaving):
    """Told by actions and checksums."""

    def changes(self) -> dict[str, str]:
        return {name: one["action"] for name, one in self.planned().items()}

    def checksum(self) -> str:
        return str(self.run("plan").report["checksum"])


@pytest.fixture
def story(rehearse: Callable[..., Any]) -> Story:
    """A whole town, and a policy that frees seats and deletes."""
    world = rehearse(municipalities=1, people=12)
    file = world.inventory / "cluster.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + yaml.safe_dump({"leavers": POLICY}), encoding="utf-8")
    one = Story(world)
    ended = one.apply()
    assert ended.code == 0, ended.out + ended.err
    return one


def test_who_leaves_is_signed_out_and_gives_the_seat_after_the_days(
    story: Story,
) -> None:
    story.state("leaver")
    assert story.apply().code == 0
    user = story.user()
    assert user is not None
    assert user["accountEnabled"] is False
    assert len(user["licences"]) == 1
    batched = story.world.admin("GET", "requests")["batched"]
    assert sum(n for call, n in batched.items() if "revokeSignInSessions" in call) == 1

    story.days_pass(9)
    assert story.changes() == {}
    story.days_pass(1.1)
    assert story.changes() == {story.address: "update"}
    assert story.apply().code == 0
    user = story.user()
    assert user is not None
    assert user["licences"] == []
    drift = story.run("drift")
    assert story.address not in drift.drift()


def test_who_returns_after_the_seat_was_freed_gets_everything_back(
    story: Story,
) -> None:
    story.state("leaver")
    story.apply()
    story.days_pass(11)
    assert story.apply().code == 0
    story.state("")
    returned = story.apply()
    assert returned.code == 0, returned.out + returned.err
    story.world.assert_whole(story.slug)


def test_deleting_takes_two_people_and_both_are_written_down(story: Story) -> None:
    story.row_goes()
    story.apply()
    story.days_pass(11)
    story.apply()
    story.days_pass(10)
    assert story.changes() == {story.address: "delete"}
    (held,) = story.apply().outcomes("refused")
    assert "second person" in held["reason"]
    assert story.user() is not None

    words = ("--checksum", story.checksum(), "--release", "second_person")
    alone = story.run("apply", *words, "--approved-by", "The Tests")
    assert alone.code == 1
    assert "takes two people" in alone.out
    assert story.user() is not None

    ended = story.run("apply", *words, "--approved-by", "Salim Nasr")
    assert ended.code == 0, ended.out + ended.err
    assert story.user() is None
    with story.world.store() as store:
        told = [one for one in store.audit.latest() if one.action == "delete.done"]
    assert [(one.actor, json.loads(one.details)["approved_by"]) for one in told] == [
        ("the tests", "Salim Nasr")
    ]
    assert story.changes() == {}


def test_who_returns_within_thirty_days_of_being_deleted_is_restored(
    story: Story,
) -> None:
    story.state("leaver")
    story.apply()
    story.days_pass(11)
    story.apply()
    story.days_pass(10)
    words = ("--checksum", story.checksum(), "--release", "second_person")
    ended = story.run("apply", *words, "--approved-by", "Salim Nasr")
    assert ended.code == 0, ended.out + ended.err
    before = [u["id"] for u in story.world.everyone(story.slug)]
    story.days_pass(15)
    assert story.changes() == {}
    story.state("")
    assert story.changes() == {story.address: "restore"}
    returned = story.apply()
    assert returned.code == 0, returned.out + returned.err
    story.world.assert_whole(story.slug)
    assert [u["id"] for u in story.world.everyone(story.slug)] == before


def test_a_lost_store_deletes_nobody(story: Story) -> None:
    story.state("leaver")
    story.apply()
    story.days_pass(40)
    for file in story.world.var.glob("provisioner.db*"):
        file.unlink()
    assert story.changes() == {}
    story.days_pass(10.1)
    assert story.changes() == {story.address: "update"}
