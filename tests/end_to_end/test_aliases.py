"""People's aliases: set, found when they are gone, and kept when an address changes."""

from __future__ import annotations

import pytest
from rehearsal import Rehearsal, Rehearse

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def world(rehearse: Rehearse) -> Rehearsal:
    return rehearse(municipalities=1, people=14)


def exchange_off(world: Rehearsal) -> None:
    path = world.inventory / "cluster.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("invoke_command", '"off"'), encoding="utf-8")


def test_aliases_are_set_and_an_old_address_is_kept(world: Rehearsal) -> None:
    slug = world.slugs[0]
    rows = world.people(slug)
    row = next(one for one in rows if not one["state"])
    row["aliases"] = "desk second"
    world.rewrite(slug, rows)
    applied = world.run("apply", "--yes", "--json")
    assert applied.code == 0, applied.out + applied.err
    old = row["address"]
    proxies = world.users(slug)[old]["proxyAddresses"]
    assert {f"smtp:desk@{slug}.example", f"smtp:second@{slug}.example"} <= {*proxies}
    assert world.run("plan", "--json").code == 0

    row["address"] = f"renamed@{slug}.example"
    row["aliases"] = "desk"
    world.rewrite(slug, rows)
    renamed = world.run("apply", "--yes", "--json")
    assert renamed.code == 0, renamed.out + renamed.err
    proxies = world.users(slug)[row["address"]]["proxyAddresses"]
    assert f"SMTP:renamed@{slug}.example" in proxies
    assert f"smtp:{old}" in proxies
    assert f"smtp:desk@{slug}.example" in proxies
    assert f"smtp:second@{slug}.example" not in proxies
    assert world.run("plan", "--json").code == 0


def test_without_the_interface_aliases_are_left_to_a_person(world: Rehearsal) -> None:
    exchange_off(world)
    slug = world.slugs[0]
    rows = world.people(slug)
    for row in rows:
        row["aliases"] = ""
    rows[0]["aliases"] = "desk"
    world.rewrite(slug, rows)
    ended = world.run("apply", "--yes", "--json")
    assert ended.code == 2, "an alias that nobody set is no proven mailbox"
    (undone,) = [
        check["detail"]
        for town in ended.report["municipalities"]
        for proof in town["proofs"]
        for check in proof["checks"]
        if not check["holds"]
    ]
    assert undone.endswith(f": desk@{slug}.example")
    planned = world.run("plan", "--json")
    changes = [c for m in planned.report["municipalities"] for c in m["changes"]]
    assert [(c["name"], c["writes"]) for c in changes] == [(rows[0]["address"], 0)]
    told = "\n".join(changes[0]["by_hand"])
    assert f"@{{Add='smtp:desk@{slug}.example'}}" in told
    assert "exchange: off" in told
