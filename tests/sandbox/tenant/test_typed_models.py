"""Every kind of answer parses with the SDK's typed models, and nothing is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import httpx
import msgspec
import pytest

from provisioner.sandbox.schema_paths import answer_of, answer_of_context
from provisioner.sandbox.schema_types import Types
from provisioner.sandbox.tenant.app import build_app

# The SDK's own modules use what its base library has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SKU = "4b9405b0-7788-4568-add1-99614e613b69"
USER = (
    "id,displayName,accountEnabled,employeeId,usageLocation,assignedLicenses,"
    "assignedPlans,provisionedPlans,identities,proxyAddresses,createdDateTime,"
    "onPremisesExtensionAttributes,licenseAssignmentStates,passwordProfile,businessPhones,"
    "securityIdentifier,deletedDateTime,employeeHireDate,employeeOrgData,otherMails"
)
Recorded = list[tuple[str, int, bytes]]


@pytest.fixture
def recorded(
    stage: Any, graph: httpx.Client, theatre: tuple[str, dict[str, Any]]
) -> Iterator[Recorded]:
    """Path, status and body of every answer from now on, those inside batches too."""
    seen: Recorded = []

    def keep(method: str, path: str, status: int, body: bytes) -> list[str]:
        seen.append((path, status, body))
        return []

    theatre[1]["app"] = build_app(stage.world, resolve_txt=stage.txt.get, validate=keep)
    return seen  # type: ignore[return-value]


def a_day(stage: Any, client: httpx.Client, user: dict[str, Any]) -> None:
    """What an apply and a drift ask of the tenant, and what breaks things between."""
    made = client.post("users", json=user).json()["id"]
    adding = {
        "addLicenses": [{"skuId": SKU, "disabledPlans": []}],
        "removeLicenses": [],
    }
    client.post(f"users/{made}/assignLicense", json=adding)
    stage.wait(60)
    zone = {"timeZone": "Israel Standard Time", "language": {"locale": "he-IL"}}
    client.patch(f"users/{made}/mailboxSettings", json=zone)
    group = {
        "displayName": "Heads",
        "mailNickname": "heads",
        "mailEnabled": False,
        "securityEnabled": True,
    }
    group_id = client.post("groups", json=group).json()["id"]
    tie = {"@odata.id": f"{client.base_url}directoryObjects/{made}"}
    client.post(f"groups/{group_id}/members/$ref", json=tie)
    unit = {"displayName": "Nof"}
    unit_id = client.post("directory/administrativeUnits", json=unit).json()["id"]
    client.post(f"directory/administrativeUnits/{unit_id}/members/$ref", json=tie)
    asked = [
        *("users?$top=5", f"users?$select={USER}", f"users/{made}", "users/delta"),
        *("users?$filter=shoes eq 1", f"users/{made}/licenseDetails", "subscribedSkus"),
        *(f"users/{made}/mailboxSettings", f"users/{made}/memberOf", "domains"),
        *("domains/nof.example/verificationDnsRecords", "organization"),
        *("domains/nof.example/serviceConfigurationRecords", "directoryRoles"),
        *("groups", "groups/delta", f"groups/{group_id}", f"groups/{group_id}/members"),
        *(f"groups/{group_id}?$expand=members", "directory/administrativeUnits"),
        *(f"directory/administrativeUnits/{unit_id}/members", "users/nobody"),
        *("auditLogs/directoryAudits", "directory/deletedItems/microsoft.graph.user"),
    ]
    gone = {"userPrincipalName": "gone@nof.example", "mailNickname": "gone"}
    client.delete(f"users/{client.post('users', json=user | gone).json()['id']}")
    requests = [
        {"id": str(at), "method": "GET", "url": f"/{path}"}
        for at, path in enumerate(asked)
    ]
    for start in range(0, len(requests), 20):
        some = requests[start : start + 20]
        client.post("$batch", json={"requests": some}).raise_for_status()


def leftovers(model: Any) -> list[str]:
    """Names in or below a typed model that the SDK did not know, annotations left out."""
    if not hasattr(model, "additional_data"):
        return []
    kind = type(model).__name__
    found = [f"{kind}.{name}" for name in model.additional_data if "@" not in name]
    for value in vars(model).values():
        for part in value if isinstance(value, list) else [value]:
            found += leftovers(part)
    return found


def typed(kind: str, value: dict[str, Any]) -> Any:
    """A value as the SDK's model of its type, or of the type it names itself."""
    from kiota_serialization_json.json_parse_node import JsonParseNode

    name = str(value.get("@odata.type", kind)).rpartition(".")[2]
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    module = import_module(f"msgraph.generated.models.{snake}")
    model = getattr(module, name[:1].upper() + name[1:])
    plain = {key: one for key, one in value.items() if key[0] != "@"}
    return JsonParseNode(plain).get_object_value(model)


def test_a_days_answers_leave_nothing_over(
    stage: Any, graph: httpx.Client, recorded: Recorded, body_of: Any
) -> None:
    a_day(stage, graph, body_of("noa"))
    types, wrong, kinds = Types.load(), [], set()
    refused = sorted(path for path, status, _ in recorded if status >= 400)
    assert refused == ["/v1.0/users", "/v1.0/users/nobody"]
    for path, status, body in recorded:
        if not body or status >= 400:
            continue
        content = msgspec.json.decode(body)
        announced = answer_of(types, path.partition("v1.0")[2])
        if announced is None:
            announced = answer_of_context(types, content["@odata.context"])
        assert announced is not None, path
        for value in content.get("value", [content]):
            kinds.add(announced.type)
            wrong += [
                f"{path}: {one}" for one in leftovers(typed(announced.type, value))
            ]
    assert wrong == []
    assert len(kinds) >= 12, kinds
