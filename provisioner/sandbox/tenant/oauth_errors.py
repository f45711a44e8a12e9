"""OAuth errors in the vendor's words, each with its AADSTS number."""

from __future__ import annotations

import uuid

import msgspec

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.clock import moment


def described(call: Call, code: int, text: str) -> str:
    """The description of an error as the vendor writes it."""
    trace, time = str(uuid.uuid4()), moment(call.now).replace("T", " ")
    return (
        f"AADSTS{code}: {text} Trace ID: {trace} Correlation ID:"
        f" {call.client_request_id} Timestamp: {time}"
    )


def refused(call: Call, status: int, error: str, code: int, text: str) -> Answer:
    """The answer of the token endpoint to a request it refuses."""
    body = {
        "error": error,
        "error_description": described(call, code, text),
        "error_codes": [code],
        "timestamp": moment(call.now).replace("T", " "),
        "trace_id": str(uuid.uuid4()),
        "correlation_id": call.client_request_id,
        "error_uri": f"{call.origin}/error?code={code}",
    }
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    json = "application/json; charset=utf-8"
    return Answer(status, msgspec.json.encode(body), headers, json)
