"""A device without a browser signs in by a code that a person types on a page."""

from __future__ import annotations

import re
from typing import Any

import html5lib
import httpx
import pytest


class Device:
    """A device that waits, and the browser of the person who helps it."""

    def __init__(self, stage: Any, seed: Any, tenant: str = "") -> None:
        self.stage, self.seed = stage, seed
        self.client = stage.client()
        self.base = f"{stage.url}/{tenant or seed.tenant_id}/oauth2/v2.0"

    def begin(self, **more: str) -> Any:
        form = {"client_id": self.seed.client_id, "scope": "openid User.Read", **more}
        answer = self.client.post(f"{self.base}/devicecode", data=form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def poll(self, begun: Any, **more: str) -> httpx.Response:
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "client_id": self.seed.client_id,
            "device_code": begun["device_code"],
            **more,
        }
        return self.client.post(f"{self.base}/token", data=form)

    def page(self, begun: Any, **form: str) -> httpx.Response:
        given = {"user_code": begun["user_code"], **form}
        if form.keys() & {"user", "decline"}:
            return self.client.post(begun["verification_uri"], data=given)
        return self.client.get(begun["verification_uri"], params=given)


@pytest.fixture
def device(stage: Any, seeds: Any) -> Any:
    made = Device(stage, seeds[0])
    yield made
    made.client.close()


def error(answer: httpx.Response) -> str:
    assert answer.status_code == 400
    return str(answer.json()["error"])


def test_the_device_waits_until_a_person_chose_herself(
    device: Any, create: Any
) -> None:
    noa = create("noa")
    begun = device.begin()
    assert begun["user_code"] in begun["message"]
    assert begun["interval"] == 5
    assert error(device.poll(begun)) == "authorization_pending"
    shown = device.page(begun)
    assert "noa@nof.example" in shown.text
    html5lib.HTMLParser(strict=True).parse(shown.text)
    assert error(device.poll(begun)) == "authorization_pending"
    assert "signed in on your device" in device.page(begun, user=noa).text
    tokens = device.poll(begun).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = device.client.get("me?$select=id", headers=headers).json()
    assert me["id"] == noa
    assert tokens["id_token"]
    assert error(device.poll(begun)) == "invalid_grant"


def test_the_page_asks_for_the_code_first_and_helps_who_mistypes(device: Any) -> None:
    begun = device.begin()
    empty = device.client.get(begun["verification_uri"])
    assert empty.status_code == 200
    assert not re.search(r"<script|https?://(?!127)", empty.text)
    html5lib.HTMLParser(strict=True).parse(empty.text)
    wrong = device.page({**begun, "user_code": "NONSENSE"})
    assert wrong.status_code == 400
    assert "did not work" in wrong.text
    html5lib.HTMLParser(strict=True).parse(wrong.text)
    code = begun["user_code"].lower()
    typed = device.page({**begun, "user_code": f" {code[:4]}-{code[4:]} "})
    assert "Sign in to Galil" in typed.text


def test_a_person_can_decline_and_a_code_is_for_one_sign_in(
    device: Any, create: Any
) -> None:
    begun = device.begin()
    assert "declined" in device.page(begun, decline="1").text
    assert error(device.poll(begun)) == "authorization_declined"
    assert "already used" in device.page(begun, user=create("noa")).text


def test_who_cannot_sign_in_cannot_do_so_for_a_device(
    device: Any, create: Any, graph: httpx.Client
) -> None:
    gone = create("gone")
    graph.patch(f"users/{gone}", json={"accountEnabled": False}).raise_for_status()
    begun = device.begin()
    assert "gone@nof.example" not in device.page(begun).text
    assert "AADSTS50057" in device.page(begun, user=gone).text
    assert error(device.poll(begun)) == "authorization_pending"


def test_codes_expire_and_foreign_ones_count_nothing(device: Any, create: Any) -> None:
    begun = device.begin()
    assert error(device.poll({"device_code": "none"})) == "bad_verification_code"
    device.stage.wait(901)
    assert error(device.poll(begun)) == "expired_token"
    assert "did not work" in device.page(begun, user=create("noa")).text


def test_requests_that_are_not_whole_are_refused(device: Any, seeds: Any) -> None:
    url = f"{device.base}/devicecode"
    bare = device.client.post(url, data={"client_id": device.seed.client_id})
    assert "AADSTS900144" in bare.json()["error_description"]
    other = {"client_id": seeds[1].client_id, "scope": "openid"}
    assert error(device.client.post(url, data=other)) == "unauthorized_client"
    common = Device(device.stage, device.seed, "organizations")
    assert common.begin()["device_code"]
    common.client.close()
