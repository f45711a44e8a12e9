"""`/users/{id}/mailboxSettings`: answered once Exchange has made the mailbox."""

from __future__ import annotations

from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account, Mailbox
from provisioner.sandbox.tenant.call import Answer, Call, reply
from provisioner.sandbox.tenant.mailbox_life import known_shared
from provisioner.sandbox.tenant.mailbox_settings import (
    changed_settings,
    full_settings,
    keep_settings,
)
from provisioner.sandbox.tenant.refusal import Refusal, no_mailbox


def _opened(call: Call) -> tuple[Account, Mailbox]:
    """The user and its ready mailbox; Exchange refuses strangers in its own words."""
    key = call.params[0]
    shown = call.reader.find(key)
    account = shown and call.directory.accounts.get(shown.id)
    if account is None or account.deleted is not None:
        raise Refusal(
            404, "ErrorInvalidUser", f"The requested user '{key}' is invalid."
        )
    if account.mailbox is None or not account.mailbox.ready:
        raise no_mailbox()
    return account, account.mailbox


def _what(call: Call) -> str:
    return f"users('{call.params[0]}')/mailboxSettings"


def _shown(mailbox: Mailbox, now: float) -> dict[str, Any]:
    """All settings; that a mailbox was converted shows after the lag."""
    settings = full_settings(mailbox.settings)
    if settings["userPurpose"] in ("user", "shared"):
        purpose = "shared" if known_shared(mailbox, now) else "user"
        settings = {**settings, "userPurpose": purpose}
    return settings


def read_settings(call: Call) -> Answer:
    _, mailbox = _opened(call)
    settings = _shown(mailbox, call.now)
    wanted = call.options.get("select")
    if wanted:
        names = {name.strip().lower() for name in wanted.split(",")}
        settings = {k: v for k, v in settings.items() if k.lower() in names}
    return reply(call, _what(call), settings)


def read_setting(call: Call) -> Answer:
    _, mailbox = _opened(call)
    wanted = call.params[1].lower()
    for name, value in _shown(mailbox, call.now).items():
        if name.lower() == wanted:
            found = value if isinstance(value, dict) else {"value": value}
            return reply(call, f"{_what(call)}/{name}", found)
    raise Refusal(
        400, "BadRequest", f"Resource not found for the segment '{call.params[1]}'."
    )


def change_settings(call: Call) -> Answer:
    account, mailbox = _opened(call)
    settings = changed_settings(full_settings(mailbox.settings), call.document())
    kept = keep_settings(settings)
    if kept != mailbox.settings:
        new = msgspec.structs.replace(
            account, mailbox=msgspec.structs.replace(mailbox, settings=kept)
        )
        # Kept by Exchange, not by the directory: no entry in its log, no lag.
        call.directory.accounts[account.id] = new
    return reply(call, _what(call), settings)
