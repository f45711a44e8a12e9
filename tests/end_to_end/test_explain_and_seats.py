"""The whole program against the sandbox: why a resource is as it is, and who sits where."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rehearsal import Rehearsal

Rehearse = Callable[..., Rehearsal]

NO_HOSTS = "Hosts were left out: this sandbox has none."


@pytest.fixture
def applied(rehearse: Rehearse) -> Rehearsal:
    """One municipality whose mailboxes have been made."""
    one = rehearse(municipalities=1, people=14)
    assert one.run("apply", "--yes").code in (0, 2)
    return one


def test_a_resource_is_explained_from_the_inventory_to_its_password(
    applied: Rehearsal,
) -> None:
    slug = applied.slugs[0]
    address = applied.active(slug)[0]
    key = f"{slug}/mailbox/{address}"
    told = applied.run("explain", key, "--json")
    assert told.code == 0
    found = told.report
    assert found["wanted"]["place"].startswith(f"inventory/municipalities/{slug}/")
    assert found["wanted"]["spec"] == found["applied"]["spec"]
    assert found["applied"]["actor"] == "the tests"
    assert found["outcomes"][0]["run"] == found["applied"]["run"]
    assert found["outcomes"][0]["outcome"]["status"] == "done"
    assert [one["state"] for one in found["secrets"]] == ["ready"]
    assert found["drift"] is None

    unknown = applied.run("explain", f"{key}x")
    assert unknown.code == 1
    assert f"Did you mean '{key}'?" in unknown.err

    run = found["applied"]["run"]
    of_run = applied.run("explain", run, "--json")
    assert (of_run.code, of_run.report["run"]["id"]) == (0, run)


def test_seats_are_counted_by_tenant_and_municipality(applied: Rehearsal) -> None:
    told = applied.run("seats", "--json")
    assert told.code == 0, told.err
    wanted = 0
    for tenant in told.report["tenants"]:
        towns = tenant["municipalities"]
        for use in tenant["licenses"]:
            of_towns = [
                one
                for town in towns
                for one in town["licenses"]
                if one["license"] == use["license"]
            ]
            assert use["wanted"] == sum(one["wanted"] for one in of_towns)
            assert use["assigned"] >= use["wanted"]
            assert (use["rate"]["per_day"], use["runs_out"]) == (None, None)
            wanted += use["wanted"]
    assert wanted == len(applied.active(applied.slugs[0]))
    assert "not enough history" in applied.run("seats").out


def test_drift_names_who_made_it_so_and_when(applied: Rehearsal) -> None:
    slug = applied.slugs[0]
    titled, deleted = applied.active(slug)[:2]
    for what, whom in (("edit-title", titled), ("delete-user", deleted)):
        assert applied.run("sandbox", "break", what, "--person", whom).code == 0
    told = applied.run("drift", "--json")
    assert told.code == 2
    (town,) = (one for one in told.report["municipalities"] if one["slug"] == slug)
    items = {one["name"]: one for one in town["drift"]}
    for whom, activity in ((titled, "Update user"), (deleted, "Delete user")):
        assert "@" in items[whom]["who"]
        assert items[whom]["activity"] == activity
        assert items[whom]["when"] > told.report["started"][:10]
    assert told.report["remarks"] == [NO_HOSTS]

    explained = applied.run("explain", f"{slug}/mailbox/{titled}")
    assert explained.code == 2
    assert f"changed by {items[titled]['who']}" in explained.out


def test_without_the_permission_drift_says_which_would_tell(
    applied: Rehearsal,
) -> None:
    address = applied.active(applied.slugs[0])[0]
    applied.run("sandbox", "break", "edit-title", "--person", address)
    applied.fault("forbidden", path="directoryAudits", count=5)
    told = applied.run("drift", "--json")
    assert told.code == 2
    first, remark = told.report["remarks"]
    assert first == NO_HOSTS
    assert "AuditLog.Read.All" in remark
