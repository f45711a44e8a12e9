"""The kinds of resource, in the order in which they are created."""

from __future__ import annotations

from provisioner.kind import Kind
from provisioner.kinds.administrative_unit import AdministrativeUnit
from provisioner.kinds.backup_job import BackupJob
from provisioner.kinds.domain import Domain
from provisioner.kinds.forum import Forum
from provisioner.kinds.mailbox import Mailbox
from provisioner.kinds.server import Server
from provisioner.kinds.shared_mailbox import SharedMailbox
from provisioner.kinds.website import Website

KINDS: tuple[Kind, ...] = (
    Domain(),
    Mailbox(),
    SharedMailbox(),
    AdministrativeUnit(),
    Forum(),
    Server(),
    Website(),
    BackupJob(),
)
