"""What happens in a tenant by itself as time passes, all of it."""

from __future__ import annotations

from provisioner.sandbox.tenant import mailbox_life
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.group_licences import settle_licences
from provisioner.sandbox.tenant.seed import Conduct


def settle(directory: Directory, now: float, conduct: Conduct) -> None:
    """Bring a tenant up to `now`: replicas, licences, mailboxes, the recycle bin."""
    settle_licences(directory, now, conduct)
    mailbox_life.settle(directory, now, conduct)
    directory.group_log.prune(now)
    for shelf in (directory.groups, directory.units):
        if not shelf.binned:
            continue
        for identifier in list(shelf.binned):
            one = shelf.items[identifier]
            if one.deleted is not None and now - one.deleted > mailbox_life.MONTH:
                shelf.put(one, None, now)
                directory.untie(identifier, now)
