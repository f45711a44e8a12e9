"""`/_sandbox/`: what tests and operators do to the sandbox; no part of Graph.

Every call needs the header `X-Sandbox-Key`. Answers are plain JSON, errors are
`{"error": "what is wrong"}` with 400, 401 or 404.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from provisioner.sandbox.tenant.bulk import raw_users, seed_users
from provisioner.sandbox.tenant.bulk_groups import Seeded, seed_groupings
from provisioner.sandbox.tenant.call import Answer
from provisioner.sandbox.tenant.catalogue import SKUS, SKUS_BY_ID
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.faults import Rule
from provisioner.sandbox.tenant.mails import kept_mails
from provisioner.sandbox.tenant.passing import settle
from provisioner.sandbox.tenant.permissions import PermissionOrder, grant
from provisioner.sandbox.tenant.seats import Seats, set_seats
from provisioner.sandbox.tenant.seed import Conduct
from provisioner.sandbox.tenant.world import World


class Order(msgspec.Struct):
    """A call to an admin endpoint: options of the query, body as it came."""

    world: World
    options: dict[str, str]
    body: bytes
    rest: tuple[str, ...]

    def tenant(self) -> Directory:
        """The tenant of `?tenant=` by id or name; the only one where it is left out."""
        tenants = self.world.tenants
        wanted = self.options.get("tenant")
        if wanted is None and len(tenants) == 1:
            return next(iter(tenants.values()))
        for directory in tenants.values():
            if wanted in (directory.tenant_id, directory.name):
                return directory
        raise LookupError(
            f"Name one of the tenants with ?tenant=: {', '.join(tenants)}."
        )


Task: TypeAlias = Callable[[Order], Any]


class _Advance(msgspec.Struct):
    advance: float


class _Size(msgspec.Struct):
    address: str
    size: int


def _health(order: Order) -> Any:
    return {
        "status": "ok",
        "tenants": {
            directory.tenant_id: {"name": directory.name, "users": len(directory.ids)}
            for directory in order.world.tenants.values()
        },
    }


def _requests(order: Order) -> Any:
    log = order.world.log
    return {
        "total": log.calls.total(),
        "calls": dict(log.calls),
        "batched_total": log.batched.total(),
        "batched": dict(log.batched),
    }


def _reset(order: Order) -> Any:
    order.world.log.reset()
    return {}


def _list_faults(order: Order) -> Any:
    return order.world.faults.rules


def _add_faults(order: Order) -> Any:
    """One rule, or a list of them; as they are now in force."""
    rules = msgspec.json.decode(order.body, type=Rule | list[Rule])
    if isinstance(rules, Rule):
        return order.world.faults.add(rules)
    return [order.world.faults.add(rule) for rule in rules]


def _lift_faults(order: Order) -> Any:
    return {"lifted": order.world.faults.remove(order.rest[0] if order.rest else None)}


def _clock(order: Order) -> Any:
    clock = order.world.clock
    now = clock.now()
    return {"now": now, "time": moment(now), "scale": clock.scale}


def _advance(order: Order) -> Any:
    world = order.world
    world.clock.advance(msgspec.json.decode(order.body, type=_Advance).advance)
    for directory in world.tenants.values():
        settle(directory, world.clock.now(), world.conduct)
    return _clock(order)


def _seed(order: Order) -> Any:
    """A list of users, decoded one by one: all at once take twice the memory."""
    users = msgspec.json.decode(order.body, type=list[msgspec.Raw])
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    world = order.world
    now, delay = world.clock.now(), world.conduct.mailbox_delay
    return {"users": seed_users(order.tenant(), map(decode, users), now, delay)}


def _seed_groupings(order: Order) -> Any:
    """A list of groups and administrative units with their members."""
    some = msgspec.json.decode(order.body, type=list[Seeded])
    now = order.world.clock.now()
    return {"seeded": seed_groupings(order.tenant(), some, now)}


def _users(order: Order) -> Any:
    world, directory = order.world, order.tenant()
    settle(directory, world.clock.now(), world.conduct)
    return list(raw_users(directory))


def _behave(order: Order) -> Any:
    """Change the named fields of the conduct and keep the others."""
    given = msgspec.json.decode(order.body)
    known = msgspec.to_builtins(order.world.conduct)
    if set(given) - set(known):
        raise ValueError(f"Conduct has: {', '.join(known)}.")
    order.world.behave(msgspec.convert({**known, **given}, Conduct))
    return order.world.conduct


def _conduct(order: Order) -> Any:
    return order.world.conduct


def _seats(order: Order) -> Any:
    """Seats as one order says, or a list of them; answers all, by part number."""
    given = msgspec.json.decode(order.body, type=Seats | list[Seats])
    directory = order.tenant()
    for one in given if isinstance(given, list) else [given]:
        chosen = [SKUS[one.part_number].id] if one.part_number else directory.enabled
        for sku_id in list(chosen):
            set_seats(directory, sku_id, one)
    return {
        SKUS_BY_ID[sku_id].part_number: {
            "enabled": enabled,
            "consumed": directory.consumed[sku_id],
            "elsewhere": directory.elsewhere[sku_id],
            "free": directory.free(sku_id),
        }
        for sku_id, enabled in directory.enabled.items()
    }


def _mailbox(order: Order) -> Any:
    """Change what only time would: how much a mailbox holds, in bytes."""
    wanted = msgspec.json.decode(order.body, type=_Size)
    directory = order.tenant()
    account = directory.accounts[directory.owner(wanted.address.lower()) or ""]
    if account.mailbox is None:
        raise ValueError(f"{wanted.address} has no mailbox.")
    mailbox = msgspec.structs.replace(account.mailbox, size=wanted.size)
    new = msgspec.structs.replace(account, mailbox=mailbox)
    directory.accounts[account.id] = new
    return {"address": wanted.address, "size": wanted.size}


def _permissions(order: Order) -> Any:
    return order.tenant().granted


def _grant(order: Order) -> Any:
    """Give and take application permissions; answers what is held now."""
    directory = order.tenant()
    wanted = msgspec.json.decode(order.body, type=PermissionOrder)
    directory.granted = grant(directory.granted, wanted)
    return directory.granted


def _mails(order: Order) -> Any:
    """What `sendMail` was given, the oldest first."""
    return kept_mails(order.tenant())


def _forget_mails(order: Order) -> Any:
    order.tenant().mails.clear()
    return {}


def _violations(order: Order) -> Any:
    return order.world.violations


_TASKS: dict[tuple[str, str], Task] = {
    ("GET", "health"): _health,
    ("GET", "requests"): _requests,
    ("POST", "requests/reset"): _reset,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_faults,
    ("DELETE", "faults"): _lift_faults,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _advance,
    ("GET", "users"): _users,
    ("POST", "users"): _seed,
    ("POST", "groupings"): _seed_groupings,
    ("GET", "conduct"): _conduct,
    ("POST", "conduct"): _behave,
    ("POST", "skus"): _seats,
    ("POST", "mailbox"): _mailbox,
    ("GET", "permissions"): _permissions,
    ("POST", "permissions"): _grant,
    ("GET", "mails"): _mails,
    ("DELETE", "mails"): _forget_mails,
    ("GET", "violations"): _violations,
}


def administer(
    world: World,
    method: str,
    segments: tuple[str, ...],
    options: dict[str, str],
    key: str,
    body: bytes,
) -> Answer:
    """Answer a call under `/_sandbox/`; `segments` are those behind it."""
    if not hmac.compare_digest(key.encode(), world.admin_key.encode()):
        return _answer({"error": "The header X-Sandbox-Key is missing or wrong."}, 401)
    if (method, segments) == ("POST", ("dump",)):
        return Answer(200, world.dump(), content_type="application/octet-stream")
    task, rest = _TASKS.get((method, "/".join(segments))), ()
    if task is None and segments[:1] == ("faults",):
        task, rest = _TASKS.get((method, "faults")), segments[1:]  # type: ignore[assignment]
    if task is None:
        return _answer(
            {"error": f"There is no {method} /_sandbox/{'/'.join(segments)}."}, 404
        )
    try:
        return _answer(task(Order(world, options, body, rest)))
    except (msgspec.MsgspecError, LookupError, ValueError, re.error) as error:
        return _answer({"error": f"{type(error).__name__}: {error}"}, 400)


def _answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode(value), content_type="application/json")
