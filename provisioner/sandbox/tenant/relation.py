"""Ties between two objects of a directory: members, owners, who reports to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from provisioner.sandbox.tenant.changes import Change, ChangeLog


class Unseen(Struct, frozen=True, gc=False):
    """A tie made or cut a moment ago, which replicas show up to `lag` seconds later.

    `order` is the place of the tie among those of its owner.
    """

    at: float
    lag: float
    member: str
    order: int
    added: bool


class SavedRelation(Struct, gc=False):
    """A relation as it is kept on disk."""

    ahead: dict[str, dict[str, int]]
    unseen: dict[str, list[Unseen]]


class Relation:
    """Many-to-many ties, in the order in which they were made, from both sides.

    A mapping of members gives each its place; places only grow, so that a page token
    can name one. Where there is a `log`, every tie made or cut is written to it.
    """

    def __init__(self, log: ChangeLog | None = None) -> None:
        self.log = log
        self.ahead: dict[str, dict[str, int]] = {}
        self.back: dict[str, dict[str, None]] = {}
        self.unseen: dict[str, list[Unseen]] = {}
        self._last = 0

    @classmethod
    def unpack(cls, saved: SavedRelation) -> Relation:
        relation = cls()
        relation.ahead, relation.unseen = saved.ahead, saved.unseen
        for owner, members in saved.ahead.items():
            for member, order in members.items():
                relation.back.setdefault(member, {})[owner] = None
                relation._last = max(relation._last, order)
        return relation

    def pack(self) -> SavedRelation:
        return SavedRelation(self.ahead, self.unseen)

    def of(self, owner: str) -> Mapping[str, int]:
        """The members as they truly are."""
        return self.ahead.get(owner, {})

    def owners(self, member: str) -> list[str]:
        """What a member belongs to, as it truly is."""
        return list(self.back.get(member, ()))

    def has(self, owner: str, member: str) -> bool:
        return member in self.ahead.get(owner, ())

    def add(self, owner: str, member: str, now: float, lag: float = 0.0) -> None:
        self._last += 1
        self.ahead.setdefault(owner, {})[member] = self._last
        self.back.setdefault(member, {})[owner] = None
        self._hide(owner, Unseen(now, lag, member, self._last, True))
        self.tell(owner, member, now, lag)

    def remove(self, owner: str, member: str, now: float, lag: float = 0.0) -> None:
        """Cut a tie; KeyError where there is none."""
        order = self.ahead[owner].pop(member)
        if not self.ahead[owner]:
            del self.ahead[owner]
        self.back[member].pop(owner)
        if not self.back[member]:
            del self.back[member]
        self._hide(owner, Unseen(now, lag, member, order, False))
        self.tell(owner, member, now, lag)

    def forget(self, identifier: str, now: float) -> None:
        """Cut all ties of an object that is gone for good."""
        for member in list(self.ahead.get(identifier, ())):
            self.remove(identifier, member, now)
        for owner in self.owners(identifier):
            self.remove(owner, identifier, now)
        self.unseen.pop(identifier, None)

    def tell(self, owner: str, member: str, now: float, lag: float) -> None:
        """Write down that something is to be said of this tie."""
        if self.log is not None:
            self.log.add(Change(now, now + lag, owner, (), member))

    def _hide(self, owner: str, tie: Unseen) -> None:
        if tie.lag > 0:
            self.unseen.setdefault(owner, []).append(tie)

    def seen(self, owner: str, now: float, share: float) -> Mapping[str, int]:
        """The members as a replica with this share of the lag has them."""
        members = self.of(owner)
        hidden = [t for t in self.unseen.get(owner, ()) if t.at + t.lag * share > now]
        if not hidden:
            return members
        shown = dict(members)
        for tie in reversed(hidden):
            if tie.added:
                shown.pop(tie.member, None)
            else:
                shown[tie.member] = tie.order
        return dict(sorted(shown.items(), key=lambda item: item[1]))

    def owners_seen(self, member: str, now: float, share: float) -> list[str]:
        """What a member belongs to as a replica has it."""
        owners = self.back.get(member, {})
        if not self.unseen:
            return list(owners)
        candidates: Iterable[str] = dict.fromkeys([*owners, *self.unseen])
        return [one for one in candidates if member in self.seen(one, now, share)]

    def settle(self, now: float) -> None:
        """Drop what every replica shows by now."""
        for owner, ties in list(self.unseen.items()):
            gone = 0
            while gone < len(ties) and ties[gone].at + ties[gone].lag <= now:
                gone += 1
            del ties[:gone]
            if not ties:
                del self.unseen[owner]
