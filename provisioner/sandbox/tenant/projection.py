"""Users as JSON with chosen properties, kept until they change."""

from __future__ import annotations

import msgspec

from provisioner.sandbox.tenant.account import DERIVED, Account
from provisioner.sandbox.tenant.properties import USER


class Projection:
    """Users as JSON with chosen properties, each user's bytes kept until it changes."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._kept: dict[str, bytes] = {}
        self._encode = msgspec.json.Encoder().encode
        self._derived = [(name, DERIVED[name]) for name in names if name in DERIVED]
        self._plain: list[tuple[str, list[str] | None]] = [
            (name, [] if USER[name].kind == "texts" else None)
            for name in names
            if name not in DERIVED
        ]

    def forget(self, identifier: str) -> None:
        self._kept.pop(identifier, None)

    def many(self, ids: list[str], accounts: dict[str, Account]) -> list[bytes]:
        """The bytes of the current versions of many accounts, the fast way."""
        rows = list(map(self._kept.get, ids))
        if None in rows:
            return [self.kept(accounts[identifier]) for identifier in ids]
        return rows  # type: ignore[return-value]

    def fresh(self, account: Account) -> bytes:
        """The bytes of an account that may not be the current version."""
        properties = account.properties
        row = {name: properties.get(name, empty) for name, empty in self._plain}
        for name, derive in self._derived:
            row[name] = derive(account)
        return self._encode(row)

    def kept(self, account: Account) -> bytes:
        """The bytes of the current version of an account."""
        found = self._kept.get(account.id)
        if found is None:
            found = self._kept[account.id] = self.fresh(account)
        return found
