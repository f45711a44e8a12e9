"""Bad days at the vendor: faults that the tenant answers with for a while.

`path` is a regular expression over `/v1.0/...`; `count` is how many calls are struck.
Each function answers with a sentence that says what was done.
"""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.outsider import order, tenant_of
from provisioner.sandbox.state import SandboxState


def _fault(state: SandboxState, action: str, **rule: Any) -> None:
    given = {name: one for name, one in rule.items() if one is not None}
    order(state, "POST", "faults", {"action": action, **given})


def _times(count: int | None) -> str:
    return "until it is mended" if count is None else f"{count} time(s)"


def throttle(
    state: SandboxState, *, count: int = 20, seconds: float = 2.0, path: str = ""
) -> str:
    """The tenant answers 429 and asks to wait for some seconds."""
    _fault(state, "throttle", count=count, retry_after=seconds, path=path)
    return f"The tenant throttles {_times(count)}, {seconds:g} s each."


def unavailable(
    state: SandboxState, *, count: int = 5, seconds: float = 1.0, path: str = ""
) -> str:
    """The tenant answers 503 without doing what was asked."""
    _fault(state, "unavailable", count=count, retry_after=seconds, path=path)
    return f"The tenant is unavailable {_times(count)}."


def unavailable_after_commit(
    state: SandboxState, *, count: int = 1, path: str = "^/v1.0/users$"
) -> str:
    """The tenant does what was asked and answers 503 all the same."""
    rule = {"count": count, "path": path, "method": "POST"}
    _fault(state, "unavailable_after_commit", **rule)
    return f"The tenant hides its success behind a 503 {_times(count)}."


def lag(state: SandboxState, *, seconds: float = 30.0) -> str:
    """Reads show for some seconds what was before a write."""
    order(state, "POST", "conduct", {"replication_lag": seconds})
    return f"The tenant's replicas lag by up to {seconds:g} s."


def empty_page(
    state: SandboxState, *, count: int = 1, path: str = "^/v1.0/users"
) -> str:
    """A page in the middle of a list is empty and has a next link."""
    _fault(state, "empty_page", count=count, path=path)
    return f"The tenant gives an empty page {_times(count)}."


def cut(
    state: SandboxState, *, count: int = 1, path: str = "", value: str = "cut"
) -> str:
    """The connection ends without an answer, or in its middle (value: truncated)."""
    _fault(state, value, count=count, path=path)
    return f"The connection ends too early {_times(count)}."


def slow(
    state: SandboxState, *, count: int = 10, seconds: float = 3.0, path: str = ""
) -> str:
    """The tenant takes some seconds for each answer."""
    _fault(state, "slow", count=count, seconds=seconds, path=path)
    return f"The tenant takes {seconds:g} s for an answer, {_times(count)}."


def slow_body(
    state: SandboxState, *, count: int = 10, seconds: float = 3.0, path: str = ""
) -> str:
    """The tenant begins its answer at once and takes some seconds to end it."""
    _fault(state, "slow_body", count=count, seconds=seconds, path=path)
    return f"The tenant's bodies take {seconds:g} s to arrive, {_times(count)}."


def duplicate_page(
    state: SandboxState, *, count: int = 1, path: str = "^/v1.0/users"
) -> str:
    """A page of a list or of a delta query comes twice."""
    _fault(state, "duplicate_page", count=count, path=path)
    return f"The tenant gives a page twice, {_times(count)}."


def html_error(state: SandboxState, *, count: int = 3, path: str = "") -> str:
    """Something in front of the tenant answers 502 with an HTML page."""
    _fault(state, "server_error_html", count=count, path=path)
    return f"The tenant answers 502 with HTML {_times(count)}."


def concurrency(
    state: SandboxState, *, count: int = 5, path: str = "assignLicense$"
) -> str:
    """The tenant is busy with another write: 409 Directory_ConcurrencyViolation."""
    _fault(state, "concurrency", count=count, path=path)
    return f"The tenant answers 409 on {path}, {_times(count)}."


def expire_token(state: SandboxState, *, count: int = 1) -> str:
    """The tenant no longer accepts the token: 401."""
    _fault(state, "expired_token", count=count, path="^/v1.0")
    return f"The tenant refuses a token, {_times(count)}."


def second_administrator(
    state: SandboxState,
    *,
    count: int = 1,
    path: str = "assignLicense$",
    value: str = "",
) -> str:
    """Another administrator writes a job title just after we wrote something."""
    edit = {"body": {"jobTitle": value}} if value else {}
    _fault(state, "second_administrator", count=count, path=path, edit=edit)
    return f"Another administrator edits behind {path}, {_times(count)}."


def forbid(
    state: SandboxState, *, count: int | None = None, path: str = "^/v1.0/users"
) -> str:
    """Somebody takes a permission from the application: 403."""
    _fault(state, "forbidden", count=count, path=path)
    return f"The application may no longer call {path}, {_times(count)}."


def expire_delta(state: SandboxState, *, count: int = 1) -> str:
    """The stored delta token is no longer accepted: 410."""
    _fault(state, "expired_delta", count=count, path="/delta")
    return f"The tenant no longer knows a delta token, {_times(count)}."


def take_seats(
    state: SandboxState, *, sku: str = "", domain: str = "", count: int = 0
) -> str:
    """Somebody gives back unused seats of a licence, or of all; count stay free."""
    left = []
    for tenant in [tenant_of(state, domain)] if domain else state.tenants:
        path = f"skus?tenant={tenant.tenant_id}"
        held = order(state, "POST", path, [])
        fewer = [
            {"part_number": name, "enabled": one["enabled"] - one["free"] + count}
            for name, one in held.items()
            if name == sku or not sku
        ]
        order(state, "POST", path, fewer)
        left += [f"{one['part_number']} in {tenant.name}" for one in fewer]
    return f"{count} seat(s) are free of {', '.join(left) or 'nothing'}."
