"""Functional addresses of the sample's municipalities, and who answers there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from provisioner.model.municipality import Names
from provisioner.sandbox.sample.people import Row

# A town smaller than this has no desk; towns made for a single test have a dozen people.
_PEOPLE_FOR_DESKS = 30
_AT_A_DESK = 3


@dataclass(frozen=True)
class Desk:
    """An address that is answered by people who bear one of `roles`, else by the first."""

    address: str
    names: Names
    roles: tuple[str, ...]
    reply: Names | None = None


_DESKS = (
    Desk(
        "moked",
        Names("מוקד הפניות", "مركز التوجهات", "Residents' desk"),
        ("digital", "transport"),
        Names(
            "פנייתך התקבלה במוקד.",
            "وصل توجهكم إلى المركز.",
            "The desk has your message.",
        ),
    ),
    Desk("gvia", Names("מחלקת הגבייה", "قسم الجباية", "Collection"), ("treasurer",)),
    Desk(
        "info", Names("מידע לציבור", "معلومات للجمهور", "Information"), ("ceo", "cio")
    ),
)


def shared_mailboxes(staff: Sequence[Row]) -> list[dict[str, Any]]:
    """The desks of a town as entries of `municipality.yml`, none of a small one.

    Names of the sender's side stand in all three languages; members are active people.
    """
    if len(staff) < _PEOPLE_FOR_DESKS:
        return []
    return [_entry(desk, staff) for desk in _DESKS]


def _entry(desk: Desk, staff: Sequence[Row]) -> dict[str, Any]:
    active = [row for row in staff if row.state != "leaver"]
    bearers = [row for row in active if row.role in desk.roles]
    chosen = (bearers or active)[:_AT_A_DESK]
    entry: dict[str, Any] = {
        "address": desk.address,
        "names": msgspec.to_builtins(desk.names),
        "members": [row.address.partition("@")[0] for row in chosen],
    }
    if desk.reply is not None:
        entry["auto_reply"] = msgspec.to_builtins(desk.reply)
    return entry
