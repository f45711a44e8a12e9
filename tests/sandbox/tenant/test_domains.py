"""Domains are added, proved by DNS, set up for mail, and kept while they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

NAME = "sea.example"


def refusal(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


def test_a_new_domain_is_proved_by_its_text_record(
    stage: Any, graph: httpx.Client
) -> None:
    answer = graph.post("domains", json={"id": NAME})
    assert answer.status_code == 201
    assert answer.json()["isVerified"] is False
    records = graph.get(f"domains/{NAME}/verificationDnsRecords").json()["value"]
    by_type = {record["recordType"]: record for record in records}
    assert by_type["Txt"]["text"].startswith("MS=ms")
    assert by_type["Mx"]["preference"] == 32767
    failed = refusal(graph.post(f"domains/{NAME}/verify"))
    assert failed["message"].startswith("Domain verification failed with the following")
    stage.txt[NAME] = ["v=spf1 -all", by_type["Txt"]["text"]]
    assert graph.post(f"domains/{NAME}/verify").json()["isVerified"] is True
    assert refusal(graph.post(f"domains/{NAME}/verify"))["message"] == (
        "Domain is already verified."
    )


def test_mail_records_are_given_once_email_is_wanted(graph: httpx.Client) -> None:
    path = "domains/nof.example"
    assert graph.get(f"{path}/serviceConfigurationRecords").json()["value"] == []
    wanted = {"supportedServices": ["Email"]}
    assert graph.patch(path, json=wanted).status_code == 204
    records = graph.get(f"{path}/serviceConfigurationRecords").json()["value"]
    kinds = {record["@odata.type"].rpartition(".")[2]: record for record in records}
    assert kinds["domainDnsMxRecord"]["mailExchange"] == (
        "nof-example.mail.protection.outlook.com"
    )
    assert kinds["domainDnsMxRecord"]["preference"] == 0
    assert "include:spf.protection.outlook.com" in kinds["domainDnsTxtRecord"]["text"]
    assert kinds["domainDnsCnameRecord"]["label"] == "autodiscover.nof.example"
    assert graph.get(path).json()["supportedServices"] == ["Email"]


def test_an_unproved_domain_gives_nothing(
    graph: httpx.Client, body_of: Callable[..., dict[str, Any]]
) -> None:
    graph.post("domains", json={"id": NAME})
    refusal(graph.get(f"domains/{NAME}/serviceConfigurationRecords"))
    refusal(graph.patch(f"domains/{NAME}", json={"supportedServices": ["Email"]}))
    user = body_of("noa", userPrincipalName=f"noa@{NAME}")
    assert refusal(graph.post("users", json=user))["details"][0]["target"] == (
        "userPrincipalName"
    )


@pytest.mark.parametrize("name", ["nof.example", "NOF.example"])
def test_a_domain_twice_is_a_conflict(graph: httpx.Client, name: str) -> None:
    detail = refusal(graph.post("domains", json={"id": name}))["details"][0]
    assert (detail["code"], detail["target"]) == ("ObjectConflict", "id")


def test_faulty_names_and_more_than_a_name_are_refused(graph: httpx.Client) -> None:
    for body in (
        {},
        {"id": "עיר.example"},
        {"id": "x"},
        {"id": NAME, "isDefault": True},
    ):
        refusal(graph.post("domains", json=body))


def test_a_subdomain_of_a_proved_domain_needs_no_proof(graph: httpx.Client) -> None:
    answer = graph.post("domains", json={"id": "north.nof.example"}).json()
    assert (answer["isVerified"], answer["isRoot"]) == (True, False)
    refusal(graph.delete("domains/nof.example"))
    assert graph.delete("domains/north.nof.example").status_code == 204
    assert graph.delete("domains/nof.example").status_code == 204
    assert graph.get("domains/nof.example").status_code == 404


def test_a_domain_in_use_cannot_be_deleted(
    graph: httpx.Client, create: Callable[..., str]
) -> None:
    key = create("noa")
    refusal(graph.delete("domains/nof.example"))
    (user,) = graph.get("domains/nof.example/domainNameReferences").json()["value"]
    assert user["id"] == key
    refusal(graph.delete("domains/galil.onmicrosoft.example"))


def test_one_domain_is_the_default_one(graph: httpx.Client) -> None:
    graph.patch("domains/nof.example", json={"isDefault": True}).raise_for_status()
    domains = graph.get("domains").json()["value"]
    assert [one["id"] for one in domains if one["isDefault"]] == ["nof.example"]
    names = {
        one["name"]: one
        for one in graph.get("organization").json()["value"][0]["verifiedDomains"]
    }
    assert names["nof.example"]["isDefault"] is True


def test_a_domain_proved_in_one_tenant_is_closed_to_the_other(
    stage: Any, graph: httpx.Client, seeds: Any
) -> None:
    with stage.client(seeds[1]) as other:
        assert other.get("domains/nof.example").status_code == 404
        other.post("domains", json={"id": "nof.example"}).raise_for_status()
        records = other.get("domains/nof.example/verificationDnsRecords").json()
        stage.txt["nof.example"].append(records["value"][0]["text"])
        assert (
            "another tenant"
            in refusal(other.post("domains/nof.example/verify"))["message"]
        )


def test_the_organization_and_its_administrators_can_be_read(
    stage: Any, graph: httpx.Client
) -> None:
    (organization,) = graph.get("organization").json()["value"]
    assert organization["displayName"] == "Galil"
    assert graph.get(f"organization/{organization['id']}").status_code == 200
    (role,) = graph.get("directoryRoles?$expand=members").json()["value"]
    assert role["displayName"] == "Global Administrator"
    (member,) = role["members"]
    assert member["userPrincipalName"] == "admin@galil.onmicrosoft.example"
    listed = graph.get(f"directoryRoles/{role['id']}/members").json()["value"]
    assert [one["id"] for one in listed] == [member["id"]]
    by_template = f"directoryRoles(roleTemplateId='{role['roleTemplateId']}')/members"
    assert graph.get(by_template).json()["value"] == listed
