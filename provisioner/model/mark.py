"""How our marks begin: what accounts bear that we made or adopted."""

from __future__ import annotations

MARK_PREFIX = "provisioner:"
# Begins the marks of shared mailboxes, whose users are not people's.
SHARED_MARK_PREFIX = "provisioner-shared:"
OURS = (MARK_PREFIX, SHARED_MARK_PREFIX)
