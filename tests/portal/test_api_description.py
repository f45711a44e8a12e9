"""The description of the API is true: its examples fit, and no answer breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from api_world import answering, token_of
from jsonschema import Draft202012Validator
from portal_world import PortalWorld
from schemathesis.checks import load_all_checks
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from provisioner.portal.api.app import build_api
from provisioner.portal.api.document import described
from provisioner.portal.app import build_app
from provisioner.portal.pace import Pace
from provisioner.portal.surroundings import Portal

CONFIG = {
    "seed": 7,
    "generation": {"max-examples": 3, "deterministic": True, "database": "none"},
    "phases": {
        "stateful": {"enabled": False},
        "coverage": {"unexpected-methods": ["DELETE"]},
    },
    "operations": [
        # Three hundred edges of one body, each held against the whole inventory, cost more
        # than all others together.
        {
            "include-name": "POST /api/v1/requests",
            "phases": {"coverage": {"enabled": False}},
            "generation": {"max-examples": 15},
        }
    ],
    "checks": {
        # What only the inventory can know (a licence, an address) is told by 422 as well;
        # nobody decides without an ETag, and what is made up is of nothing that is there.
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", 401, 403, 404, 409, 412, 422, 428]
        },
    },
}


DECISIONS = {
    "GET /api/v1/approvals/{run_id}",
    "POST /api/v1/approvals/{run_id}/approve",
    "POST /api/v1/requests/{request_id}/approve",
    "POST /api/v1/requests/{request_id}/reject",
    "POST /api/v1/requests/{request_id}/withdraw",
    "POST /api/v1/requests/{request_id}/close",
    "POST /api/v1/runs/{run_id}/cancel",
}
"""What never ends well for who tries at random; `test_api_story` has them."""


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return described(build_api(None))


def _contents(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body that is described, with a word on where."""
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            for one in operation.get("requestBody", {}).get("content", {}).values():
                yield where, one
            for status, response in operation["responses"].items():
                for one in response.get("content", {}).values():
                    yield f"{where} {status}", one
    for status, response in description["components"]["responses"].items():
        for one in response.get("content", {}).values():
            yield status, one


def test_every_body_has_an_example_that_fits(description: dict[str, Any]) -> None:
    contents = list(_contents(description))
    assert len(contents) >= 40
    for where, content in contents:
        whole = content["schema"] | {"components": description["components"]}
        faults = list(Draft202012Validator(whole).iter_errors(content["example"]))
        assert not faults, (where, faults)


def test_every_operation_names_its_errors(description: dict[str, Any]) -> None:
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            assert statuses >= {"401", "403", "429", "500", "503"}, (method, path)
            if "{" in path:
                assert "404" in statuses
            assert operation["description"]
            for one in operation.get("parameters", ()):
                assert one["in"] == "query" or "example" in one, one


def test_everybody_may_read_the_description(
    portal_world: PortalWorld, description: dict[str, Any]
) -> None:
    answer = httpx.get(f"{portal_world.url}/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == description
    assert answer.json()["openapi"] == "3.1.0"


@pytest.fixture(scope="module")
def known(portal_world: PortalWorld) -> dict[str, str]:
    """Values of path parameters that lead somewhere."""
    town, kind, name = portal_world.drifted.split("/", 2)
    return {
        "slug": portal_world.own,
        "municipality": town,
        "kind": kind,
        "name": name,
        "run_id": portal_world.run.id,
        "request_id": portal_world.request,
        "key": portal_world.backup,
    }


@pytest.fixture(scope="module")
def api(
    portal_world: PortalWorld,
    apart: Portal,
    known: dict[str, str],
    description: dict[str, Any],
) -> Iterator[Any]:
    """The description with what is there as examples, so that more than 404 is seen."""
    load_all_checks()
    text = json.dumps(description).replace("rameh", portal_world.own)
    real = json.loads(text)
    for operations in real["paths"].values():
        for operation in operations.values():
            for one in operation.get("parameters", ()):
                if one["in"] == "path":
                    one["example"] = known[one["name"]]
    bearer = {"application": {"bearer": token_of(portal_world, "it")}}
    # Calls are not counted: who tries everything at once shall see more than 429.
    with answering(build_app(apart, Pace("100000/minute"))) as url:
        given = {"auth": {"openapi": bearer}, "base-url": url}
        config = schemathesis.Config.from_dict(CONFIG | given)
        yield schemathesis.openapi.from_dict(real, config=config)


@pytest.mark.timeout(300)  # ten seconds of work, on a machine with others far more
def test_no_answer_breaks_the_description(
    api: Any, description: dict[str, Any]
) -> None:
    """Examples, edges of each parameter, and some of what is within and without them."""
    wrong, seen = [], set()
    for event in from_schema(api).execute():
        if isinstance(event, NonFatalError | FatalError):
            wrong.append(str(event))
        if not isinstance(event, ScenarioFinished):
            continue
        found = event.recorder
        seen |= {(found.label, one.status_code) for one in _answers(found)}
        wrong += [
            f"{found.label}: {one.name}: {one.failure_info.failure}\n{_told(found, case)}"
            for case, checks in found.checks.items()
            for one in checks
            if one.failure_info is not None
        ]
    assert not wrong, "\n\n".join(dict.fromkeys(wrong))
    operations = {label for label, status in seen if status < 500}
    assert len(operations) == sum(len(one) for one in description["paths"].values())
    well = {label for label, status in seen if status < 300}
    assert operations - well <= DECISIONS


def _told(recorder: Any, case: str) -> str:
    """What was asked and what was answered."""
    asked = recorder.interactions[case]
    said = asked.response and (asked.response.status_code, asked.response.text)
    return f"{asked.request.method} {asked.request.uri} {asked.request.body} {said}"


def _answers(recorder: Any) -> Iterator[Any]:
    for one in recorder.interactions.values():
        if one.response is not None:
            yield one.response
