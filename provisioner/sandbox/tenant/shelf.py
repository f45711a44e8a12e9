"""All groups, or all administrative units, of a tenant, with what replicas still show."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from provisioner.sandbox.tenant.changes import EVERYTHING, Change, ChangeLog
from provisioner.sandbox.tenant.grouping import Grouping

Version = tuple[float, float, Grouping | None]


class SavedShelf(Struct, gc=False):
    """A shelf as it is kept on disk."""

    items: list[Grouping]
    history: dict[str, list[Version]]


class Shelf:
    """Groupings by id; their number is small, so that lists are made anew each time.

    Where there is a `log`, every change is written to it.
    """

    def __init__(self, log: ChangeLog | None = None) -> None:
        self.log = log
        self.items: dict[str, Grouping] = {}
        self.history: dict[str, list[Version]] = {}
        self.by_address: dict[str, str] = {}
        self.binned: dict[str, None] = {}

    @classmethod
    def unpack(cls, saved: SavedShelf) -> Shelf:
        shelf = cls()
        for one in sorted(saved.items, key=lambda item: item.seq):
            shelf.put(None, one, one.created)
        shelf.history = saved.history
        return shelf

    def pack(self) -> SavedShelf:
        return SavedShelf(list(self.items.values()), self.history)

    def put(
        self, old: Grouping | None, new: Grouping | None, now: float, lag: float = 0.0
    ) -> None:
        """Replace `old` by `new`; either may be absent. Readers may see `old` for up to
        `lag` seconds."""
        identifier = (new or old).id  # type: ignore[union-attr]
        if lag > 0:
            self.history.setdefault(identifier, []).append((now, lag, old))
        if self.log is not None:
            self.log.add(Change(now, now + lag, identifier, _touched(old, new)))
        self.binned.pop(identifier, None)
        if old is not None:
            for address in _addresses(old):
                self.by_address.pop(address, None)
        if new is None:
            del self.items[identifier]
            return
        self.items[identifier] = new
        if new.deleted is not None:
            self.binned[identifier] = None
            return
        for address in _addresses(new):
            self.by_address[address] = identifier

    def current(self, identifier: str) -> Grouping | None:
        """The live grouping with this id as it truly is."""
        found = self.items.get(identifier.lower())
        return found if found is not None and found.deleted is None else None

    def version(self, identifier: str, now: float, share: float) -> Grouping | None:
        """The grouping, live or deleted, as a replica with this share of the lag has it."""
        for at, lag, old in self.history.get(identifier, ()):
            if at + lag * share > now:
                return old
        return self.items.get(identifier)

    def seen(self, now: float, share: float) -> Iterator[Grouping]:
        """Every grouping, deleted ones too, as a replica has them, in list order."""
        if not self.history:
            yield from self.items.values()
            return
        known = dict.fromkeys([*self.items, *self.history])
        versions = (self.version(identifier, now, share) for identifier in known)
        yield from sorted((one for one in versions if one), key=lambda one: one.seq)

    def settle(self, now: float) -> None:
        """Drop the versions that no replica shows any more."""
        for identifier, versions in list(self.history.items()):
            kept = [one for one in versions if one[0] + one[1] > now]
            if kept:
                self.history[identifier] = kept
            else:
                del self.history[identifier]


def _touched(old: Grouping | None, new: Grouping | None) -> tuple[str, ...]:
    """The properties that differ; everything of one that is new or back."""
    if new is None or new.deleted is not None:
        return ()
    if old is None or old.deleted is not None:
        return EVERYTHING
    before, after = old.properties, new.properties
    names = [n for n in {**before, **after} if before.get(n) != after.get(n)]
    if old.licences != new.licences:
        names.append("assignedLicenses")
    return tuple(names)


def _addresses(one: Grouping) -> set[str]:
    return {
        proxy.partition(":")[2].lower()
        for proxy in one.properties.get("proxyAddresses", ())
    }
