"""Nothing is applied that nobody approved, and nothing but what was approved."""

from __future__ import annotations

import pytest
from rehearsal import Rehearsal
from terminal import at_terminal
from towns import Town

pytestmark = pytest.mark.end_to_end


def edit(town: Town, title: str = "שומר סף") -> str:
    """Give somebody another job title in the inventory; their address."""
    address = town.active()[0]["address"]
    town.amend(address, job_title=title)
    return address


def title_of(town: Town, address: str) -> str:
    title: str = town.users()[address]["jobTitle"]
    return title


def test_without_a_terminal_and_a_word_it_refuses_in_one_sentence(town: Town) -> None:
    edit(town)
    before = town.world.everyone()
    ended = town.run("apply")
    assert ended.code == 1
    assert ended.err == (
        "Error: Nobody can be asked here.\nGive --yes or --checksum SUM.\n"
    )
    assert ended.out == ""
    assert town.world.everyone() == before


def test_at_a_terminal_no_means_no(town: Town) -> None:
    address = edit(town)
    before = town.world.everyone()
    ended = at_terminal(town.world, "apply", "-m", town.slug, answers="n\n")
    assert ended.code == 1
    assert address in ended.out
    assert "Apply this plan?" in ended.out
    assert "Nothing was applied: nobody approved the plan." in ended.out
    assert town.world.everyone() == before


def test_at_a_terminal_no_answer_means_no(town: Town) -> None:
    edit(town)
    before = town.world.everyone()
    ended = at_terminal(town.world, "apply", "-m", town.slug, answers="\x04")
    assert ended.code == 1
    assert town.world.everyone() == before


def test_at_a_terminal_yes_applies_the_plan_that_was_shown(town: Town) -> None:
    address = edit(town)
    ended = at_terminal(town.world, "apply", "-m", town.slug, answers="y\n")
    assert ended.code == 0, ended.out[-2000:]
    assert title_of(town, address) == "שומר סף"
    with town.world.store() as store:
        apply, plan = store.runs.latest(2)
    assert (plan.mode, apply.mode) == ("plan", "apply")
    assert apply.checksum, "the apply was not bound to what was shown"


def test_at_a_terminal_nothing_to_do_asks_nothing(town: Town) -> None:
    ended = at_terminal(town.world, "apply", "-m", town.slug)
    assert ended.code == 0, ended.out
    assert "Apply this plan?" not in ended.out


def test_an_approved_checksum_applies(town: Town) -> None:
    address = edit(town)
    checksum = town.run("plan", "--json").report["checksum"]
    ended = town.run("apply", "--checksum", checksum)
    assert ended.code == 0, ended.err
    assert title_of(town, address) == "שומר סף"


@pytest.mark.parametrize("what_changes", ["the inventory", "the world"])
def test_a_plan_that_is_no_longer_the_approved_one_is_refused(
    what_changes: str, town: Town
) -> None:
    address = edit(town)
    other = town.active()[1]["address"]
    checksum = town.run("plan", "--json").report["checksum"]
    if what_changes == "the inventory":
        town.amend(other, department="ארכיון")
    else:
        broken = town.world.run(
            "sandbox", "break", "disable-account", "--person", other
        )
        assert broken.code == 0, broken.err
    before = town.world.everyone()
    ended = town.run("apply", "--checksum", checksum)
    assert ended.code == 1
    assert f"The approved plan was {checksum[:12]}…" in ended.err
    assert "the inventory or the world has changed since" in ended.err
    assert "Look at `provisioner plan` again and approve its checksum." in ended.err
    assert town.world.everyone() == before
    assert title_of(town, address) != "שומר סף"


def test_applying_nothing_twice_does_nothing_and_says_so(town: Town) -> None:
    before = town.world.everyone()
    for _ in range(2):
        ended = town.run("apply", "--yes", "--json")
        assert ended.code == 0
        assert ended.outcomes() == []
    assert town.world.everyone() == before


def test_one_kind_alone_leaves_the_others_as_they_are(rehearsal: Rehearsal) -> None:
    ended = rehearsal.run("apply", "--yes", "--kind", "domain", "--json")
    assert ended.code == 0, ended.err
    assert {one["kind"] for one in ended.outcomes()} == {"domain"}
    assert not [name for name in rehearsal.users() if "onmicrosoft" not in name]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--municipality", "twon-003"),
            "There is no municipality 'twon-003'. Did you mean 'town-003'?",
        ),
        (
            ("--kind", "mailboxes"),
            "There is no kind 'mailboxes'. Did you mean 'mailbox'?",
        ),
        (
            ("--kind", "xyz"),
            "There is no kind 'xyz'. "
            "Known: administrative_unit, backup_job, domain, forum, mailbox, server, "
            "shared_mailbox, website.",
        ),
    ],
)
def test_an_unknown_name_gets_the_nearest_known_one(
    words: tuple[str, ...], told: str, town: Town
) -> None:
    for command in ("plan", "drift", "apply"):
        ended = town.world.run(command, *words, *(["--yes"] * (command == "apply")))
        assert ended.code == 1
        assert told in ended.err
        assert len(ended.err.splitlines()) == 1


def test_the_command_that_a_narrowed_plan_prints_makes_its_changes(town: Town) -> None:
    address = edit(town)
    planned = town.run("plan", "--kind", "mailbox")
    command = planned.out.splitlines()[-1].split()
    assert command[:2] == ["provisioner", "apply"], planned.out
    assert command[-4:] == ["--municipality", town.slug, "--kind", "mailbox"]
    ended = town.world.run(*command[1:])
    assert ended.code == 0, ended.err
    assert title_of(town, address) == "שומר סף"


def test_a_checksum_of_one_town_says_which_option_it_lacks(town: Town) -> None:
    address = edit(town)
    checksum = town.run("plan", "--json").report["checksum"]
    ended = town.world.run("apply", "--checksum", checksum)
    assert ended.code == 1
    told = f"The checksum {checksum[:12]}… is of a plan for {town.slug} only."
    assert f"Error: {told}\nAdd --municipality {town.slug}.\n" in ended.err
    assert "changed since" not in ended.err
    assert title_of(town, address) != "שומר סף"
