"""`leavers` in `cluster.yml`: what becomes of people who have left.

Its defaults are those of `provisioner.model.cluster`, read from there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from provisioner.inventory.definition.words import Entry
from provisioner.model import cluster as model

_LEAVERS = model.Leavers()
_OFF = ("false", False)


def _always(value: object) -> object:
    if value not in ("true", True):
        raise _refused("Who has left is always switched off.", "Write true.")
    return True


def _with_gateway(value: object) -> object:
    if value not in _OFF:
        raise _refused(
            "Done in Exchange, which is not offered for leavers yet: it comes with the "
            "Exchange gateway.",
            "Leave it out, and do it by hand until then.",
        )
    return False


def _refused(what: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError(
        "not-offered", "{what}", {"what": what, "remedy": remedy}
    )


Always = Annotated[Literal[True], BeforeValidator(_always)]
WithGateway = Annotated[Literal[False], BeforeValidator(_with_gateway)]


class LeaversEntry(Entry):
    """What becomes of people who have left. Days count from the switching off."""

    disable: Always = True
    """Sign-in is switched off; always."""
    revoke_sessions: bool = _LEAVERS.revoke_sessions
    """Whether they are signed out of every device at once."""
    hide_from_address_lists: WithGateway = False
    """Not offered yet: done in Exchange."""
    convert_to_shared: WithGateway = False
    """Not offered yet: done in Exchange."""
    manager_access: WithGateway = False
    """Not offered yet: done in Exchange."""
    auto_reply: WithGateway = False
    """Not offered yet: done in Exchange."""
    free_seat_after_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """Days after which the licence is taken away; the vendor keeps the mailbox for 30
    days more. Left out, never."""
    delete_after_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Days after which the account is due to be deleted, which a second person must
    approve; it can be restored for 30 days. Left out, never."""
