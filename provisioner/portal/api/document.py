"""The description of the API: OpenAPI 3.1 with an example for each body and each error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from provisioner.portal.api.examples import error_example, example_of
from provisioner.portal.api.problems import MEDIA_TYPE
from provisioner.portal.api.shapes.problem import Problem

_REF = "#/components/schemas/{model}"
_ABOUT = f"""\
What the portal's pages show and do, for programs. An application sends the token that the
tenant gave it by client credentials as `Authorization: Bearer …`; its app roles say what it
may, and whose municipality it sees. What is another municipality's answers 404.

Lists come in pages: `next` is the cursor of the page after it, `Link` its address. Single
objects bear an ETag. Decisions want it back as `If-Match`. Errors are
`{MEDIA_TYPE}` (RFC 9457)."""
_ALWAYS = ("401", "403", "429", "500", "503")
_TAG = '"an-opaque-tag"'
_HEADERS = {
    "etag": ("ETag", "Changes with what is shown.", _TAG),
    "link": ("Link", "The next page, where there is one.", '</…>; rel="next"'),
    "location": ("Location", "Where to read what was made.", "/api/v1/…"),
    "retry": ("Retry-After", "Seconds to wait.", "60"),
    "challenge": ("WWW-Authenticate", "What to send.", 'Bearer realm="provisioner"'),
    "allow": ("Allow", "What this address takes.", "GET"),
}
_PARAMETERS = {
    "slug": "rameh",
    "municipality": "rameh",
    "kind": "mailbox",
    "name": "naomi@rameh.example",
    "key": "rameh/backup_job/files",
    "run_id": "20260301-063000-000-4f1c2a",
    "request_id": "R20260301-063000-000-4f1c2a",
    "if-match": _TAG,
    "if-none-match": _TAG,
    "Idempotency-Key": "hr-4711",
}
"""Examples of what is in a path or a header."""
_MEANINGS = {
    "304": "Nothing has changed since that ETag.",
    "401": "No token, or none that is good.",
    "403": "The application's roles do not allow it.",
    "404": "It is not there, or not for this application to see.",
    "409": "It is not possible, or not any more.",
    "412": "It has changed since it was read.",
    "422": "Something is wrong in the request; all of it is told.",
    "428": "If-Match is missing.",
    "429": "Too many calls.",
    "500": "A fault of ours.",
    "503": "The store, the inventory or the tenant does not answer.",
}


def text_of(app: FastAPI) -> bytes:
    """The description as it is sent; the app keeps it."""
    text = getattr(app.state, "description", None)
    if text is None:
        text = json.dumps(described(app), ensure_ascii=False).encode()
        app.state.description = text
    assert isinstance(text, bytes)  # noqa: S101
    return text


def described(app: FastAPI) -> dict[str, Any]:
    """The description as JSON-like values; `build_api(None)` has it too."""
    spec = get_openapi(
        title="provisioner",
        version="1.0.0",
        openapi_version="3.1.0",
        description=_ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=app.routes,
    )
    schemas = spec["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, own = models_json_schema([(Problem, "serialization")], ref_template=_REF)
    schemas |= own["$defs"]
    spec["components"]["securitySchemes"] = {
        "application": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of the portal's application by client credentials.",
        }
    }
    spec["security"] = [{"application": []}]
    spec["components"]["responses"] = {one: _error(one) for one in _MEANINGS}
    for operation in _operations(spec):
        _complete(operation, schemas)
    return spec


def _operations(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in spec["paths"].values():
        yield from path.values()


def _complete(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Examples for what is sent and answered, headers, and every error there can be."""
    responses = operation["responses"]
    given = {one["name"] for one in operation.get("parameters", ())}
    for one in operation.get("parameters", ()):
        if one["in"] in ("path", "header"):
            one["example"] = _PARAMETERS[one["name"]]
    if "requestBody" in operation:
        for content in operation["requestBody"]["content"].values():
            content["example"] = example_of(content["schema"], schemas)
    for status, response in responses.items():
        if status.startswith("2"):
            _succeed(status, response, given, schemas)
    for status in sorted({*responses, *_errors(operation, given)}):
        if not status.startswith("2"):
            responses[status] = {"$ref": f"#/components/responses/{status}"}
    operation["responses"] = dict(sorted(responses.items()))


def _succeed(
    status: str, response: dict[str, Any], given: set[str], schemas: dict[str, Any]
) -> None:
    for content in response["content"].values():
        content["example"] = example_of(content["schema"], schemas)
    response["description"] = "It was made." if status == "201" else "As it is now."
    named = ["etag"] if "if-none-match" in given or "if-match" in given else []
    named += ["location", "etag"] if status == "201" else []
    named += ["link"] if "cursor" in given else []
    response["headers"] = _headers(*named)
    if not named:
        del response["headers"]


def _errors(operation: dict[str, Any], given: set[str]) -> Iterator[str]:
    yield from _ALWAYS
    places = {one["in"] for one in operation.get("parameters", ())}
    if "path" in places:
        yield "404"
    if places or "requestBody" in operation:
        yield "422"
    if "if-none-match" in given:
        yield "304"
    if "if-match" in given:
        yield from ("412", "428")


def _error(status: str) -> dict[str, Any]:
    told: dict[str, Any] = {"description": _MEANINGS[status]}
    if status == "304":
        return told | {"headers": _headers("etag")}
    named = {"401": "challenge", "429": "retry", "503": "retry"}.get(status)
    if named:
        told["headers"] = _headers(named)
    schema = {"$ref": "#/components/schemas/Problem"}
    example = error_example(int(status))
    return told | {"content": {MEDIA_TYPE: {"schema": schema, "example": example}}}


def _headers(*named: str) -> dict[str, Any]:
    chosen = (_HEADERS[one] for one in dict.fromkeys(named))
    return {
        name: {"description": about, "schema": {"type": "string"}, "example": example}
        for name, about, example in chosen
    }
