"""Forums and administrative units, from the inventory to the tenant and back again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import yaml
from rehearsal import Rehearsal, Rehearse

from provisioner.sandbox.outsider import call, signed_in

pytestmark = pytest.mark.timeout(240)

GALIL = "cluster@galil"


@pytest.fixture
def world(rehearse: Rehearse) -> Rehearsal:
    """One municipality whose apply has brought everything about."""
    one = rehearse(municipalities=1, people=16)
    ended = one.run("apply", "--yes", "--json")
    assert ended.code == 0, ended.err
    return one


@contextmanager
def administrator(world: Rehearsal) -> Iterator[httpx.Client]:
    with signed_in(world.state, world.state.tenants[0]) as client:
        yield client


def group(client: httpx.Client, role: str) -> dict[str, Any]:
    path = f"/groups?$filter=mailNickname eq 'forum-{role}'"
    (found,) = call(client, "GET", path)["value"]
    return dict(found)


def members(client: httpx.Client, role: str) -> list[str]:
    path = f"/groups/{group(client, role)['id']}/members"
    return sorted(
        one["userPrincipalName"] for one in call(client, "GET", path)["value"]
    )


def bearers(world: Rehearsal, role: str) -> list[str]:
    rows = [row for slug in world.slugs for row in world.people(slug)]
    return sorted(
        r["address"] for r in rows if r["role"] == role and r["state"] != "leaver"
    )


def edit(world: Rehearsal, **changes: Any) -> None:
    """Change keys of cluster.yml; a key with dots reaches into the first treasurer."""
    path = world.inventory / "cluster.yml"
    cluster = yaml.safe_load(path.read_text(encoding="utf-8"))
    role = next(one for one in cluster["roles"] if one["name"] == "treasurer")
    for name, value in changes.items():
        (role if name in ("lead", "guests") else cluster)[name] = value
    path.write_text(yaml.safe_dump(cluster, allow_unicode=True), encoding="utf-8")


def fields(ended: Any, slug: str = GALIL) -> dict[str, dict[str, list[str]]]:
    """Fields that differ, after their change, by resource name."""
    (town,) = [one for one in ended.report["municipalities"] if one["slug"] == slug]
    return {
        change["name"]: {
            field["field"]: field["after"] or field["before"]
            for field in change["fields"]
        }
        for change in town["changes"]
    }


class TestForums:
    def test_each_role_has_its_forum_and_a_second_look_finds_nothing_to_do(
        self, world: Rehearsal
    ) -> None:
        with administrator(world) as client:
            assert members(client, "treasurer") == bearers(world, "treasurer")
            made = group(client, "treasurer")
            assert made["groupTypes"] == ["Unified"]
            assert made["mailEnabled"]
            assert not made["securityEnabled"]
            assert made["visibility"] == "Private"
            for name in ("פורום", "منتدى", "Forum of"):
                assert name in made["displayName"]
            assert made["description"].startswith(f"provisioner:{GALIL}:treasurer | ")
        planned = world.run("plan", "--json")
        assert planned.code == 0
        owners = {m["slug"]: m for m in planned.report["municipalities"]}
        assert owners[GALIL]["level"] == "cluster"
        assert owners[GALIL]["in_sync"] == {"forum": 11}

    def test_a_newcomer_joins_and_a_leaver_goes_at_the_next_run(
        self, world: Rehearsal
    ) -> None:
        rows = world.people(world.slugs[0])
        old = next(row for row in rows if row["role"] == "treasurer")
        new = next(row for row in rows if not row["role"] and row["state"] != "leaver")
        old["role"], new["role"] = "", "treasurer"
        world.rewrite(world.slugs[0], rows)
        planned = fields(world.run("plan", "--json"))
        assert planned == {
            "treasurer": {
                "members_joining": [new["address"]],
                "members_leaving": [old["address"]],
            }
        }
        assert world.run("apply", "--yes").code == 0
        with administrator(world) as client:
            assert members(client, "treasurer") == [new["address"]]

    def test_an_account_that_nobody_adopted_joins_nothing(
        self, world: Rehearsal
    ) -> None:
        (slug,) = world.slugs
        rows = world.people(slug)
        old = next(row for row in rows if row["role"] == "treasurer")
        domain = old["address"].partition("@")[2]
        stranger = {**old, "address": f"stranger@{domain}", "aliases": ""}
        stranger["employee_id"] = ""
        body = {
            "accountEnabled": True,
            "displayName": "S. Tranger",
            "mailNickname": "stranger",
            "userPrincipalName": stranger["address"],
            "passwordProfile": {"password": f"Aa1-{uuid.uuid4()}"},
        }
        with administrator(world) as client:
            call(client, "POST", "/users", body)
        world.rewrite(slug, [*rows, stranger])
        ended = world.run("apply", "--yes", "--json")
        assert ended.code == 2
        told = {one["key"]: one["reason"] for one in ended.outcomes() if one["reason"]}
        for key in (f"{GALIL}/forum/treasurer", f"{slug}/administrative_unit/{slug}"):
            assert told[key] == f"1 wait for adoption: {stranger['address']}"
        with administrator(world) as client:
            assert members(client, "treasurer") == [old["address"]]

        key = f"{slug}/mailbox/{stranger['address']}"
        assert world.run("adopt", key).code in (0, 2)
        assert world.run("apply", "--yes").code == 0
        with administrator(world) as client:
            both = sorted((old["address"], stranger["address"]))
            assert members(client, "treasurer") == both

    def test_drift_tells_whom_somebody_took_out_and_put_in(
        self, world: Rehearsal
    ) -> None:
        (mine,) = bearers(world, "treasurer")
        (theirs,) = bearers(world, "head")
        users = world.users()
        with administrator(world) as client:
            where = f"/groups/{group(client, 'treasurer')['id']}/members"
            call(client, "DELETE", f"{where}/{users[mine]['id']}/$ref")
            reference = f"{client.base_url}directoryObjects/{users[theirs]['id']}"
            call(client, "POST", f"{where}/$ref", {"@odata.id": reference})
        found = world.run("drift", "--json")
        assert found.code == 2
        assert found.drift() == {"treasurer": "drifted"}
        assert fields(found)["treasurer"] == {
            "members_lost": [mine],
            "members_foreign": [theirs],
        }
        assert world.run("apply", "--yes").code == 0
        with administrator(world) as client:
            assert members(client, "treasurer") == [mine]

    def test_a_deleted_forum_comes_back_with_its_members(
        self, world: Rehearsal
    ) -> None:
        with administrator(world) as client:
            before = group(client, "head")["id"]
            call(client, "DELETE", f"/groups/{before}")
        ended = world.run("apply", "--yes", "--json")
        assert ended.code == 0, ended.out
        assert [o["action"] for o in ended.outcomes()] == ["restore"]
        with administrator(world) as client:
            assert group(client, "head")["id"] == before
            assert members(client, "head") == bearers(world, "head")

    def test_a_run_for_some_municipalities_leaves_forums_alone_unless_named(
        self, world: Rehearsal
    ) -> None:
        def owners(*words: str) -> list[str]:
            report = world.run("plan", "--json", *words).report
            return [one["slug"] for one in report["municipalities"]]

        town = world.slugs[0]
        assert owners("--municipality", town) == [town]
        assert owners("--municipality", town, "--kind", "forum") == [GALIL]
        assert owners("--kind", "forum") == [GALIL]
        assert owners("--municipality", GALIL) == [GALIL]

    def test_the_lead_owns_the_group_and_guests_are_reported_or_invited(
        self, world: Rehearsal
    ) -> None:
        (lead,) = bearers(world, "treasurer")
        guest = "advisor@ministry.example"
        edit(world, lead=lead, guests=[guest])
        told = world.run("apply", "--yes", "--json")
        assert told.code == 2
        assert "invite advisor@ministry.example as a guest" in told.out
        with administrator(world) as client:
            where = f"/groups/{group(client, 'treasurer')['id']}"
            (owner,) = call(client, "GET", f"{where}/owners")["value"]
            assert owner["userPrincipalName"] == lead
            edit(world, forums={"guests": "invite"})
            assert world.run("apply", "--yes").code == 0
            mails = [
                m["mail"] for m in call(client, "GET", f"{where}/members")["value"]
            ]
            assert guest in mails
        assert world.run("plan").code == 0

    def test_a_list_that_was_cut_off_takes_nobody_out_of_the_forums(
        self, world: Rehearsal
    ) -> None:
        rows = world.people(world.slugs[0])
        world.rewrite(world.slugs[0], [row for row in rows if not row["role"]])
        ended = world.run("apply", "--yes", "--kind", "forum", "--json")
        assert ended.code == 2
        assert {o["status"] for o in ended.outcomes()} == {"refused"}
        guards = {
            r["guard"] for m in ended.report["municipalities"] for r in m["refusals"]
        }
        assert guards == {"members"}

    def test_a_roster_that_cannot_be_read_is_unknown_and_left_alone(
        self, world: Rehearsal
    ) -> None:
        with administrator(world) as client:
            forum = group(client, "head")["id"]
        path = f"/groups/{forum}/members"
        world.fault("unavailable", path=path, count=999)
        found = world.run("plan", "--kind", "forum", "--json")
        world.mend()
        assert found.code == 1
        (owner,) = found.report["municipalities"]
        assert [(f["name"], f["drift"]) for f in owner["findings"]] == [
            ("head", "unknown")
        ]
        assert owner["in_sync"] == {"forum": 10}


class TestUnits:
    def test_a_unit_holds_the_people_and_takes_back_who_was_lost(
        self, world: Rehearsal
    ) -> None:
        slug = world.slugs[0]
        active = sorted(world.active(slug))
        with administrator(world) as client:
            (unit,) = call(client, "GET", "/directory/administrativeUnits")["value"]
            where = f"/directory/administrativeUnits/{unit['id']}/members"
            assert _names(client, where) == active
            lost = world.users()[active[0]]["id"]
            call(client, "DELETE", f"{where}/{lost}/$ref")
            found = world.run("drift", "--json", "--kind", "administrative_unit")
            assert fields(found, slug) == {slug: {"members_lost": [active[0]]}}
            assert world.run("apply", "--yes", "--municipality", slug).code == 0
            assert _names(client, where) == active

    def test_a_municipality_that_joins_brings_its_people(
        self, rehearse: Rehearse
    ) -> None:
        world = rehearse(municipalities=2, people=28)
        galil = world.slugs[0]
        assert world.run("apply", "--yes", "--municipality", galil).code == 0
        assert world.run("apply", "--yes").code == 0
        with administrator(world) as client:
            here = [a for a in bearers(world, "cio") if a.endswith(f"@{galil}.example")]
            assert members(client, "cio") == here


def _names(client: httpx.Client, path: str) -> list[str]:
    return sorted(
        one["userPrincipalName"] for one in call(client, "GET", path)["value"]
    )
