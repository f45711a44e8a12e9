"""`requests` in `cluster.yml`: who decides on requests, and which need nobody.

Its defaults are those of `provisioner.model.cluster`, read from there.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provisioner.inventory.definition.words import (
    Account,
    Entry,
    RoleName,
    SecretReference,
)
from provisioner.model import cluster as model
from provisioner.model.wish import Sort

_POLICY = model.RequestPolicy()


class RequestsEntry(Entry):
    """How requests of municipalities are decided, and how people are told of theirs."""

    automatic: tuple[Sort, ...] = _POLICY.automatic
    """Sorts approved by this policy itself: where the budget has the seats, and each role
    is one of `automatic_roles`; all others wait for a person."""
    automatic_people: Annotated[int, Field(ge=1, le=1000)] = _POLICY.automatic_people
    """Most people that one request approved so may be about."""
    automatic_roles: tuple[RoleName, ...] | None = None
    """Roles that such a request may give; left out, every role of the cluster."""
    approvers: tuple[Account, ...] = _POLICY.approvers
    """Addresses of those who may approve; left out, whoever has that right at the portal
    or the terminal."""
    four_eyes: bool = _POLICY.four_eyes
    """Whether nobody may approve what they asked for."""
    mail: SecretReference | None = None
    """Where the apprise URL of the mail server is (`mailtos://…`): `env/NAME` or
    `file/PATH`. Each requester is told of each step; left out, nobody is."""

    def value(self) -> model.RequestPolicy:
        """The policy."""
        return model.RequestPolicy(
            self.automatic,
            self.automatic_people,
            self.automatic_roles,
            self.approvers,
            self.four_eyes,
            self.mail or "",
        )
