"""Seats are counted, licences change what a user has, mailboxes come after a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
ENTERPRISE = "6fd2c87f-b296-42f0-b197-1e91e994b900"
DIRECTORY_ONLY = "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"
MAILBOX_PLAN = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"

Create = Callable[..., str]
License = Callable[..., httpx.Response]


def seats(
    graph: httpx.Client, part_number: str = "EXCHANGESTANDARD"
) -> tuple[int, int]:
    skus = {
        sku["skuPartNumber"]: sku for sku in graph.get("subscribedSkus").json()["value"]
    }
    sku = skus[part_number]
    return sku["consumedUnits"], sku["prepaidUnits"]["enabled"]


def held(graph: httpx.Client, key: str) -> list[dict[str, Any]]:
    found = graph.get(f"users/{key}?$select=assignedLicenses").json()[
        "assignedLicenses"
    ]
    assert isinstance(found, list)
    return found


def refusal(answer: httpx.Response) -> str:
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "Request_BadRequest"
    return str(error["message"])


def test_a_licence_takes_a_seat_and_gives_it_back(
    graph: httpx.Client, create: Create, license_user: License
) -> None:
    key = create("noa")
    answer = license_user(key, EXCHANGE)
    assert answer.status_code == 200
    assert answer.json()["assignedLicenses"] == [
        {"disabledPlans": [], "skuId": EXCHANGE}
    ]
    assert seats(graph) == (1, 3)
    assert license_user(key, remove=(EXCHANGE,)).status_code == 200
    assert seats(graph) == (0, 3)
    assert held(graph, key) == []


def test_the_seat_that_is_not_there_is_refused_by_the_vendors_words(
    graph: httpx.Client, create: Create, license_user: License
) -> None:
    for local in ("a", "b", "c"):
        assert license_user(create(local), EXCHANGE).status_code == 200
    late = create("late")
    assert refusal(license_user(late, EXCHANGE)) == (
        f"Subscription with SKU {EXCHANGE} does not have any available licenses."
    )
    assert held(graph, late) == []


def test_a_user_without_a_place_gets_no_licence(
    create: Create, license_user: License
) -> None:
    key = create("noa", usageLocation=None)
    assert "invalid usage location" in refusal(license_user(key, EXCHANGE))


def test_a_licence_given_again_replaces_its_disabled_plans_for_no_seat(
    graph: httpx.Client, create: Create, license_user: License
) -> None:
    key = create("noa")
    license_user(key, EXCHANGE, disabled=(MAILBOX_PLAN,))
    assert held(graph, key)[0]["disabledPlans"] == [MAILBOX_PLAN]
    license_user(key, EXCHANGE)
    assert held(graph, key)[0]["disabledPlans"] == []
    assert seats(graph) == (1, 3)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"addLicenses": [{"skuId": EXCHANGE}]}, "removeLicenses"),
        ({"addLicenses": [{"skuId": None}], "removeLicenses": []}, "Nullable=False"),
        ({"addLicenses": [{"skuId": "x"}], "removeLicenses": []}, "Edm.Guid"),
        (
            {"addLicenses": [{"skuId": MAILBOX_PLAN}], "removeLicenses": []},
            "valid company License",
        ),
        ({"addLicenses": [], "removeLicenses": [EXCHANGE]}, "corresponding license"),
        (
            {
                "addLicenses": [{"skuId": EXCHANGE, "disabledPlans": [EXCHANGE]}],
                "removeLicenses": [],
            },
            "service plan",
        ),
        (
            {
                "addLicenses": [{"skuId": EXCHANGE}, {"skuId": ENTERPRISE}],
                "removeLicenses": [],
            },
            "mutually exclusive",
        ),
    ],
)
def test_faulty_assignments_change_nothing(
    graph: httpx.Client, create: Create, body: dict[str, Any], words: str
) -> None:
    key = create("noa")
    assert words in refusal(graph.post(f"users/{key}/assignLicense", json=body))
    assert held(graph, key) == []
    assert seats(graph) == (0, 3)


def test_subscriptions_list_their_plans_and_details_tell_the_disabled(
    graph: httpx.Client, create: Create, license_user: License
) -> None:
    key = create("noa")
    license_user(key, EXCHANGE, disabled=(MAILBOX_PLAN,))
    (detail,) = graph.get(f"users/{key}/licenseDetails").json()["value"]
    assert detail["skuPartNumber"] == "EXCHANGESTANDARD"
    plans = {plan["servicePlanName"]: plan for plan in detail["servicePlans"]}
    assert plans["EXCHANGE_S_STANDARD"]["provisioningStatus"] == "Disabled"
    sku = graph.get("subscribedSkus").json()["value"][0]
    assert graph.get(f"subscribedSkus/{sku['id']}").json()["skuId"] == sku["skuId"]


def test_consumed_units_lag_behind_but_seats_do_not(
    stage: Any, graph: httpx.Client, create: Create, license_user: License
) -> None:
    stage.order("POST", "conduct", {"licence_lag": 60})
    keys = [create(local) for local in ("a", "b", "c", "d")]
    assert [license_user(key, EXCHANGE).status_code for key in keys] == [
        200,
        200,
        200,
        400,
    ]
    assert seats(graph) == (0, 3)
    assert held(graph, keys[0]) == []
    stage.wait(61)
    assert seats(graph) == (3, 3)
    assert len(held(graph, keys[0])) == 1


def test_a_mailbox_answers_only_some_time_after_the_licence(
    stage: Any, graph: httpx.Client, create: Create, license_user: License
) -> None:
    stage.order("POST", "conduct", {"mailbox_delay": 600})
    key = create("noa")
    select = f"users/{key}?$select=mail,proxyAddresses,assignedPlans,provisionedPlans"
    settings = f"users/{key}/mailboxSettings"
    assert graph.get(settings).json()["error"]["code"] == "MailboxNotEnabledForRESTAPI"
    license_user(key, EXCHANGE)
    assert graph.get(settings).status_code == 404
    waiting = graph.get(select).json()
    plan = next(p for p in waiting["assignedPlans"] if p["service"] == "exchange")
    assert (plan["capabilityStatus"], plan["servicePlanId"]) == (
        "Enabled",
        MAILBOX_PLAN,
    )
    assert (waiting["mail"], waiting["proxyAddresses"]) == (None, [])
    states = {
        p["service"]: p["provisioningStatus"] for p in waiting["provisionedPlans"]
    }
    assert states["exchange"] == "PendingActivation"
    stage.wait(601)
    ready = graph.get(select).json()
    assert ready["mail"] == "noa@nof.example"
    assert ready["proxyAddresses"] == ["SMTP:noa@nof.example"]
    states = {p["service"]: p["provisioningStatus"] for p in ready["provisionedPlans"]}
    assert states["exchange"] == "Success"
    assert graph.get(settings).status_code == 200


@pytest.mark.parametrize(
    ("sku", "disabled"), [(DIRECTORY_ONLY, ()), (EXCHANGE, (MAILBOX_PLAN,))]
)
def test_no_mailbox_comes_of_a_licence_without_a_real_exchange_plan(
    stage: Any,
    graph: httpx.Client,
    create: Create,
    license_user: License,
    sku: str,
    disabled: tuple[str, ...],
) -> None:
    key = create("noa")
    assert license_user(key, sku, disabled=disabled).status_code == 200
    stage.wait(3000)
    assert graph.get(f"users/{key}/mailboxSettings").status_code == 404


def test_without_licence_the_mailbox_is_gone_and_comes_back_with_its_settings(
    stage: Any, graph: httpx.Client, create: Create, license_user: License
) -> None:
    key = create("noa")
    settings = f"users/{key}/mailboxSettings"
    license_user(key, EXCHANGE)
    stage.wait(5)
    graph.patch(settings, json={"timeZone": "Israel Standard Time"}).raise_for_status()
    license_user(key, remove=(EXCHANGE,))
    assert graph.get(settings).status_code == 404
    stage.wait(29 * 86400)
    with stage.client() as again:
        body = {"addLicenses": [{"skuId": EXCHANGE}], "removeLicenses": []}
        again.post(f"users/{key}/assignLicense", json=body).raise_for_status()
        stage.wait(5)
        assert again.get(settings).json()["timeZone"] == "Israel Standard Time"
        body = {"addLicenses": [], "removeLicenses": [EXCHANGE]}
        again.post(f"users/{key}/assignLicense", json=body).raise_for_status()
    stage.wait(31 * 86400)
    with stage.client() as late:
        body = {"addLicenses": [{"skuId": EXCHANGE}], "removeLicenses": []}
        late.post(f"users/{key}/assignLicense", json=body).raise_for_status()
        stage.wait(5)
        assert late.get(settings).json()["timeZone"] == "UTC"
