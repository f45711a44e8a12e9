"""The contract of a kind of resource, and the ports its providers come through.

A new kind is one file in `kinds/`, one entry in `kinds.KINDS`, its cases under
`tests/cases/<kind>/` and, for hosts, its role.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import (
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from provisioner.errors import ProviderError
from provisioner.model.backup import Observation as BackupObservation
from provisioner.model.change import Change, Finding
from provisioner.model.cluster import Cluster, Estate, Tenant
from provisioner.model.municipality import Level, Municipality
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.resource import Observation, Resource, Seats
from provisioner.providers.ansible.hosts import Hosts, HostSeen
from provisioner.providers.camera import Camera
from provisioner.providers.dns import Resolver
from provisioner.providers.graph.directory import Directory
from provisioner.providers.graph.exchange import ExchangeGateway
from provisioner.providers.web import Web

# Before every departure: seen from here, no day has passed.
_DAWN = datetime.min.replace(tzinfo=UTC)


class Sightings(Protocol):
    """What was last read of things too dear to read every time (mailbox settings)."""

    def read(self, aspect: str) -> dict[str, bytes]:
        """The last body seen, by resource key."""
        ...

    def oldest(self, aspect: str, keys: Sequence[str], limit: int) -> list[str]:
        """The `limit` keys never looked at, or looked at longest ago."""
        ...

    def record(
        self, aspect: str, bodies: Mapping[str, bytes], at: datetime
    ) -> None: ...

    def forget(self, aspect: str, keys: Iterable[str]) -> None: ...


class BackupObservations(Protocol):
    """Where what was seen of backups is kept."""

    def record(self, observations: Iterable[BackupObservation]) -> None: ...


class InitialSecrets(Protocol):
    """First passwords: encrypted before the user is created, read once afterwards."""

    def prepare(self, keys: Sequence[str], make: Callable[[], str]) -> dict[str, str]:
        """The password for each key: one prepared earlier and not yet used, or a new one."""
        ...

    def release(self, keys: Sequence[str], expires: datetime) -> dict[str, str]:
        """Make prepared passwords readable once; returns the secret's id by key."""
        ...

    def prepared(self) -> Set[str]:
        """Keys whose password was prepared and never released."""
        ...

    def expire(self, now: datetime) -> int:
        """Erase what nobody read in time; returns how many."""
        ...


@dataclass(frozen=True)
class Scope:
    """What a run looks at.

    `municipalities` are all owners of resources, the cluster itself among them.
    `refresh` is how many things too dear to read every time are read again now, those
    longest unseen first (None: all of them); `full` refuses delta tokens; `adopt` are the
    resource keys a person named for adoption. `now` is the run's time (UTC), from which
    days are counted; left out, no day has passed.
    """

    cluster: Cluster
    municipalities: tuple[Municipality, ...]
    refresh: int | None = 0
    full: bool = False
    adopt: frozenset[str] = frozenset()
    now: datetime = _DAWN

    def in_tenant(self, tenant: Tenant) -> tuple[Municipality, ...]:
        return tuple(m for m in self.municipalities if m.tenant == tenant.name)

    def within(self, realm: Realm) -> tuple[Municipality, ...]:
        """The owners whose resources live there: a tenant's, or all for the hosts."""
        if isinstance(realm, Estate):
            return self.municipalities
        return self.in_tenant(realm)

    def of(self, kind: Kind) -> Scope:
        """The same scope with the kind's own owners alone: what it is shown."""
        owners = tuple(m for m in self.municipalities if kind.owned_by(m))
        return replace(self, municipalities=owners)

    def realms(self, kind: Kind) -> tuple[Realm, ...]:
        """Where the kind's resources live, as far as this scope goes."""
        owners = self.of(kind)
        everything: Sequence[Realm] = (
            (Estate(),) if kind.realm == "hosts" else self.cluster.tenants
        )
        return tuple(one for one in everything if owners.within(one))


@dataclass(frozen=True)
class Providers:
    """The outside world of one tenant, opened for one event loop.

    `mailbox_patience` and `dns_patience` are how many seconds an apply waits for a mailbox
    to answer and for a DNS record to appear before it leaves them to the next run.
    `exchange` is None where the tenant does not let Exchange's interface be used.
    """

    directory: Directory
    resolver: Resolver
    sightings: Sightings
    secrets: InitialSecrets
    new_password: Callable[[], str]
    now: Callable[[], datetime]
    mailbox_patience: float = 900.0
    dns_patience: float = 15.0
    exchange: ExchangeGateway | None = None

    async def close(self) -> None:
        """Let go of all connections to the tenant."""
        await self.directory.close()
        if self.exchange is not None:
            await self.exchange.close()


