"""The validator finds what the vendor's schema forbids, and nothing else."""

from __future__ import annotations

import time

import msgspec
import pytest

from provisioner.sandbox.fidelity import Validator

SKU = "4b9405b0-7788-4568-add1-99614e613b69"
ID = "7a1f2f30-1111-4222-8333-444455556666"
USER = {
    "id": ID,
    "userPrincipalName": "noa@nof.example",
    "displayName": "נועה לוי",
    "jobTitle": None,
    "accountEnabled": True,
    "createdDateTime": "2026-01-05T08:00:00Z",
    "businessPhones": [],
    "assignedLicenses": [{"skuId": SKU, "disabledPlans": []}],
    "onPremisesExtensionAttributes": {"extensionAttribute15": "mark"},
}
CONTEXT = "http://127.0.0.1:1/v1.0/$metadata#"


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator.load()


def faults_of_user(validator: Validator, **changed: object) -> list[str]:
    return validator.validate("GET", f"/v1.0/users/{ID}", 200, {**USER, **changed})


def test_a_right_user_has_no_faults_alone_listed_or_created(
    validator: Validator,
) -> None:
    one = {"@odata.context": CONTEXT + "users(id,displayName)/$entity", **USER}
    assert validator.validate("GET", f"/v1.0/users/{ID}", 200, one) == []
    assert validator.validate("POST", "/v1.0/users", 201, one) == []
    listed = {"@odata.context": CONTEXT + "users(id)", "value": [USER]}
    assert validator.validate("GET", "/v1.0//users?$top=2", 200, listed) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"accountEnabled": "true"}, "accountEnabled: 'true' (str) is no Edm.Boolean"),
        ({"deviceEnrollmentLimit": True}, "deviceEnrollmentLimit: True (bool)"),
        ({"displayName": 7}, "displayName: 7 (int) is no Edm.String"),
        ({"createdDateTime": "5.1.2026"}, "createdDateTime: '5.1.2026' (str)"),
        ({"createdDateTime": "2026-13-05T08:00:00Z"}, "is no Edm.DateTimeOffset"),
        ({"assignedLicenses": [{"skuId": "E1"}]}, ".assignedLicenses[0].skuId: 'E1'"),
        ({"assignedLicenses": None}, "assignedLicenses: is null where a collection"),
        ({"businessPhones": "04-1"}, "businessPhones: is str where a collection"),
        ({"businessPhones": [None]}, "businessPhones[0]: is null and must not be"),
        ({"birthday": None}, "birthday: is null and must not be"),
        ({"display_name": "x"}, "display_name: microsoft.graph.user has no property"),
        ({"assignedLicenses": [{"sku": SKU}]}, "assignedLicenses[0].sku: microsoft"),
        ({"mailboxSettings": {"userPurpose": "person"}}, "userPurpose: 'person' (str)"),
        ({"shoeSize@odata.type": "#Int64"}, "annotates no property"),
        (
            {"@odata.type": "#microsoft.graph.domain"},
            "domain is no microsoft.graph.user",
        ),
        ({"@removed": {"reason": "gone"}}, "reason is not changed or deleted"),
    ],
)
def test_each_way_of_being_wrong_is_found_and_located(
    validator: Validator, changed: dict[str, object], told: str
) -> None:
    (fault,) = faults_of_user(validator, **changed)
    assert told in fault


def test_annotations_extensions_and_removals_are_allowed(validator: Validator) -> None:
    extension = "extension_0123456789abcdef0123456789abcdef_mark"
    assert not faults_of_user(validator, **{extension: "mark", "@odata.etag": 'W/"1"'})
    page = {
        "@odata.deltaLink": "https://graph.example/v1.0/users/delta?$deltatoken=1",
        "value": [{"id": ID, "@removed": {"reason": "deleted"}}],
    }
    assert validator.validate("GET", "/v1.0/users/delta", 200, page) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1.0/users/x/mailboxSettings", {"timeZone": 2}),
        ("/v1.0/users/x/mailboxSettings", {"workingHours": {"daysOfWeek": ["Sunday"]}}),
        ("/v1.0/users/x/licenseDetails", {"value": [{"id": "1", "skuId": "E1"}]}),
        ("/v1.0/domains/nof.example", {"id": "nof.example", "isVerified": None}),
        (
            "/v1.0/domains/nof.example/serviceConfigurationRecords",
            {
                "value": [
                    {"@odata.type": "#microsoft.graph.domainDnsMxRecord", "text": ""}
                ]
            },
        ),
        ("/v1.0/directory/deletedItems/graph.user", {"value": [{"accountEnabled": 1}]}),
        (
            "/v1.0/directory/deletedItems/microsoft.graph.user/x",
            {"displayName": []},
        ),
        ("/v1.0/directory/deletedItems/x/restore", {"@odata.type": "#nothing"}),
        ("/v1.0/subscribedSkus", {"value": [{"prepaidUnits": {"enabled": "5"}}]}),
        ("/v1.0/organization", {"value": [{"verifiedDomains": [{"isDefault": 0}]}]}),
        ("/v1.0/groups/x/members/graph.user", {"value": [{"jobTitle": 1}]}),
        ("/v1.0/users('x')", {"jobTitle": 1}),
        ("/v1.0/users/x/displayName", {"value": 1}),
        ("/v1.0/users/x/accountEnabled", {"value": "yes"}),
        ("/v1.0/auditLogs/directoryAudits", {"value": [{"activityDateTime": 0}]}),
        ("/v1.0/solutions/backupRestore", {"serviceStatus": {"status": "on"}}),
        (
            "/v1.0/users/x/authentication/temporaryAccessPassMethods",
            {"value": [{"isUsable": "x"}]},
        ),
    ],
)
def test_the_type_is_found_from_every_kind_of_path(
    validator: Validator, path: str, body: dict[str, object]
) -> None:
    assert len(validator.validate("GET", path, 200, body)) == 1


