"""What becomes of a leaver's mailbox: handed over step by step, and back on return."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(300)]

POLICY = {
    "hide_from_address_lists": True,
    "convert_to_shared": True,
    "manager_access": True,
    "auto_reply": {"he": "עזב", "ar": "غادر", "en": "Has left"},
    "free_seat_after_days": 10,
}
Make = Callable[..., Any]
STEPS = ["auto_reply", "enabled", "hidden", "shared", "signed_in"]


def test_a_leaver_goes_through_all_steps_over_the_days(departing: Make) -> None:
    one = departing()
    one.state("leaver")
    assert one.fields() == sorted([*STEPS, f"access {one.manager}"])
    ended = one.apply()
    assert ended.code == 0, ended.out + ended.err
    (town,) = ended.report["municipalities"]
    proof = next(p for p in town["proofs"] if p["name"] == one.address)
    told = {check["name"]: check["holds"] for check in proof["checks"]}
    assert told["the mailbox is shared"]
    assert told[f"{one.manager} has access"]
    one.assert_handed_over()
    user = one.user()
    assert user["accountEnabled"] is False
    assert len(user["licences"]) == 1
    assert one.fields() == []

    one.days_pass(10.1)
    assert one.fields() == ["licenses"]
    one.applied()
    assert one.user()["licences"] == []
    one.assert_handed_over()
    one.days_pass(5)
    assert one.fields() == []
    assert one.mailbox()["RecipientTypeDetails"] == "SharedMailbox"

    one.days_pass(5)
    assert one.planned()[one.address]["action"] == "delete"
    (held,) = one.apply().outcomes("refused")
    assert "second person" in held["reason"]
    assert one.user() is not None
    checksum = one.run("plan").report["checksum"]
    words = ("--checksum", checksum, "--release", "second_person")
    ended = one.run("apply", *words, "--approved-by", "Salim Nasr")
    assert ended.code == 0, ended.out + ended.err
    assert one.user() is None


def test_who_returns_within_the_days_has_everything_undone(departing: Make) -> None:
    one = departing()
    one.state("leaver")
    one.applied()
    one.days_pass(11)
    one.applied()
    assert one.user()["licences"] == []
    one.state("")
    one.applied()
    one.assert_as_before()
    assert one.run("plan").code == 0


def test_who_was_deleted_and_returns_is_restored_as_before(departing: Make) -> None:
    one = departing(free_seat_after_days=0, delete_after_days=5)
    one.state("leaver")
    one.applied()
    one.applied()
    one.days_pass(6)
    checksum = one.run("plan").report["checksum"]
    words = ("--checksum", checksum, "--release", "second_person")
    one.run("apply", *words, "--approved-by", "Salim Nasr")
    assert one.user() is None
    one.state("")
    one.applied()
    one.assert_as_before()
    assert one.run("plan").code == 0


def test_only_what_we_did_is_undone(departing: Make) -> None:
    """A deputy who could read the mailbox before still can afterwards."""
    one = departing()
    rights = {"Identity": one.address, "AccessRights": ["FullAccess"]}
    one.command("Add-MailboxPermission", User=one.manager, **rights)
    one.command("Add-MailboxPermission", User=one.other, **rights)
    one.state("leaver")
    assert one.fields() == STEPS
    one.applied()
    one.state("")
    one.applied()
    assert one.readers() == sorted([one.manager, one.other])
    assert not one.mailbox()["HiddenFromAddressListsEnabled"]


@pytest.mark.parametrize("call", [2, 4, 6, 8, 10])
def test_a_killed_apply_is_finished_by_the_next(departing: Make, call: int) -> None:
    one = departing()
    one.state("leaver")
    words = ("apply", "--yes", "--municipality", one.slug)
    one.world.fault(
        "slow", seconds=2.0, path="adminapi|revoke|PATCH", skip=call - 1, count=1
    )
    begun = one.world.start(*words)
    one.world.wait_until(
        lambda: one.world.struck() or begun.poll() is not None, "the call is made"
    )
    begun.send_signal(signal.SIGKILL)
    begun.communicate(timeout=30)
    one.world.mend()
    one.applied()
    one.assert_handed_over()
    assert one.run("plan").code == 0
    one.state("")
    one.applied()
    one.assert_as_before()


@pytest.mark.parametrize("call", [2, 5, 8])
def test_a_killed_return_is_finished_by_the_next(departing: Make, call: int) -> None:
    one = departing()
    one.state("leaver")
    one.applied()
    one.state("")
    one.world.fault("slow", seconds=2.0, path="adminapi", skip=call - 1, count=1)
    begun = one.world.start("apply", "--yes", "--municipality", one.slug)
    one.world.wait_until(
        lambda: one.world.struck() or begun.poll() is not None, "the call is made"
    )
    begun.send_signal(signal.SIGKILL)
    begun.communicate(timeout=30)
    one.world.mend()
    one.applied()
    one.assert_as_before()
    assert one.run("plan").code == 0


def test_a_step_undone_by_hand_is_drift_and_repaired(departing: Make) -> None:
    one = departing()
    one.state("leaver")
    one.applied()
    one.command(
        "Set-Mailbox", Identity=one.address, HiddenFromAddressListsEnabled=False
    )
    drift = one.run("drift")
    assert drift.drift() == {one.address: "drifted"}
    assert one.fields() == ["hidden"]
    one.applied()
    one.assert_handed_over()


def test_another_manager_takes_over_from_the_first(departing: Make) -> None:
    one = departing()
    one.state("leaver")
    one.applied()
    one.managed_by(one.other)
    assert one.fields() == sorted([f"access {one.manager}", f"access {one.other}"])
    one.applied()
    assert one.readers() == [one.other]


def test_a_row_that_is_gone_is_handed_over_too(departing: Make) -> None:
    one = departing()
    one.row_goes()
    one.applied()
    one.assert_handed_over()
    one.days_pass(11)
    one.applied()
    assert one.user()["licences"] == []
    one.assert_handed_over()
    assert one.run("drift").drift() == {}


def test_the_seat_stays_until_the_directory_knows_of_the_shared_mailbox(
    departing: Make,
) -> None:
    one = departing(conduct={"conversion_lag": 3600.0}, free_seat_after_days=0)
    one.state("leaver")
    one.applied()
    one.assert_handed_over()
    assert one.fields() == []
    assert len(one.user()["licences"]) == 1
    one.days_pass(0.1)
    assert one.fields() == ["licenses"]
    one.applied()
    one.assert_handed_over()


def test_the_seat_of_a_mailbox_above_fifty_gigabytes_stays(departing: Make) -> None:
    one = departing()
    size = {"address": one.address, "size": 61 << 30}
    one.world.admin("POST", "mailbox", size, tenant=one.world.state.tenant_id)
    one.state("leaver")
    one.applied()
    one.days_pass(11)
    ended = one.apply()
    assert ended.code == 2
    assert "holds 61.0 GB" in one.planned()[one.address]["by_hand"][0]
    assert len(one.user()["licences"]) == 1
    size["size"] = 1 << 30
    one.world.admin("POST", "mailbox", size, tenant=one.world.state.tenant_id)
    one.applied()
    assert one.user()["licences"] == []


def test_with_the_gateway_off_the_plan_says_what_stays_undone(departing: Make) -> None:
    one = departing()
    one.configure("off", **POLICY)
    one.state("leaver")
    told = "\n".join(one.planned()[one.address]["by_hand"])
    assert "exchange: off" in told
    assert "-HiddenFromAddressListsEnabled:$true -Type 'Shared'" in told
    assert f"-User '{one.manager}'" in told
    assert "Set-MailboxAutoReplyConfiguration" in told
    one.applied()
    assert one.user()["accountEnabled"] is False
    assert one.mailbox()["RecipientTypeDetails"] == "UserMailbox"
    one.days_pass(11)
    assert one.apply().code == 2
    assert len(one.user()["licences"]) == 1

    one.command("Set-Mailbox", Identity=one.address, Type="Shared")
    assert "licenses" in one.fields()
    one.applied()
    assert one.user()["licences"] == []
    assert one.fields() == []


def test_exchange_that_cannot_be_read_keeps_nobody_from_being_switched_off(
    departing: Make,
) -> None:
    one = departing()
    one.state("leaver")
    one.world.fault("forbidden", path="adminapi")
    one.apply()
    assert one.user()["accountEnabled"] is False
    planned = one.run("plan")
    assert planned.code == 1
    assert "Exchange.ManageAsApp" in planned.out
    one.world.mend()
    one.applied()
    one.assert_handed_over()


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "unavailable_after_commit", "path": "/Set-Mailbox$"},
        {"action": "unavailable_after_commit", "path": "/Add-MailboxPermission$"},
        {"action": "cut", "path": "adminapi/.*batch$", "count": 2},
        {"action": "throttle", "path": "InvokeCommand", "count": 9, "retry_after": 0.1},
    ],
    ids=lambda one: f"{one['action']} {one['path']}",
)
def test_faults_that_pass_leave_the_mailbox_handed_over(
    departing: Make, fault: dict[str, Any]
) -> None:
    one = departing()
    one.state("leaver")
    one.world.fault(**({"count": 1} | fault))
    one.applied()
    one.assert_handed_over()


def test_a_step_that_was_taken_but_never_answered_is_read_back(departing: Make) -> None:
    one = departing()
    one.state("leaver")
    one.world.fault("unavailable_after_commit", path="/Add-MailboxPermission$")
    ended = one.apply()
    assert ended.code == 0, ended.out + ended.err
    assert one.world.struck()
    one.assert_handed_over()
