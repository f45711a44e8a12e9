"""The state of one tenant, with a single door for every change of a user.

Groups, units and ties have doors of their own: `Shelf.put`, `Relation.add`.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import Counter

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.app_roles import DEFAULT_ROLES
from provisioner.sandbox.tenant.audit import AuditLog
from provisioner.sandbox.tenant.changes import Change, ChangeLog
from provisioner.sandbox.tenant.domain import Domain
from provisioner.sandbox.tenant.kept import Client, Mail, Pass, Policy, ScopedRole
from provisioner.sandbox.tenant.projection import Projection
from provisioner.sandbox.tenant.property_index import PropertyIndex
from provisioner.sandbox.tenant.relation import Relation
from provisioner.sandbox.tenant.shelf import Shelf

_PROJECTIONS = 16


class Directory:
    """Users, domains, seats and the change log of one tenant.

    Reads that may lag go through `replica.Reader`; the maps here are the truth of now.
    """

    def __init__(self, tenant_id: str, initial_domain: str, created: float) -> None:
        self.tenant_id = tenant_id
        self.name = ""
        self.display_name = ""
        self.initial_domain = initial_domain
        self.created = created
        self.client_id = ""
        self.secret_sha256 = ""
        self.certificate = ""
        self.granted = DEFAULT_ROLES
        self.clients: dict[str, Client] = {}
        self.domains: dict[str, Domain] = {}
        self.roles: dict[str, set[str]] = {}
        self.enabled: dict[str, int] = {}
        self.elsewhere: Counter[str] = Counter()
        self.consumed: Counter[str] = Counter()
        self.accounts: dict[str, Account] = {}
        self.by_name: dict[str, str] = {}
        self.by_address: dict[str, str] = {}
        self.by_employee = PropertyIndex("employeeId")
        self.seqs: list[int] = []
        self.ids: list[str] = []
        self.bin: dict[str, None] = {}
        self.log = ChangeLog()
        self.history: dict[str, list[tuple[float, float, Account | None]]] = {}
        self.units_due: list[tuple[float, str, int]] = []
        self.due: list[tuple[float, str]] = []
        self.expiring: list[tuple[float, str]] = []
        self.group_log = ChangeLog()
        self.groups = Shelf(self.group_log)
        self.units = Shelf()
        self.members = Relation(self.group_log)
        self.owners = Relation()
        self.reports = Relation()
        self.audits = AuditLog()
        self.scoped_roles: dict[str, ScopedRole] = {}
        self.passes: dict[str, list[Pass]] = {}
        self.mails: list[Mail] = []
        self.policies: dict[str, Policy] = {}
        self.app_roles: dict[str, tuple[str, ...]] = {}
        self.licences_due: list[tuple[float, str]] = []
        self._projections: dict[tuple[str, ...], Projection] = {}
        self._last_seq = 0

    def next_seq(self) -> int:
        self._last_seq += 1
        return self._last_seq

    def reserve_seq(self, seq: int) -> None:
        """Have every later sequence number be larger than this one."""
        self._last_seq = max(self._last_seq, seq)

    def projection(self, names: tuple[str, ...]) -> Projection:
        """The shared projection on these properties; the least recent one gives way."""
        found = self._projections.pop(names, None) or Projection(names)
        self._projections[names] = found
        if len(self._projections) > _PROJECTIONS:
            del self._projections[next(iter(self._projections))]
        return found

    def free(self, sku_id: str) -> int:
        """Seats nobody holds; negative when a subscription shrank under its users."""
        return self.enabled[sku_id] - self.consumed[sku_id] - self.elsewhere[sku_id]

    def owner(self, address: str) -> str | None:
        """The id of the live account or group that has this address or name."""
        address = address.lower()
        return (
            self.by_name.get(address)
            or self.by_address.get(address)
            or self.groups.by_address.get(address)
        )

    def put(
        self,
        old: Account | None,
        new: Account | None,
        now: float,
        *,
        names: tuple[str, ...] = (),
        lag: float = 0.0,
    ) -> None:
        """Replace `old` by `new`; either may be absent. `names` are what changed.

        Readers may see `old` for up to `lag` seconds.
        """
        identifier = (new or old).id  # type: ignore[union-attr]
        if lag > 0:
            self.history.setdefault(identifier, []).append((now, lag, old))
            heapq.heappush(self.expiring, (now + lag, identifier))
        self.log.add(Change(now, now + lag, identifier, names))
        self._place(old, new)
        self._index(old, new)
        if old is not None and new is not None and old.deleted != new.deleted:
            for owner in self.members.owners(identifier):
                self.members.tell(owner, identifier, now, lag)
        for projection in self._projections.values():
            projection.forget(identifier)
        if new is None:
            del self.accounts[identifier]
            self.untie(identifier, now)
        else:
            self.accounts[identifier] = new
            self._last_seq = max(self._last_seq, new.seq)

    def _place(self, old: Account | None, new: Account | None) -> None:
        """Keep the list order and the recycle bin in step."""
        was_live = old is not None and old.deleted is None
        is_live = new is not None and new.deleted is None
        if was_live and not is_live and old:
            at = bisect_left(self.seqs, old.seq)
            del self.seqs[at], self.ids[at]
        if is_live and not was_live and new:
            if not self.seqs or new.seq > self.seqs[-1]:
                self.seqs.append(new.seq)
                self.ids.append(new.id)
            else:
                insort(self.seqs, new.seq)
                self.ids.insert(bisect_left(self.seqs, new.seq), new.id)
        if old is not None and old.deleted is not None:
            self.bin.pop(old.id, None)
        if new is not None and new.deleted is not None:
            self.bin[new.id] = None

    def _index(self, old: Account | None, new: Account | None) -> None:
        """Keep names, addresses and consumed seats in step; only live users count."""
        self.by_employee.replace(old, new)
        if old is not None and old.deleted is None:
            self.by_name.pop(old.name.lower(), None)
            for address in old.addresses():
                self.by_address.pop(address, None)
            for held in old.licences:
                self.consumed[held.sku_id] -= 1
        if new is not None and new.deleted is None:
            self.by_name[_folded(new.name)] = new.id
            for address in new.addresses():
                self.by_address[address] = new.id
            for held in new.licences:
                self.consumed[held.sku_id] += 1

    def untie(self, identifier: str, now: float) -> None:
        """Cut every tie of an object that is gone for good."""
        for relation in (self.members, self.owners, self.reports):
            relation.forget(identifier, now)
        for members in self.roles.values():
            members.discard(identifier)
        self.passes.pop(identifier, None)
        self.app_roles.pop(identifier, None)

    def lagging(self) -> bool:
        """Whether some replica shows something else than another."""
        return bool(
            self.history
            or self.groups.history
            or self.units.history
            or self.members.unseen
            or self.owners.unseen
            or self.reports.unseen
        )

    def schedule(self, at: float, identifier: str) -> None:
        """Have `mailbox_life.settle` look at this user when `at` has come."""
        heapq.heappush(self.due, (at, identifier))

    def pop_due(self) -> tuple[float, str]:
        return heapq.heappop(self.due)

    def forget_history(self, now: float) -> None:
        """Drop the versions that no replica shows any more."""
        for shelf in (self.groups, self.units):
            shelf.settle(now)
        for relation in (self.members, self.owners, self.reports):
            relation.settle(now)
        while self.expiring and self.expiring[0][0] <= now:
            _, identifier = heapq.heappop(self.expiring)
            kept = [v for v in self.history.get(identifier, ()) if v[0] + v[1] > now]
            if kept:
                self.history[identifier] = kept
            else:
                self.history.pop(identifier, None)

    def catch_up(self, now: float) -> None:
        """Let every replica show everything at once."""
        self.history.clear()
        self.expiring.clear()
        self.units_due.clear()
        for shelf in (self.groups, self.units):
            shelf.history.clear()
        for relation in (self.members, self.owners, self.reports):
            relation.unseen.clear()
        self.log.show(now)
        self.group_log.show(now)

    def domain_of(self, address: str) -> Domain | None:
        return self.domains.get(address.rpartition("@")[2].lower())

    def has_enabled(self, identifier: str) -> bool:
        """Whether this user is there and may sign in."""
        account = self.accounts.get(identifier)
        if account is None or account.deleted is not None:
            return False
        return bool(account.properties.get("accountEnabled", True))

    def is_administrator(self, identifier: str) -> bool:
        return any(identifier in members for members in self.roles.values())


def _folded(name: str) -> str:
    """The name in lower case, without a second copy where it is that already."""
    lower = name.lower()
    return name if name == lower else lower
