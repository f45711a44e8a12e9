"""Examples of the description, put together from those of each member."""

from __future__ import annotations

from typing import Any

import msgspec

from provisioner.portal.api.problems import Problem, Wrong

_KINDS = {
    401: "token",
    409: "conflict",
    412: "stale",
    422: "invalid",
    428: "unconditional",
    500: "broken",
    503: "away",
}


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """One value that fits a schema. Raises `LookupError` for a text that has none."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for joined in ("anyOf", "oneOf"):
        if joined in schema:
            return example_of(schema[joined][0], schemas)
    return _of_type(schema, schemas)


def _of_type(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        members = schema.get("properties", {})
        return {name: example_of(one, schemas) for name, one in members.items()}
    if kind == "array":
        return [example_of(schema["items"], schemas)]
    if kind == "boolean":
        return False
    if kind == "integer":
        return schema.get("minimum", 1)
    raise LookupError(f"no example: {schema}")


def error_example(status: int) -> dict[str, Any]:
    """An error of a status, as it is sent."""
    wrong = [Wrong("Input should be less than 366", pointer="/days")]
    number = "4f1c2a9b" if status == 500 else ""
    made = Problem(
        status,
        _KINDS.get(status, ""),
        wrong=wrong if status == 422 else (),
        number=number,
    )
    told: dict[str, Any] = msgspec.json.decode(made.response().body)
    return told
