"""What the sandbox's DNS host publishes: records set by hand or wanted by a tenant.

A diligent host (`auto`) publishes whatever the tenants want for a domain; otherwise
only what was set by hand is there. Overrides and failures stand above both, for
rehearsing that somebody broke something. Names are lower case without the last dot.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

Mode = Literal["auto", "manual"]
Failure = Literal["servfail", "silent"]
Wanted = Callable[[], Mapping[str, Sequence["Record"]]]


class Record(Struct, frozen=True, order=True):
    """One record; `text` is as in a zone file, except that TXT is written unquoted."""

    name: str
    type: str
    text: str


class Entry(Struct, frozen=True):
    """All values of one name and type; an empty tuple says "no such record"."""

    name: str
    type: str
    values: tuple[str, ...]


class Host(Struct):
    """Everything the DNS host remembers; `seen` is when a record was first wanted."""

    mode: Mode = "auto"
    publish_delay: float = 0.0
    apexes: set[str] = set()
    by_hand: list[Entry] = []
    overrides: list[Entry] = []
    failures: dict[str, Failure] = {}
    seen: list[tuple[Record, float]] = []


def records_of(domain: str, initial_domain: str) -> list[Record]:
    """What mail needs beyond the records a tenant lists: DKIM selectors and DMARC.

    Source: learn.microsoft.com, defender-office-365,
    `email-authentication-dkim-configure` (the selectors' target is the domain with
    dashes, under the tenant's first domain).
    """
    dashed = domain.replace(".", "-")
    selectors = [
        Record(
            f"{selector}._domainkey.{domain}",
            "CNAME",
            f"{selector}-{dashed}._domainkey.{initial_domain}",
        )
        for selector in ("selector1", "selector2")
    ]
    return [*selectors, Record(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=quarantine")]


class Zones:
    """Answers what a name has, in memory.

    `wanted` tells what the tenants want now, by domain; each of them is a zone here. It
    gives the same object as long as nothing changed.
    """

    def __init__(
        self,
        host: Host,
        wanted: Wanted,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.host = host
        self._wanted = wanted
        self._clock = clock
        self._seen = dict(host.seen)
        self._by_hand = {(one.name, one.type): one.values for one in host.by_hand}
        self._overrides = {(one.name, one.type): one.values for one in host.overrides}
        self._published: dict[tuple[str, str], tuple[str, ...]] = {}
        self._settled_for: object = None
        self.refresh()

    def refresh(self) -> bool:
        """Look what is wanted and publish what is due; true where anything changed."""
        if self.host.mode == "manual":
            changed, self._published = bool(self._published), {}
            self._settled_for = None
            return changed
        now, wanted = self._clock(), self._wanted()
        # Asked at every question: hundreds of zones must not be gone through each time.
        if wanted is self._settled_for:
            return False
        self.host.apexes.update(wanted)
        seen = {
            record: self._seen.get(record, now)
            for records in wanted.values()
            for record in records
        }
        due: dict[tuple[str, str], tuple[str, ...]] = {}
        for record in sorted(seen):
            if now - seen[record] >= self.host.publish_delay:
                key = (record.name, record.type)
                due[key] = (*due.get(key, ()), record.text)
        changed = due != self._published or seen.keys() != self._seen.keys()
        self._seen, self._published = seen, due
        all_due = sum(len(values) for values in due.values()) == len(seen)
        self._settled_for = wanted if all_due else None
        return changed

    def lookup(self, name: str, type_: str) -> tuple[str, ...]:
        """The values of a name and type, empty where there are none."""
        key = (name, type_)
        for layer in (self._overrides, self._by_hand, self._published):
            if key in layer:
                return layer[key]
        return ()

    def exists(self, name: str) -> bool:
        """True for a name with a record of any type, or with such a name below it."""
        below = "." + name
        return name in self.host.apexes or any(
            self.lookup(other, type_)
            for other, type_ in self._keys()
            if other == name or other.endswith(below)
        )

    def apex(self, name: str) -> str | None:
        """The zone a name lies in, None where this host is not asked."""
        while name:
            if name in self.host.apexes:
                return name
            name = name.partition(".")[2]
        return None

    def failure(self, name: str) -> Failure | None:
        """How this host fails for a name or a domain above it, if it was told to."""
        while name:
            if name in self.host.failures:
                return self.host.failures[name]
            name = name.partition(".")[2]
        return self.host.failures.get("")

    def resolve_txt(self, name: str) -> list[str]:
        """The TXT values the outside world sees, a verifying tenant too."""
        name = name.lower().rstrip(".")
        self.refresh()
        return [] if self.failure(name) else list(self.lookup(name, "TXT"))

    def set_by_hand(self, name: str, type_: str, values: tuple[str, ...]) -> None:
        self._by_hand[_key(name, type_)] = values
        if self.apex(_plain(name)) is None:
            self.host.apexes.add(_plain(name))

    def override(self, name: str, type_: str, values: tuple[str, ...]) -> None:
        self._overrides[_key(name, type_)] = values

    def fail(self, domain: str, how: Failure | None) -> None:
        """Fail for a domain and all below ("" is every name); None mends it."""
        if how is None:
            self.host.failures.pop(_plain(domain), None)
        else:
            self.host.failures[_plain(domain)] = how

    def mend(self) -> None:
        """Take overrides and failures away; what was set by hand stays."""
        self._overrides.clear()
        self.host.failures.clear()

    def entries(self) -> list[Entry]:
        """Everything that is answered now, sorted."""
        self.refresh()
        return [
            Entry(name, type_, self.lookup(name, type_))
            for name, type_ in sorted(self._keys())
        ]

    def remembered(self) -> bytes:
        """The host as JSON, for `Host` to be read from again."""
        self.host.by_hand = _entries(self._by_hand)
        self.host.overrides = _entries(self._overrides)
        self.host.seen = list(self._seen.items())
        return msgspec.json.encode(self.host)

    def _keys(self) -> set[tuple[str, str]]:
        return {*self._overrides, *self._by_hand, *self._published}


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def _key(name: str, type_: str) -> tuple[str, str]:
    return _plain(name), type_.upper()


def _entries(layer: dict[tuple[str, str], tuple[str, ...]]) -> list[Entry]:
    return [Entry(name, type_, values) for (name, type_), values in layer.items()]
