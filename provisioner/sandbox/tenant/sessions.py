"""What concerns a user's sign-in: sessions revoked, temporary access passes."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call, reply, reply_list
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.kept import Pass
from provisioner.sandbox.tenant.recording import record, user_target
from provisioner.sandbox.tenant.refusal import bad_request, forbidden, not_found
from provisioner.sandbox.tenant.users import current, found_user

_SHORTEST, _LONGEST = 10, 43200
# Without the characters that people mistake for one another.
_ALPHABET = "abcdefghijkmnpqrstuvwxyzACDEFGHJKLMNPQRTUVWXYZ2345679@#$%^&*+"
_SESSIONS = ("signInSessionsValidFromDateTime",)


def revoke_sessions(call: Call) -> Answer:
    """End every session: refresh tokens issued before now are worth nothing."""
    account = current(call, found_user(call))
    old = account.sessions_from
    new = msgspec.structs.replace(account, sessions_from=call.now)
    lag = call.world.conduct.replication_lag
    call.directory.put(account, new, call.now, names=_SESSIONS, lag=lag)
    before = moment(old) if old is not None else None
    changed = [("StsRefreshTokensValidFrom", before, moment(call.now))]
    record(call, "Update StsRefreshTokenValidFrom Timestamp", user_target(new, changed))
    return reply(call, "Edm.Boolean", {"value": True})


def _wire(one: Pass, now: float, text: str | None = None) -> dict[str, Any]:
    over = now >= one.starts + one.minutes * 60
    early = now < one.starts
    reason = "Expired" if over else "NotYetValid" if early else "EnabledByPolicy"
    return {
        "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
        "id": one.id,
        "createdDateTime": moment(one.created),
        "startDateTime": moment(one.starts),
        "lifetimeInMinutes": one.minutes,
        "isUsableOnce": one.once,
        "isUsable": not over and not early,
        "methodUsabilityReason": reason,
        "temporaryAccessPass": text,
    }


def _what(account: Account) -> str:
    return f"users('{account.id}')/authentication/temporaryAccessPassMethods"


def list_passes(call: Call) -> Answer:
    account = found_user(call)
    passes = call.directory.passes.get(account.id, [])
    rows = [_wire(one, call.now) for one in passes]
    return reply_list(call, _what(account), rows)


def read_pass(call: Call) -> Answer:
    account = found_user(call)
    one = _found(call, account)
    return reply(call, f"{_what(account)}/$entity", _wire(one, call.now))


def _found(call: Call, account: Account) -> Pass:
    for one in call.directory.passes.get(account.id, ()):
        if one.id == call.params[1]:
            return one
    raise not_found(call.params[1])


def create_pass(call: Call) -> Answer:
    """A pass; it is told in this answer and never again. A user has one at a time."""
    account = current(call, found_user(call))
    if call.directory.is_administrator(account.id):
        raise forbidden()
    body = call.document()
    minutes = body.get("lifetimeInMinutes") or 60
    if type(minutes) is not int or not _SHORTEST <= minutes <= _LONGEST:
        raise bad_request(
            "Invalid value for lifetimeInMinutes.", "InvalidValue", "lifetimeInMinutes"
        )
    starts = _start(call, body.get("startDateTime"))
    kept = call.directory.passes.setdefault(account.id, [])
    kept[:] = [one for one in kept if call.now < one.starts + one.minutes * 60]
    if kept:
        raise bad_request("A Temporary Access Pass already exists for this user.")
    text = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    digest = hashlib.sha256(text.encode()).hexdigest()
    once = bool(body.get("isUsableOnce", False))
    one = Pass(str(uuid.uuid4()), digest, call.now, starts, minutes, once)
    kept.append(one)
    _record(call, "Admin registered security info", account)
    row = _wire(one, call.now, text)
    return reply(call, f"{_what(account)}/$entity", row, 201)


def _start(call: Call, given: Any) -> float:
    if given is None:
        return call.now
    try:
        return max(datetime.fromisoformat(given).timestamp(), call.now)
    except (TypeError, ValueError):
        raise bad_request(
            "Invalid value for startDateTime.", "InvalidValue", "startDateTime"
        ) from None


def delete_pass(call: Call) -> Answer:
    account = current(call, found_user(call))
    one = _found(call, account)
    call.directory.passes[account.id].remove(one)
    _record(call, "Admin deleted security info", account)
    return Answer(204)


def _record(call: Call, activity: str, account: Account) -> None:
    record(call, activity, user_target(account), service="Authentication Methods")