def test_a_context_must_announce_what_the_path_answers_with(
    validator: Validator,
) -> None:
    wrong = {"@odata.context": CONTEXT + "groups/$entity", **USER}
    (fault,) = validator.validate("GET", f"/v1.0/users/{ID}", 200, wrong)
    assert "announces microsoft.graph.group, not microsoft.graph.user" in fault
    listed = {"@odata.context": CONTEXT + "users", **USER}
    (fault,) = validator.validate("GET", f"/v1.0/users/{ID}", 200, listed)
    assert "announces a list of microsoft.graph.user" in fault
    settings = {"@odata.context": CONTEXT + "users('x%40y')/mailboxSettings"}
    assert not validator.validate("GET", "/v1.0/users/x/mailboxSettings", 200, settings)
    odd = {"@odata.context": CONTEXT + "Collection(microsoft.graph.user)", "value": []}
    assert not validator.validate("GET", "/v1.0/users", 200, odd)


def test_errors_must_have_the_vendors_shape(validator: Validator) -> None:
    inner = {"date": "2026-01-01T00:00:00", "request-id": "1"}
    right = {"code": "Request_BadRequest", "message": "No.", "innerError": inner}
    assert validator.validate("GET", "/v1.0/users/x", 404, {"error": right}) == []
    for body in (
        {"message": "no"},
        {"error": "no"},
        {"error": {"code": "", "message": "x"}},
        {"error": {"code": "x"}},
        {"error": {**right, "reason": "x"}},
        {"error": {**right, "details": {"code": "x"}}},
    ):
        assert validator.validate("GET", "/v1.0/users/x", 404, body), body


def test_inner_answers_of_a_batch_are_judged_by_their_own_path(
    validator: Validator,
) -> None:
    asked = msgspec.json.encode(
        {
            "requests": [
                {"id": "A", "method": "GET", "url": "/users/x?$select=id"},
                {"id": "b", "method": "DELETE", "url": "http://h/v1.0/users/x"},
                {"id": "c", "method": "POST", "url": "/users"},
            ]
        }
    )
    answers = [
        {"id": "a", "status": 200, "body": {**USER, "jobTitle": 3}},
        {"id": "b", "status": 204},
        {"id": "c", "status": 400, "body": {"error": {"code": "x"}}},
    ]
    found = validator.validate(
        "POST", "/v1.0/$batch", 200, {"responses": answers}, asked
    )
    assert [one.partition(": ")[2] for one in found] == [
        ".responses[0].body: .jobTitle: 3 (int) is no Edm.String",
        ".responses[2].body: .error.message: missing or empty",
    ]


def test_inner_answers_without_the_request_are_judged_by_their_context(
    validator: Validator,
) -> None:
    body = {"@odata.context": CONTEXT + "users/$entity", "id": None}
    answers = {"responses": [{"id": "1", "status": 200, "body": body}]}
    (fault,) = validator.validate("POST", "/v1.0/$batch", 200, answers)
    assert ".id: is null" in fault
    nameless = {"responses": [{"id": "1", "status": 200, "body": {"id": "1"}}]}
    (fault,) = validator.validate("POST", "/v1.0/$batch", 200, nameless)
    assert "no type of the schema is known" in fault


def test_bodies_are_there_exactly_where_they_belong(validator: Validator) -> None:
    assert not validator.validate("DELETE", "/v1.0/users/x", 204, b"")
    assert validator.validate("DELETE", "/v1.0/users/x", 204, b"{}")
    assert validator.validate("GET", "/v1.0/users/x", 200, b"")
    assert validator.validate("GET", "/v1.0/users", 200, b"<html>")
    assert not validator.validate("GET", "/v1.0/users/$count", 200, b"12")
    assert validator.validate("GET", "/v1.0/users/$count", 200, b'{"value": 12}')
    assert validator.validate("GET", "/v1.0/users", 200, {"value": {}})
    assert validator.validate("GET", "/v1.0/users", 200, {"value": [], "next": ""})


def test_paths_the_schema_does_not_know_are_told_and_others_left_alone(
    validator: Validator,
) -> None:
    (fault,) = validator.validate("GET", "/v1.0/planets", 200, {"value": []})
    assert "no type of the schema is known for /planets" in fault
    assert not validator.validate("POST", "/tenant/oauth2/v2.0/token", 200, {"x": 1})


def test_a_page_of_999_users_is_judged_in_milliseconds(validator: Validator) -> None:
    page = msgspec.json.encode({"value": [USER] * 999})
    took = []
    for _ in range(5):
        started = time.perf_counter()
        assert validator.validate("GET", "/v1.0/users", 200, page) == []
        took.append(time.perf_counter() - started)
    assert min(took) < 0.05
