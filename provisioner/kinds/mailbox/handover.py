"""What becomes of the mailbox of somebody who left, and how it is all undone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.kinds.mailbox.replies import in_all_languages, reply_page
from provisioner.kinds.mailbox.spec import Handover, MailboxSpec
from provisioner.model.change import FieldChange
from provisioner.model.cluster import Leavers
from provisioner.model.municipality import Municipality, Names
from provisioner.model.resource import Departure
from provisioner.model.three_way import field_changes
from provisioner.providers.graph.exchange_command import (
    Command,
    add_full_access,
    get_statistics,
    powershell,
    remove_full_access,
    set_mailbox,
    set_reply,
)

HIDDEN, SHARED, AUTO_REPLY, ACCESS = "hidden", "shared", "auto_reply", "access "
# Above it a shared mailbox needs a licence of its own (the vendor's limits page).
LARGEST_UNLICENSED = 50 << 30


class LeftBehind(Struct, frozen=True):
    """What was read of the mailbox of somebody who left or is coming back.

    `handover` is None where there is no mailbox; `reason` says why it could not be read.
    `known_shared` is whether the directory, too, takes it for a shared one; `size` is in
    bytes, None where nobody looked.
    """

    handover: Handover | None = None
    reason: str = ""
    known_shared: bool = False
    size: int | None = None

    @property
    def too_large(self) -> bool:
        return self.size is not None and self.size > LARGEST_UNLICENSED

    @property
    def needs_no_seat(self) -> bool:
        """Whether nothing is lost with the licence: proven shared, and not too large."""
        if self.reason:
            return False
        if self.handover is None:
            return True
        shared = bool(self.handover.shared) and self.known_shared
        return shared and not self.too_large


def wanted_handover(
    policy: Leavers, home: Municipality, name: str, department: str
) -> Handover | None:
    """What the policy asks for the mailbox of a leaver called `name`."""
    if not policy.in_exchange:
        return None
    readers = None
    if policy.manager_access:
        manager = home.manager_of(department)
        readers = (manager,) if manager else ()
    return Handover(
        True if policy.hide_from_address_lists else None,
        True if policy.convert_to_shared else None,
        readers,
        _reply(policy.auto_reply, home, name) if policy.auto_reply else None,
    )


def _reply(reply: Names, home: Municipality, name: str) -> str:
    def filled(language: str) -> str:
        place = home.names.in_language(language)
        return reply.in_language(language).format(name=name, municipality=place)

    return in_all_languages(
        Names(filled("he"), filled("ar"), filled("en")), home.language
    )


def flat(given: Handover | Mapping[str, Any] | None) -> dict[str, Any]:
    """A handover as fields, one for each reader, without what is not said."""
    if given is None:
        return {}
    if isinstance(given, Handover):
        given = {name: getattr(given, name) for name in given.__struct_fields__}
    found = {
        name: given[name]
        for name in (HIDDEN, SHARED, AUTO_REPLY)
        if given.get(name) is not None
    }
    for reader in given.get("readers") or ():
        found[ACCESS + reader] = True
    return found


def is_step(field: str) -> bool:
    """Whether a change's field is one of those done in Exchange."""
    return field in (HIDDEN, SHARED, AUTO_REPLY) or field.startswith(ACCESS)


def steps_to_leave(
    want: Handover,
    have: Handover,
    last: Mapping[str, Any] | None,
    touched: Iterable[str],
) -> tuple[FieldChange, ...]:
    """What differs from `want`; who took over before and does no longer, loses access."""
    desired, seen = flat(want), flat(have)
    if want.readers is not None:
        gone = {one for one in touched if one.startswith(ACCESS)} - {*desired}
        desired |= dict.fromkeys(sorted(gone), False)
    readers = {name: False for name in desired if name.startswith(ACCESS)}
    before = flat(last) if last else None
    return field_changes(desired, readers | seen, before, list(desired))


def steps_to_return(
    touched: Iterable[str], have: Handover | None
) -> tuple[FieldChange, ...]:
    """What of `touched` is still in force and has to go; unread (None), all of it."""
    seen = flat(have)
    found = []
    for name in touched:
        before = seen.get(name) if have is not None else True
        if before:
            found.append(FieldChange(name, before, "" if name == AUTO_REPLY else False))
    return tuple(found)


def touched_steps(
    departure: Departure, policy: Leavers, home: Municipality, spec: MailboxSpec
) -> tuple[str, ...]:
    """Steps that we may have taken for somebody; where nobody knows, the policy's."""
    if departure.touched is not None:
        return departure.touched
    want = wanted_handover(policy, home, spec.display_name, spec.department)
    return tuple(flat(want))


def commands(fields: Sequence[FieldChange], mailbox: str) -> list[Command]:
    """The Exchange commands for those of `fields` that are steps; ids are numbers."""
    steps = {one.field: one.after for one in fields if is_step(one.field)}
    given: dict[str, Any] = {}
    if HIDDEN in steps:
        given["HiddenFromAddressListsEnabled"] = bool(steps[HIDDEN])
    if SHARED in steps:
        given["Type"] = "Shared" if steps[SHARED] else "Regular"
    found = [set_mailbox("", mailbox, **given)] if given else []
    for name, after in steps.items():
        if name.startswith(ACCESS):
            make = add_full_access if after else remove_full_access
            found.append(make("", mailbox, name.removeprefix(ACCESS)))
    if AUTO_REPLY in steps:
        found.append(set_reply("", mailbox, reply_page(steps[AUTO_REPLY])))
    return [
        Command(str(number), one.name, one.parameters)
        for number, one in enumerate(found)
    ]


def typed(fields: Sequence[FieldChange], address: str, tenant: str) -> tuple[str, ...]:
    """What a person types where Exchange is off, and why; nothing without steps."""
    lines = [powershell(one) for one in commands(fields, address)]
    if not lines:
        return ()
    why = (
        f"# The mailbox of {address} stays as it is: tenant {tenant} has exchange: off."
    )
    if any(one.field == SHARED and one.after for one in fields):
        ask = powershell(get_statistics("", address))
        lines.insert(0, f"# Above 50 GB it needs its licence: {ask}")
    return (why, *lines)


def too_large_for(address: str, size: int) -> tuple[str, ...]:
    """Why a seat is not freed, for people."""
    amount = f"{size / (1 << 30):.1f} GB"
    return (
        f"# The seat of {address} stays taken: the mailbox holds {amount}, and a shared"
        " one above 50 GB needs a licence. Empty or archive it first.",
    )


def nobody_takes_over(address: str, department: str, file: str) -> tuple[str, ...]:
    """Why no manager gets access, for people."""
    whose = f"the department {department}" if department else "people of no department"
    return (
        f"# Nobody gets access to the mailbox of {address}: {file} names no manager"
        f' of {whose} who is still there. Write one under managers, or "*" for all.',
    )
