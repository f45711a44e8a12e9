"""The kinds of resource, in the order in which they are created."""

from __future__ import annotations

from provisioner.kind import Kind
from provisioner.kinds.domain import Domain
from provisioner.kinds.mailbox import Mailbox

KINDS: tuple[Kind, ...] = (Domain(), Mailbox())
