"""Another administrator, who changes something behind the caller's back."""

from __future__ import annotations

import dataclasses
import uuid

import msgspec

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.refusal import Refusal
from provisioner.sandbox.tenant.routes import find_route
from provisioner.sandbox.tenant.target import split_url

_JSON = {"content-type": "application/json"}


def edit_behind(call: Call, answer: Answer) -> None:
    """Do what the rule that struck `call` says, as the first administrator.

    No quota, permission or fault holds the administrator up. An edit that the tenant
    refuses (its object is gone by now) is let go.
    """
    rule = call.rule
    assert rule is not None  # noqa: S101
    user = _touched(call, answer) or _drawn(call)
    segments, options = split_url(rule.edit.url.replace("{user}", user))
    method = rule.edit.method.upper()
    try:
        route, params = find_route(method, segments)
        if route.handler is None:
            return
        behind = dataclasses.replace(
            call,
            method=method,
            path="/" + "/".join(segments),
            segments=segments,
            options=options,
            headers=_JSON,
            body=msgspec.json.encode(rule.edit.body) if rule.edit.body else b"",
            request_id=str(uuid.uuid4()),
            template=route.template,
            params=params,
            actor=first_administrator(call.directory),
            rule=None,
        )
        route.handler(behind)
    except Refusal:
        return


def first_administrator(directory: Directory) -> str:
    """The id of the administrator that the sandbox lets act; "" where there is none."""
    return min(directory.roles.get("Global Administrator", set()), default="")


def _touched(call: Call, answer: Answer) -> str:
    """The user that the struck call was about, or that it made."""
    if call.template.startswith("/users/{user}"):
        return call.params[0]
    if (call.method, call.template) == ("POST", "/users") and answer.status == 201:
        return str(msgspec.json.decode(answer.body)["id"])
    return ""


def _drawn(call: Call) -> str:
    """A user whom the seed draws, none of the administrators and of the portal's people."""
    rule, directory = call.rule, call.directory
    assert rule is not None  # noqa: S101
    people = [
        one
        for one in directory.ids
        if one not in directory.app_roles and not directory.is_administrator(one)
    ]
    if not people:
        return ""
    return call.world.faults.chance(rule, rule.hits).choice(people)
