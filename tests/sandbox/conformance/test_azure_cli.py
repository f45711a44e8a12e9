"""azure-cli works against the sandbox as a cloud of its own, unmodified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Azure = Callable[..., Any]
PEOPLE = 231
WEAK = "12345678"
STRONG = "Xk7!quiet-olive-9"


def created(az: Azure, local: str, domain: str) -> dict[str, Any]:
    found: dict[str, Any] = az(
        *("ad", "user", "create", "--display-name", f"{local} לוי"),
        *("--user-principal-name", f"{local}@{domain}", "--password", STRONG),
    )
    return found


def test_all_users_are_listed_over_all_pages(az: Azure) -> None:
    assert len(az("ad", "user", "list")) == PEOPLE


@pytest.mark.parametrize(
    ("option", "value", "number"),
    [
        ("--filter", "department eq 'Water'", 23),
        ("--filter", "startswith(displayName,'person 22')", 11),
        ("--display-name", "Person 22", 11),
        ("--upn", "p7@galil.onmicrosoft.example", 1),
    ],
)
def test_users_are_found(az: Azure, option: str, value: str, number: int) -> None:
    assert len(az("ad", "user", "list", option, value)) == number


def test_a_user_is_created_shown_changed_and_deleted(az: Azure, domain: str) -> None:
    user = created(az, "noa", domain)
    shown = az("ad", "user", "show", "--id", f"noa@{domain}")
    assert (shown["id"], shown["displayName"]) == (user["id"], "noa לוי")
    az("ad", "user", "update", "--id", user["id"], "--display-name", "נועה")
    assert az("ad", "user", "show", "--id", user["id"])["displayName"] == "נועה"
    az("ad", "user", "delete", "--id", user["id"])
    complaint = az("ad", "user", "show", "--id", user["id"], fails=True)
    assert "does not exist" in complaint


def test_a_weak_password_is_refused_in_the_vendors_words(
    az: Azure, domain: str
) -> None:
    complaint = az(
        *("ad", "user", "create", "--display-name", "x", "--password", WEAK),
        *("--user-principal-name", f"weak@{domain}"),
        fails=True,
    )
    assert "password complexity requirements" in complaint


def test_raw_requests_carry_options_headers_and_bodies(az: Azure, domain: str) -> None:
    root = az("cloud", "show")["endpoints"]["microsoftGraphResourceId"].rstrip("/")
    headers = ("--headers", "ConsistencyLevel=eventual")
    listed = az(
        *("rest", "--method", "get", *headers, "--url"),
        f'{root}/v1.0/users?$count=true&$search="displayName:person"&$top=5'
        "&$select=id,displayName",
    )
    assert (len(listed["value"]), listed["@odata.count"]) == (5, 230)
    user = f"{root}/v1.0/users/p9@{domain}"
    body = '{"jobTitle": "מהנדסת"}'
    az("rest", "--method", "patch", "--url", user, "--body", body)
    shown = az("rest", "--url", f"{user}?$select=jobTitle")
    assert shown["jobTitle"] == "מהנדסת"


def test_a_group_has_the_members_given_to_it(az: Azure, domain: str) -> None:
    group = az(
        *("ad", "group", "create", "--display-name", "ראשי הרשויות"),
        *("--mail-nickname", "heads"),
    )
    user = az("ad", "user", "show", "--id", f"p1@{domain}")
    member = ("--group", group["id"], "--member-id", user["id"])
    az("ad", "group", "member", "add", *member)
    listed = az("ad", "group", "member", "list", "--group", group["id"])
    assert [one["id"] for one in listed] == [user["id"]]
    named = az("ad", "group", "list", "--display-name", "ראשי")
    assert [one["id"] for one in named] == [group["id"]]
    assert az("ad", "group", "show", "--group", "ראשי הרשויות")["id"] == group["id"]
    az("ad", "group", "member", "remove", *member)
    assert az("ad", "group", "member", "list", "--group", group["id"]) == []
    az("ad", "group", "delete", "--group", group["id"])
    assert "does not exist" in az(
        "ad", "group", "show", "--group", group["id"], fails=True
    )


def test_an_application_has_no_me(az: Azure) -> None:
    complaint = az("ad", "signed-in-user", "show", fails=True)
    assert "delegated authentication flow" in complaint


def test_a_missing_permission_is_told(
    az: Azure, order: Callable[..., Any], domain: str
) -> None:
    order("POST", "permissions", {"without": ["Domain.ReadWrite.All"]})
    order("POST", "faults", {"action": "forbidden", "path": "/users", "count": 1})
    complaint = az("ad", "user", "show", "--id", f"p1@{domain}", fails=True)
    assert "Insufficient privileges" in complaint
