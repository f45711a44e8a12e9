"""Guards at the command line: what is held back, for whom, and how it is let go."""

from __future__ import annotations

import pytest
from rehearsal import Ended
from towns import Town

pytestmark = pytest.mark.end_to_end


def enabled(town: Town) -> int:
    return sum(user["accountEnabled"] for user in town.users().values())


def let_six_leave(town: Town) -> None:
    rows = town.people()
    for row in rows[6:]:
        row["state"] = "leaver"
    town.rewrite(rows)


def approve(town: Town, *release: str) -> Ended:
    checksum = town.run("plan", "--json").report["checksum"]
    words = [word for guard in release for word in ("--release", guard)]
    return town.run("apply", "--checksum", checksum, *words)


def test_too_many_leavers_hold_back_their_town_and_no_other(town: Town) -> None:
    world = town.world
    other = next(slug for slug in world.slugs if slug != town.slug)
    neighbour = Town(world, other)
    address = neighbour.active()[1]["address"]
    neighbour.amend(address, job_title="שומר סף")
    let_six_leave(town)
    ended = town.run("apply", "--municipality", other, "--yes", "--json")
    assert ended.code == 2, ended.err
    (held,) = [
        refusal
        for report in ended.report["municipalities"]
        for refusal in report["refusals"]
    ]
    assert (held["guard"], held["municipality"]) == ("removals", town.slug)
    assert "6 of 12 mailboxes (50%) would be switched off or deleted" in held["message"]
    assert [one["name"] for one in ended.outcomes("done")] == [address]
    assert len(ended.outcomes("refused")) == 6
    assert enabled(town) == 12
    assert neighbour.users()[address]["jobTitle"] == "שומר סף"


def test_removals_are_let_go_by_checksum_only(town: Town) -> None:
    let_six_leave(town)
    for words in (["--yes"], ["--yes", "--release", "removals"]):
        assert town.run("apply", *words).code in (1, 2)
        assert enabled(town) == 12
    ended = approve(town, "removals")
    assert ended.code == 0, ended.out + ended.err
    assert enabled(town) == 6
    assert len(town.users()) == 12


@pytest.mark.parametrize("left", [5, 0])
def test_a_list_of_people_that_shrank_is_taken_for_a_mistake(
    left: int, town: Town
) -> None:
    file = town.world.inventory / "municipalities" / town.slug / "mailboxes.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    cios = town.world.inventory / "municipalities" / town.slug / "municipality.yml"
    text = cios.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in text if not line.startswith("cios:")]
    cios.write_text("".join(kept), encoding="utf-8")
    file.write_text("".join(lines[: left + 1]), encoding="utf-8")
    before = town.users()
    ended = town.run("apply", "--yes", "--json")
    assert ended.code == 2, ended.out[-1500:]
    guards = {
        one["guard"]: one["message"]
        for one in ended.report["municipalities"][0]["refusals"]
    }
    assert set(guards) == {"shrunken_inventory", "removals", "members"}
    assert f"lists {left} people where 12 are managed" in guards["shrunken_inventory"]
    assert town.users() == before


@pytest.mark.parametrize("guard", ["protected", "seats", "nonsense"])
def test_other_guards_cannot_be_let_go(guard: str, town: Town) -> None:
    ended = town.run("apply", "--checksum", "0" * 64, "--release", guard)
    assert ended.code == 1
    assert f"The guard '{guard}' cannot be released." in ended.err
    assert "Only members, removals, second_person, shrunken_inventory can." in ended.err


def test_seats_are_told_before_anybody_is_created(fresh_town: Town) -> None:
    world = fresh_town.world
    part = "EXCHANGESTANDARD"
    (tenant,) = world.state.tenants
    held = world.admin("POST", "skus", [], tenant=tenant.tenant_id)[part]
    order = {"part_number": part, "free": 2}
    world.admin("POST", "skus", order, tenant=tenant.tenant_id)
    wanted = sum(row["license"] == part for row in fresh_town.active())
    try:
        ended = fresh_town.run("apply", "--yes", "--json")
    finally:
        restored = {"part_number": part, "elsewhere": held["elsewhere"]}
        world.admin("POST", "skus", restored, tenant=tenant.tenant_id)
    assert ended.code == 2
    waiting = [one for one in ended.outcomes("waiting") if one["kind"] == "mailbox"]
    assert len(waiting) == wanted - 2
    assert (
        f"this run needs {wanted}, 2 of {held['enabled']} are free"
        in (waiting[0]["reason"])
    )
    assert not {one["name"] for one in waiting} & set(fresh_town.users())
