"""Secrets that a sandbox makes up, so that hosts can be rehearsed without real ones."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from provisioner.model.cluster import Cluster
from provisioner.sandbox.folder import Folder


def made_up(files: Folder, cluster: Cluster) -> Callable[[str], str]:
    """Gives a secret for every reference: always the same one in this sandbox.

    The authority of backup stores is the sandbox's own.
    """
    stores = (one.backup_store for one in cluster.all_servers)
    authorities = {one.ca for one in stores if one}

    def resolve(reference: str) -> str:
        if reference in authorities:
            return files.authority.read_text(encoding="ascii").strip()
        key = files.authority_key.read_bytes()
        return hmac.new(key, reference.encode(), "sha256").hexdigest()

    return resolve
