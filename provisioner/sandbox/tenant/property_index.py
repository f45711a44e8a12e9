"""An index over one property of users, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.sandbox.tenant.account import Account


class PropertyIndex:
    """Ids of live accounts by the value of a text property, without case."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._ids: dict[str, dict[str, None]] | None = None

    def find(self, value: str, accounts: Iterable[Account]) -> list[str]:
        """The ids with this value; `accounts` are all there are, for the first time."""
        if self._ids is None:
            self._ids = {}
            for account in accounts:
                if account.deleted is None:
                    self._add(account)
        return list(self._ids.get(value.lower(), ()))

    def replace(self, old: Account | None, new: Account | None) -> None:
        """Keep in step with a change of one account."""
        if self._ids is None:
            return
        if old is not None and old.deleted is None and (key := self._key(old)):
            self._ids.get(key, {}).pop(old.id, None)
        if new is not None and new.deleted is None:
            self._add(new)

    def _add(self, account: Account) -> None:
        if self._ids is not None and (key := self._key(account)):
            self._ids.setdefault(key, {})[account.id] = None

    def _key(self, account: Account) -> str:
        return (account.properties.get(self.name) or "").lower()
