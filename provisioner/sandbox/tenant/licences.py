"""Seats and licences: `assignLicense`, `subscribedSkus`, `licenseDetails`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account, Licence
from provisioner.sandbox.tenant.call import Answer, Call, reply, reply_list
from provisioner.sandbox.tenant.catalogue import MAILBOX_PLANS, SKUS_BY_ID, Sku
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.mailbox_life import await_mailbox, licensed
from provisioner.sandbox.tenant.properties import DEFAULT_SET
from provisioner.sandbox.tenant.recording import record, user_changes, user_target
from provisioner.sandbox.tenant.refusal import bad_request, not_found
from provisioner.sandbox.tenant.replica import GUID
from provisioner.sandbox.tenant.users import current, entity, found_user

# licenseAssignmentStates is missing on purpose: the service does not track it.
TOUCHED = ("assignedLicenses", "assignedPlans", "provisionedPlans")


def assign_license(call: Call) -> Answer:
    """Remove and add licences of one user in one step; all of it or nothing."""
    account = current(call, found_user(call))
    adding, removing = read_assignment(call.document())
    directory = call.directory
    if call.rule is not None and call.rule.action == "take_seat":
        _second_buyer(directory, adding)
    held = {licence.sku_id: licence for licence in account.licences}
    for sku_id in removing:
        _give_up(held, sku_id)
    if adding and not account.properties.get("usageLocation"):
        raise bad_request(
            "License assignment cannot be done for user with invalid usage location."
        )
    for sku_id, disabled in adding.items():
        check_sku(directory, sku_id, disabled)
        has_seat = any(licence.sku_id == sku_id for licence in account.licences)
        if not has_seat and directory.free(sku_id) <= 0:
            raise bad_request(
                f"Subscription with SKU {sku_id} does not have any available licenses."
            )
        old = held.get(sku_id) or Licence(sku_id, call.now)
        held[sku_id] = Licence(sku_id, old.since, disabled, groups=old.groups)
    licences = tuple(held.values())
    mixed = mixed_plans(licences)
    if mixed:
        raise bad_request(
            f"License assignment failed because service plans {', '.join(sorted(mixed))}"
            " are mutually exclusive."
        )
    new = licensed(account, licences, call.now, call.world.conduct)
    if licences != account.licences:
        conduct = call.world.conduct
        lag = max(conduct.replication_lag, conduct.licence_lag)
        directory.put(account, new, call.now, names=TOUCHED, lag=lag)
        changed = user_changes(account, new, ("assignedLicenses",))
        record(call, "Change user license", user_target(new, changed))
        count_units(call, account.licences, licences)
        await_mailbox(directory, new)
    return told(call, new)


def told(call: Call, account: Account) -> Answer:
    """A user as the actions on licences answer with it."""
    names = (*DEFAULT_SET, "accountEnabled", "assignedLicenses", "usageLocation")
    row = call.directory.projection(names).fresh(account)
    return Answer(200, entity(call, "users/$entity", row))


def _give_up(held: dict[str, Licence], sku_id: str) -> None:
    """Take a licence away that was assigned to the user itself."""
    old = held.get(sku_id)
    if old is None:
        raise bad_request("User does not have a corresponding license.")
    if not old.direct:
        raise bad_request(
            "User license is inherited from a group membership and it cannot be removed"
            " directly from the user."
        )
    if old.groups:
        held[sku_id] = msgspec.structs.replace(old, direct=False)
    else:
        del held[sku_id]


def read_assignment(
    body: dict[str, Any],
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """SKUs to add with their disabled plans, and SKUs to remove; both are required."""
    given = {name.lower(): value for name, value in body.items()}
    add, remove = given.get("addlicenses"), given.get("removelicenses")
    if not isinstance(add, list) or not isinstance(remove, list):
        raise bad_request(
            "One or more parameters of the operation 'assignLicense' are missing from the"
            " request payload. The missing parameters are: addLicenses, removeLicenses."
        )
    adding = {}
    for licence in add:
        entry = licence if isinstance(licence, dict) else {}
        plans = entry.get("disabledPlans") or []
        adding[_guid(entry.get("skuId"))] = tuple(_guid(plan) for plan in plans)
    return adding, [_guid(sku_id) for sku_id in remove]


def _guid(value: Any) -> str:
    if not isinstance(value, str) or not GUID.match(value):
        raise bad_request(
            "Cannot convert the literal to the expected type 'Edm.Guid[Nullable=False]'."
        )
    return value.lower()


def check_sku(directory: Directory, sku_id: str, disabled: tuple[str, ...]) -> None:
    """Refuse a product that was never bought, and plans that are not part of it."""
    if sku_id not in directory.enabled:
        raise bad_request(
            f"License {sku_id} does not correspond to a valid company License."
        )
    unknown = set(disabled) - {plan.id for plan in SKUS_BY_ID[sku_id].plans}
    if unknown:
        raise bad_request(
            f"License assignment failed because service plan {min(unknown)} is not part of"
            f" {sku_id}."
        )


def mixed_plans(licences: Iterable[Licence]) -> set[str]:
    """Two different mailbox plans, which do not go together; empty where there are not."""
    plans = {p.id for held in licences for p in held.plans() if p.id in MAILBOX_PLANS}
    return plans if len(plans) > 1 else set()


def _second_buyer(directory: Directory, adding: dict[str, tuple[str, ...]]) -> None:
    """Somebody outside this program takes one free seat of each wanted SKU."""
    for sku_id in adding:
        if sku_id in directory.enabled and directory.free(sku_id) > 0:
            directory.elsewhere[sku_id] += 1


def count_units(call: Call, old: tuple[Licence, ...], new: tuple[Licence, ...]) -> None:
    """Let consumed units show this change only after the licence lag."""
    lag = call.world.conduct.licence_lag
    if lag <= 0:
        return
    before = {licence.sku_id for licence in old}
    after = {licence.sku_id for licence in new}
    due = call.now + lag
    call.directory.units_due += [(due, sku_id, 1) for sku_id in after - before]
    call.directory.units_due += [(due, sku_id, -1) for sku_id in before - after]


def _plans(sku: Sku, disabled: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [
        {
            "appliesTo": "User",
            "provisioningStatus": "Disabled" if plan.id in disabled else "Success",
            "servicePlanId": plan.id,
            "servicePlanName": plan.name,
        }
        for plan in sku.plans
    ]


def _subscription(directory: Directory, sku_id: str, now: float) -> dict[str, Any]:
    sku = SKUS_BY_ID[sku_id]
    directory.units_due = [due for due in directory.units_due if due[0] > now]
    unseen = sum(units for _, due, units in directory.units_due if due == sku_id)
    consumed = directory.consumed[sku_id] + directory.elsewhere[sku_id] - unseen
    enabled = directory.enabled[sku_id]
    return {
        "id": f"{directory.tenant_id}_{sku_id}",
        "accountId": directory.tenant_id,
        "accountName": directory.initial_domain.partition(".")[0],
        "appliesTo": "User",
        "capabilityStatus": "Enabled" if enabled else "Suspended",
        "consumedUnits": consumed,
        "prepaidUnits": {
            "enabled": enabled,
            "lockedOut": 0,
            "suspended": 0,
            "warning": 0,
        },
        "servicePlans": _plans(sku),
        "skuId": sku_id,
        "skuPartNumber": sku.part_number,
        "subscriptionIds": [str(uuid.uuid5(uuid.UUID(directory.tenant_id), sku_id))],
    }


def list_skus(call: Call) -> Answer:
    directory = call.directory
    skus = [_subscription(directory, sku_id, call.now) for sku_id in directory.enabled]
    wanted = call.options.get("select")
    if wanted:
        names = {"id", *(name.strip() for name in wanted.split(","))}
        skus = [{k: v for k, v in sku.items() if k in names} for sku in skus]
    return reply_list(call, "subscribedSkus", skus)


def read_sku(call: Call) -> Answer:
    key = call.params[0]
    sku_id = key.rpartition("_")[2].lower()
    if sku_id not in call.directory.enabled:
        raise not_found(key)
    found = _subscription(call.directory, sku_id, call.now)
    return reply(call, "subscribedSkus/$entity", found)


def license_details(call: Call) -> Answer:
    account = found_user(call)
    details = [
        {
            "id": str(uuid.uuid5(uuid.UUID(account.id), held.sku_id)),
            "skuId": held.sku_id,
            "skuPartNumber": SKUS_BY_ID[held.sku_id].part_number,
            "servicePlans": _plans(SKUS_BY_ID[held.sku_id], held.disabled),
        }
        for held in account.licences
    ]
    return reply_list(call, f"users('{account.id}')/licenseDetails", details)
