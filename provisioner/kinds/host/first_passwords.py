"""First passwords of who administers a site: given with its account, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from provisioner.errors import ProviderError
from provisioner.kind import HostProviders
from provisioner.kinds.host.merge import HostState
from provisioner.model.change import Change
from provisioner.model.host_state import HostPart
from provisioner.providers.ansible.hosts import HostSeen


class FirstPasswords:
    """Passwords for the accounts that some changes make.

    Prepared and encrypted before the account is made, so that a run after a crash sets the
    same one; readable only once the account was seen.
    """

    def __init__(self, changes: Sequence[Change], providers: HostProviders) -> None:
        self._secrets = providers.secrets
        keys = [one.key for one in changes if one.makes_account]
        self._passwords: dict[str, str] = {}
        if keys:
            self._passwords = self._secrets.prepare(keys, providers.new_password)

    def put_into(self, states: Mapping[str, HostState]) -> None:
        """Add each password to its site; nowhere else does it stand."""
        for state in states.values():
            for site in state["sites"]:
                if site["resource"] in self._passwords:
                    site["password"] = self._passwords[site["resource"]]

    def released(
        self, change: Change, seen: HostSeen | ProviderError, expires: datetime
    ) -> str:
        """The id of the secret that now waits to be read, "" where there is none."""
        if change.key not in self._passwords or isinstance(seen, ProviderError):
            return ""
        assert isinstance(change.spec, HostPart)  # noqa: S101  the differ's own change
        made = [
            seen.facts.get(f"site {one.name} administrator") is True
            for one in change.spec.sites
        ]
        if not all(made):
            return ""
        return self._secrets.release([change.key], expires).get(change.key, "")
