"""The Exchange commands that make one change, whether sent or typed by a person."""

from __future__ import annotations

from typing import Any, cast

from provisioner.kinds.mailbox.aliases import edits
from provisioner.kinds.mailbox.replies import reply_page
from provisioner.kinds.shared_mailbox.spec import (
    FULL_ACCESS,
    MEMBER,
    RIGHTS,
    SharedMailboxSpec,
    exchange_name,
)
from provisioner.model.change import Action, Change, FieldChange
from provisioner.providers.graph.exchange_command import (
    Command,
    add_full_access,
    add_send_as,
    address_edit,
    new_shared_mailbox,
    powershell,
    remove_full_access,
    remove_send_as,
    set_mailbox,
    set_reply,
)


def create_command(change: Change) -> Command:
    spec = cast("SharedMailboxSpec", change.spec)
    name = exchange_name(change.municipality, spec.address)
    return new_shared_mailbox(
        change.key,
        name=name,
        alias=name,
        address=spec.address,
        display_name=spec.display_name,
    )


def edit_commands(change: Change, mailbox: str) -> list[Command]:
    """Everything after the create; ids are the change's key, `#` and a number."""
    found: list[Command] = []
    fields = {one.field: one for one in change.fields}
    if given := _properties(fields, is_new=change.action is Action.CREATE):
        found.append(set_mailbox("", mailbox, **given))
    for name, field in fields.items():
        if name.startswith(MEMBER):
            found += _rights(field, mailbox)
    reply = fields.get("auto_reply")
    if reply is not None and (reply.after or reply.before):
        found.append(set_reply("", mailbox, reply_page(reply.after or "")))
    return [
        Command(f"{change.key}#{number}", one.name, one.parameters)
        for number, one in enumerate(found)
    ]


def _properties(fields: dict[str, FieldChange], *, is_new: bool) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if "display_name" in fields and not is_new:
        given["DisplayName"] = fields["display_name"].after
    if "enabled" in fields and not is_new:
        given["HiddenFromAddressListsEnabled"] = not fields["enabled"].after
    if "aliases" in fields:
        one = fields["aliases"]
        add, remove = edits(one.before or (), one.after or ())
        if add or remove:
            given["EmailAddresses"] = address_edit(add, remove)
    return given


def _rights(field: FieldChange, mailbox: str) -> list[Command]:
    person = field.field.removeprefix(MEMBER)
    before, after = field.before or (), field.after or ()
    found = []
    for right in RIGHTS:
        if right in after and right not in before:
            make = add_full_access if right == FULL_ACCESS else add_send_as
            found.append(make("", mailbox, person))
        elif right in before and right not in after:
            take = remove_full_access if right == FULL_ACCESS else remove_send_as
            found.append(take("", mailbox, person))
    return found


def by_hand(change: Change, tenant: str) -> tuple[str, ...]:
    """What a person types instead of us, and why; Exchange Online PowerShell."""
    lines = []
    if change.action is Action.CREATE:
        lines.append(powershell(create_command(change)))
    lines += [powershell(one) for one in edit_commands(change, change.name)]
    fields = {one.field for one in change.fields}
    if change.action is Action.CREATE or "sign_in" in fields:
        lines.append(f"Update-MgUser -UserId '{change.name}' -AccountEnabled:$false")
    why = f"# {change.name} stays undone: tenant {tenant} has exchange: off in cluster.yml."
    return (why, *lines)
