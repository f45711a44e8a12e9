"""Reading the directory as one of its replicas sees it: some of them lag behind."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from heapq import merge

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.projection import Projection

GUID = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")

# How much of the lag each replica has; which one answers changes from call to call, so
# that what was seen once can be gone again, as with the real service.
REPLICAS = (1.0, 0.4, 0.7)


class Reader:
    """One look at the directory; `share` is the share of the lag that still shows."""

    def __init__(self, directory: Directory, now: float, share: float) -> None:
        self.directory = directory
        self.now = now
        self.share = share

    def version(self, identifier: str) -> Account | None:
        """The account, live or deleted, as this replica has it."""
        for at, lag, old in self.directory.history.get(identifier, ()):
            if at + lag * self.share > self.now:
                return old
        return self.directory.accounts.get(identifier)

    def find(self, key: str) -> Account | None:
        """The live account with this id or user principal name."""
        if GUID.match(key):
            found = self.version(key.lower())
            return found if found is not None and found.deleted is None else None
        name = key.lower()
        for identifier in self.directory.history:
            old = self.version(identifier)
            if old is not None and old.deleted is None and old.name.lower() == name:
                return old
        found = self.version(self.directory.by_name.get(name, ""))
        return found if found is not None and found.name.lower() == name else None

    def employed(self, number: str) -> Iterator[Account]:
        """Accounts that have, or just had, this employee id; the caller looks again."""
        directory = self.directory
        known = directory.by_employee.find(number, directory.accounts.values())
        for identifier in dict.fromkeys([*known, *directory.history]):
            found = self.version(identifier)
            if found is not None and found.deleted is None:
                yield found

    def deleted(self, key: str) -> Account | None:
        found = self.version(key.lower())
        return found if found is not None and found.deleted is not None else None

    def bin(self) -> Iterator[Account]:
        """All deleted accounts, the longest deleted first."""
        directory = self.directory
        for identifier in list(dict.fromkeys([*directory.bin, *directory.history])):
            found = self.version(identifier)
            if found is not None and found.deleted is not None:
                yield found

    def live(self, after: int) -> Iterator[Account]:
        """Live accounts in list order, from behind sequence number `after`."""
        directory = self.directory
        start = bisect_right(directory.seqs, after)
        if not directory.history:
            accounts = directory.accounts
            for at in range(start, len(directory.ids)):
                yield accounts[directory.ids[at]]
            return
        old = sorted(
            (v for v in map(self.version, directory.history) if v and v.seq > after),
            key=lambda account: account.seq,
        )
        current = (
            directory.accounts[identifier]
            for identifier in directory.ids[start:]
            if identifier not in directory.history
        )
        for found in merge(current, old, key=lambda account: account.seq):
            if found.deleted is None:
                yield found

    def window(self, after: int, size: int) -> tuple[list[Account], bool]:
        """A page of live accounts and whether there are more."""
        directory = self.directory
        if not directory.history:
            start = bisect_right(directory.seqs, after)
            accounts = directory.accounts
            page = [
                accounts[identifier]
                for identifier in directory.ids[start : start + size]
            ]
            return page, start + size < len(directory.ids)
        page = []
        for account in self.live(after):
            if len(page) == size:
                return page, True
            page.append(account)
        return page, False

    def page(
        self, after: int, size: int, projection: Projection
    ) -> tuple[list[bytes], int, bool]:
        """A page of live accounts as JSON, the sequence number of its last one, and
        whether there are more."""
        directory = self.directory
        if directory.history:
            accounts, more = self.window(after, size)
            last = accounts[-1].seq if accounts else after
            return self.rows(accounts, projection), last, more
        start = bisect_right(directory.seqs, after)
        ids = directory.ids[start : start + size]
        last = directory.seqs[start + len(ids) - 1] if ids else after
        rows = projection.many(ids, directory.accounts)
        return rows, last, start + size < len(directory.ids)

    def rows(self, accounts: list[Account], projection: Projection) -> list[bytes]:
        """The JSON of accounts of this replica."""
        history = self.directory.history
        if not history:
            return list(map(projection.kept, accounts))
        return [
            projection.fresh(account)
            if account.id in history
            else projection.kept(account)
            for account in accounts
        ]