@dataclass(frozen=True)
class HostProviders:
    """The cluster's hosts, opened for one run.

    `last_applied` is what earlier runs brought about, by the slugs of owners: a file that
    nobody wants any more is looked for where it says. `web` fetches pages as a visitor
    does; `camera` takes pictures of them, None where nobody wants any. `backups` keeps
    what was seen of backups, `observed` what the observe step saw of each host, for the
    kinds that come after the first, one of which looks at a time (`looking`). `secrets`
    hand over the passwords of accounts that are made there.
    """

    hosts: Hosts
    last_applied: Callable[[Iterable[str]], Mapping[str, LastApplied]]
    now: Callable[[], datetime]
    secrets: InitialSecrets
    new_password: Callable[[], str]
    web: Web = field(default_factory=Web)
    camera: Camera | None = None
    backups: BackupObservations | None = None
    observed: dict[str, HostSeen | ProviderError] = field(default_factory=dict)
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)


Realm: TypeAlias = Tenant | Estate
RealmT = TypeVar("RealmT", Tenant, Estate)
ProvidersT = TypeVar("ProvidersT", Providers, HostProviders)


@dataclass(frozen=True)
class Observed:
    """What one kind read in one tenant, by municipality slug."""

    by_municipality: Mapping[str, Observation[Any]]
    seats: tuple[Seats, ...] = ()


@dataclass(frozen=True)
class Differences:
    """What `Kind.changes` found in one municipality.

    `confirmed` are keys that are as desired (to be remembered as last applied).
    """

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...] = ()
    confirmed: tuple[str, ...] = ()


class LastApplied(Protocol):
    """What we last brought about, as JSON-like mappings by resource key."""

    def __iter__(self) -> Iterator[str]:
        """The keys of all that is remembered."""
        ...

    def get(self, key: str) -> Mapping[str, Any] | None: ...

    def spec_json(self, key: str) -> bytes | None:
        """The spec as it was encoded, for comparing without decoding."""
        ...

    def object_id(self, key: str) -> str:
        """The provider's id as it was recorded, or ""."""
        ...

    def __contains__(self, key: object) -> bool: ...


class KindOf(ABC, Generic[RealmT, ProvidersT]):
    """One type of resource. Instances are stateless.

    `name` is the word in keys and on the command line; `title` the English label that is
    translated for people; `spec` the frozen struct that schema, validation, reference page
    and forms derive from; `needs` the kinds that must stand in a municipality first;
    `level` whose its resources are. A kind of the cluster gets the owners of
    `Cluster.itself` wherever a municipality is meant. `realm` says where they live: in
    the tenant of their owner, or on the hosts, which belong to no tenant.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    spec: ClassVar[type[Struct]]
    needs: ClassVar[tuple[str, ...]] = ()
    level: ClassVar[Level] = "municipality"
    realm: ClassVar[Literal["tenant", "hosts"]] = "tenant"

    def owned_by(self, owner: Municipality) -> bool:
        """Whether an owner can have resources of this kind."""
        if self.realm == "hosts":
            return owner.level == self.level or not owner.tenant
        return owner.level == self.level and bool(owner.tenant)

    @abstractmethod
    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        """What the inventory wants of this kind in one municipality. Pure."""

    @abstractmethod
    async def observe(
        self,
        scope: Scope,
        tenant: RealmT,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: ProvidersT,
    ) -> Observed:
        """Read all of this kind in one tenant, in bulk. Must not write anywhere outside.

        `desired` is by municipality slug. A read that fails becomes `Unknown`, never an
        absence; only errors that make the whole tenant unreadable may be raised
        (`ProviderError`), and then everything of that tenant is unknown.
        """

    @abstractmethod
    def changes(
        self,
        scope: Scope,
        municipality: Municipality,
        desired: Sequence[Resource[Any]],
        observed: Observation[Any],
        last_applied: LastApplied,
    ) -> Differences:
        """The changes that make `observed` what is `desired`. Pure and deterministic."""

    @abstractmethod
    def apply(
        self,
        scope: Scope,
        tenant: RealmT,
        changes: Sequence[Change],
        providers: ProvidersT,
    ) -> AsyncIterator[Outcome]:
        """Make the changes of one tenant in bulk; yields an outcome as each one ends.

        Must be idempotent: after a crash the same changes may come again. Yields exactly
        one outcome for each change; failures are outcomes, not exceptions.
        """

    @abstractmethod
    async def verify(
        self,
        scope: Scope,
        tenant: RealmT,
        resources: Sequence[Resource[Any]],
        providers: ProvidersT,
    ) -> list[Proof]:
        """Read back, after the writes, whether each resource works. Must not write."""


# What the engine walks over, whichever the realm.
Kind: TypeAlias = KindOf[Any, Any]
