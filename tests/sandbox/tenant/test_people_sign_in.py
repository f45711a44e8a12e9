"""People sign in on a page, applications act for them, and permissions hold."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import html5lib
import httpx
import jwt
import pytest

VERIFIER = "a-code-verifier-that-is-long-enough-for-anyone-to-accept"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .decode()
    .rstrip("=")
)
ADDRESS = "http://127.0.0.1:5/back"


class Browser:
    """A browser that signs one person in, and the application it comes back to."""

    def __init__(self, stage: Any, seed: Any) -> None:
        self.stage, self.seed = stage, seed
        self.client = stage.client()
        self.base = f"{stage.url}/{seed.tenant_id}/oauth2/v2.0"
        self.wishes = {
            "client_id": seed.client_id,
            "redirect_uri": ADDRESS,
            "response_type": "code",
            "scope": "openid profile offline_access User.Read",
            "state": "ירוק",
            "nonce": "n-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }

    def page(self, **more: str) -> httpx.Response:
        return self.client.get(f"{self.base}/authorize", params=self.wishes | more)

    def back(self, user: str, **more: str) -> dict[str, list[str]]:
        form = self.wishes | more | {"user": user}
        answer = self.client.post(f"{self.base}/authorize", data=form)
        assert answer.status_code == 302, answer.text
        return parse_qs(urlsplit(answer.headers["Location"]).query)

    def token(self, **form: str) -> httpx.Response:
        given = {"client_id": self.seed.client_id, **form}
        return self.client.post(f"{self.base}/token", data=given)

    def redeem(self, code: str, **more: str) -> httpx.Response:
        form = {"code": code, "redirect_uri": ADDRESS, "code_verifier": VERIFIER}
        return self.token(grant_type="authorization_code", **form | more)

    def tokens(self, user: str, **more: str) -> Any:
        return self.redeem(self.back(user, **more)["code"][0]).json()


@pytest.fixture
def browser(stage: Any, seeds: Any) -> Any:
    made = Browser(stage, seeds[0])
    yield made
    made.client.close()


@pytest.fixture
def noa(create: Any) -> str:
    return str(create("noa"))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_page_lists_people_and_stands_without_scripts(
    browser: Any, noa: str
) -> None:
    answer = browser.page()
    assert "noa@nof.example" in answer.text
    assert noa in answer.text
    assert not re.search(r"<script|https?://(?!127)", answer.text)
    html5lib.HTMLParser(strict=True).parse(answer.text)
    assert "noa@nof.example" not in browser.page(sought="nobody").text
    escaped = browser.page(state='"><img>').text
    assert "<img>" not in escaped


def test_a_person_comes_back_with_tokens_that_name_her(browser: Any, noa: str) -> None:
    back = browser.back(noa)
    assert back["state"] == ["ירוק"]
    tokens = browser.redeem(back["code"][0]).json()
    keys = browser.client.get(
        f"{browser.stage.url}/{browser.seed.tenant_id}/discovery/v2.0/keys"
    ).json()
    head = jwt.get_unverified_header(tokens["id_token"])
    claims = jwt.decode(
        tokens["id_token"],
        jwt.PyJWKSet.from_dict(keys)[head["kid"]].key,
        ["RS256"],
        audience=browser.seed.client_id,
        issuer=f"{browser.stage.url}/{browser.seed.tenant_id}/v2.0",
    )
    assert (claims["oid"], claims["nonce"]) == (noa, "n-1")
    assert claims["preferred_username"] == "noa@nof.example"
    headers = bearer(tokens["access_token"])
    me = browser.client.get("me?$select=id,userPrincipalName", headers=headers).json()
    assert (me["id"], me["userPrincipalName"]) == (noa, "noa@nof.example")
    about = browser.client.get(f"{browser.stage.url}/oidc/userinfo", headers=headers)
    assert about.json()["sub"] == claims["sub"]


def test_a_code_counts_once_and_only_for_its_verifier(browser: Any, noa: str) -> None:
    code = browser.back(noa)["code"][0]
    wrong = browser.redeem(code, code_verifier="wrong").json()
    assert wrong["error_codes"] == [501481]
    elsewhere = browser.redeem(code, redirect_uri="http://127.0.0.1:6/").json()
    assert elsewhere["error"] == "invalid_grant"
    assert browser.redeem(code).status_code == 200
    assert browser.redeem(code).json()["error_codes"] == [54005]
    late = browser.back(noa)["code"][0]
    browser.stage.wait(601)
    assert browser.redeem(late).json()["error_codes"] == [70008]


def test_without_a_challenge_the_client_shows_its_secret(
    browser: Any, noa: str
) -> None:
    code = browser.back(noa, code_challenge="")["code"][0]
    assert browser.redeem(code).json()["error_codes"] == [7000218]
    wrong = browser.redeem(code, client_secret="wrong").json()
    assert wrong["error_codes"] == [7000215]
    right = browser.redeem(code, client_secret=browser.seed.client_secret)
    assert right.status_code == 200


def test_a_refresh_token_works_until_the_person_is_disabled(
    browser: Any, graph: httpx.Client, noa: str
) -> None:
    tokens = browser.tokens(noa)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    again = browser.token(**form).json()
    assert again["access_token"] != tokens["access_token"]
    graph.patch(f"users/{noa}", json={"accountEnabled": False}).raise_for_status()
    assert browser.token(**form).json()["error_codes"] == [50057]
    headers = bearer(again["access_token"])
    assert browser.client.get("me", headers=headers).status_code == 401
    assert "noa@nof.example" not in browser.page().text


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"redirect_uri": "https://thief.example/"}, "AADSTS50011"),
        ({"redirect_uri": "javascript:alert(1)"}, "AADSTS50011"),
        ({"client_id": "someone"}, "AADSTS700016"),
    ],
)
def test_nobody_is_sent_to_a_stranger(
    browser: Any, wish: dict[str, str], says: str
) -> None:
    answer = browser.page(**wish)
    assert answer.status_code == 400
    assert says in answer.text
    assert "Location" not in answer.headers


def test_faults_of_the_application_go_back_to_it(browser: Any) -> None:
    for wish, error in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "login_required"),
        ({"scope": ""}, "invalid_request"),
    ):
        location = browser.page(**wish).headers["Location"]
        assert parse_qs(urlsplit(location).query)["error"] == [error]


def test_a_person_reads_herself_and_writes_nobody_else(
    browser: Any, create: Any, noa: str
) -> None:
    adi = create("adi")
    headers = bearer(browser.tokens(noa)["access_token"])
    client = browser.client
    assert client.get(f"users/{adi}", headers=headers).status_code == 403
    headers = bearer(browser.tokens(noa, scope="User.ReadWrite.All")["access_token"])
    assert client.get(f"users/{adi}", headers=headers).status_code == 200
    wish = {"jobTitle": "Wizard"}
    assert client.patch(f"users/{adi}", json=wish, headers=headers).status_code == 403
    mine = {"requests": [{"id": "1", "method": "GET", "url": "/me"}]}
    batched = client.post("$batch", json=mine, headers=headers).json()
    assert batched["responses"][0]["body"]["id"] == noa


def test_an_application_has_no_me_at_all(graph: httpx.Client) -> None:
    for method, path in (("GET", "me"), ("POST", "me/sendMail"), ("GET", "me/x")):
        answer = graph.request(method, path, json={} if method == "POST" else None)
        assert answer.status_code == 400
        assert "delegated authentication" in answer.json()["error"]["message"]


def granted(stage: Any, seed: Any, *roles: str) -> httpx.Client:
    """A client of an application that holds these permissions alone."""
    stage.order("POST", "permissions?tenant=galil", {"granted": list(roles)})
    form = {
        "grant_type": "client_credentials",
        "client_id": seed.client_id,
        "client_secret": seed.client_secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    url = f"{stage.url}/{seed.tenant_id}/oauth2/v2.0/token"
    with stage.client() as asking:
        token = asking.post(url, data=form).json()["access_token"]
    client: httpx.Client = stage.client()
    client.headers.update(bearer(token))
    return client


def test_a_reader_reads_and_writes_nothing(stage: Any, seeds: Any, noa: str) -> None:
    with granted(stage, seeds[0], "User.Read.All") as client:
        assert client.get("users/delta").status_code == 200
        assert client.get(f"users/{noa}").status_code == 200
        for answer in (
            client.patch(f"users/{noa}", json={"jobTitle": "x"}),
            client.delete(f"users/{noa}"),
            client.get("domains"),
            client.post(f"users/{noa}/assignLicense", json={}),
        ):
            assert answer.status_code == 403
            code = answer.json()["error"]["code"]
            assert code == "Authorization_RequestDenied"
        assert client.get(f"users/{noa}/mailboxSettings").status_code == 403


def test_narrow_permissions_reach_no_further(stage: Any, seeds: Any, noa: str) -> None:
    roles = ("User.ReadBasic.All", "User.EnableDisableAccount.All")
    with granted(stage, seeds[0], *roles) as client:
        off = {"accountEnabled": False}
        assert client.patch(f"users/{noa}", json=off).status_code == 204
        more = {**off, "jobTitle": "x"}
        assert client.patch(f"users/{noa}", json=more).status_code == 403
        assert client.get("users?$select=id,displayName").status_code == 200
        assert client.get("users?$select=id,employeeId").status_code == 403


def test_a_claims_challenge_says_what_it_wants(stage: Any, graph: httpx.Client) -> None:
    stage.fault("claims_challenge", path="/users", count=1)
    answer = graph.get("users")
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in challenge
    found = re.search(r'claims="([^"]+)"', challenge)
    assert found is not None
    assert "nbf" in json.loads(base64.b64decode(found[1]))["access_token"]
    assert graph.get("users").status_code == 200
