"""Mailbox settings: the vendor's defaults, what can be set, how it reads back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
WANTED = {
    "language": {"locale": "he-IL"},
    "timeZone": "Israel Standard Time",
    "dateFormat": "dd/MM/yyyy",
    "timeFormat": "HH:mm",
    "workingHours": {
        "daysOfWeek": ["sunday", "monday", "tuesday", "wednesday", "thursday"],
        "startTime": "08:00:00",
        "endTime": "16:00:00",
        "timeZone": {"name": "Israel Standard Time"},
    },
}


@pytest.fixture
def mailbox(
    stage: Any,
    create: Callable[..., str],
    license_user: Callable[..., httpx.Response],
) -> str:
    """The path of the settings of a mailbox that answers."""
    key = create("noa")
    license_user(key, EXCHANGE).raise_for_status()
    stage.wait(5)
    return f"users/{key}/mailboxSettings"


def test_a_new_mailbox_is_american_and_in_utc(
    graph: httpx.Client, mailbox: str
) -> None:
    found = graph.get(mailbox).json()
    assert found["language"] == {
        "locale": "en-US",
        "displayName": "English (United States)",
    }
    assert found["timeZone"] == "UTC"
    assert found["userPurpose"] == "user"
    assert found["workingHours"]["daysOfWeek"][0] == "monday"


def test_what_is_set_stays_and_reads_back_as_the_vendor_writes_it(
    graph: httpx.Client, mailbox: str
) -> None:
    answer = graph.patch(mailbox, json=WANTED)
    assert answer.status_code == 200
    found = graph.get(mailbox).json()
    assert found["language"] == {"locale": "he-IL", "displayName": "Hebrew (Israel)"}
    assert found["timeZone"] == "Israel Standard Time"
    assert found["workingHours"] == {
        **WANTED["workingHours"],
        "startTime": "08:00:00.0000000",
        "endTime": "16:00:00.0000000",
    }
    assert found["automaticRepliesSetting"]["status"] == "disabled"
    hours = graph.get(f"{mailbox}/workingHours").json()
    assert hours["endTime"] == "16:00:00.0000000"
    assert graph.get(f"{mailbox}/timeZone").json()["value"] == "Israel Standard Time"
    assert set(graph.get(f"{mailbox}?$select=timeZone").json()) == {
        "@odata.context",
        "timeZone",
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"timeZone": "Mars Standard Time"}, "InvalidTimeZone"),
        ({"workingHours": {"timeZone": {"name": "nowhere"}}}, "InvalidTimeZone"),
        ({"language": {"locale": "xx-QQ"}}, "InvalidArguments"),
        ({"language": {"locale": "hebrew"}}, "InvalidArguments"),
        (
            {"workingHours": {"startTime": "16:00:00", "endTime": "08:00:00"}},
            "ErrorInvalidTimeSettings",
        ),
        ({"workingHours": {"startTime": "25:00:00"}}, "RequestBodyRead"),
        ({"workingHours": {"daysOfWeek": ["shabbat"]}}, "RequestBodyRead"),
        ({"colour": "blue"}, "RequestBodyRead"),
        ({"dateFormat": 3}, "RequestBodyRead"),
        ({"automaticRepliesSetting": {"status": "maybe"}}, "RequestBodyRead"),
    ],
)
def test_faulty_settings_change_nothing(
    graph: httpx.Client, mailbox: str, body: dict[str, Any], code: str
) -> None:
    before = graph.get(mailbox).json()
    answer = graph.patch(mailbox, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert graph.get(mailbox).json() == before


def test_iana_zones_and_arabic_are_taken(graph: httpx.Client, mailbox: str) -> None:
    body = {"timeZone": "Asia/Jerusalem", "language": {"locale": "ar-IL"}}
    found = graph.patch(mailbox, json=body).json()
    assert found["language"]["displayName"] == "Arabic (Israel)"
    assert found["timeZone"] == "Asia/Jerusalem"


def test_exchange_does_not_know_strangers(graph: httpx.Client) -> None:
    answer = graph.get("users/nobody@nof.example/mailboxSettings")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "ErrorInvalidUser"
