"""`leavers` in `cluster.yml`: what becomes of people who have left.

Its defaults are those of `provisioner.model.cluster`, read from there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from provisioner.inventory.definition.replies import LeaverReplyEntry
from provisioner.inventory.definition.words import Entry
from provisioner.model import cluster as model

_LEAVERS = model.Leavers()


def _always(value: object) -> object:
    if value not in ("true", True):
        raise _refused("Who has left is always switched off.", "Write true.")
    return True


def _refused(what: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError(
        "not-offered", "{what}", {"what": what, "remedy": remedy}
    )


Always = Annotated[Literal[True], BeforeValidator(_always)]


class LeaversEntry(Entry):
    """What becomes of people who have left. Days count from the switching off.

    What is done in Exchange needs `exchange: invoke_command` of the tenant; without it
    the plan says of each person what stays undone. It is all undone for who returns.
    """

    disable: Always = True
    """Sign-in is switched off; always."""
    revoke_sessions: bool = _LEAVERS.revoke_sessions
    """Whether they are signed out of every device at once."""
    hide_from_address_lists: bool = _LEAVERS.hide_from_address_lists
    """Whether address lists show them no more; done in Exchange."""
    convert_to_shared: bool = _LEAVERS.convert_to_shared
    """Whether the mailbox is made a shared one, which needs no licence up to 50 GB; done
    in Exchange."""
    manager_access: bool = _LEAVERS.manager_access
    """Whether who is named under `managers` of the municipality may open the mailbox;
    done in Exchange."""
    auto_reply: LeaverReplyEntry | None = None
    """What their senders are answered; nothing where left out; done in Exchange."""
    free_seat_after_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """Days after which the licence is taken away: where the mailbox is to be shared, not
    before it is; else the vendor keeps it for 30 days more. Left out, never."""
    delete_after_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Days after which the account is due to be deleted, which a second person must
    approve; it can be restored for 30 days. Left out, never."""
