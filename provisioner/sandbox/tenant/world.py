"""The whole sandboxed world: every tenant, the clock, the faults, the request log."""

from __future__ import annotations

import hashlib
import secrets
import uuid
import zlib
from collections import Counter
from collections.abc import Sequence

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.catalogue import SKUS
from provisioner.sandbox.tenant.clock import Clock
from provisioner.sandbox.tenant.devices import Devices
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.domain import Domain, verification_token
from provisioner.sandbox.tenant.faults import Faults
from provisioner.sandbox.tenant.kept import Client
from provisioner.sandbox.tenant.persistence import SavedWorld, pack, unpack
from provisioner.sandbox.tenant.quota import Quota
from provisioner.sandbox.tenant.replica import REPLICAS
from provisioner.sandbox.tenant.seed import Conduct, SkuSeed, TenantSeed
from provisioner.sandbox.tenant.tokens import Mint

__all__ = ["Conduct", "RequestLog", "SkuSeed", "TenantSeed", "World"]

ADMINISTRATOR = "Global Administrator"


class RequestLog:
    """How many calls came in since the last reset, by method and path template."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.calls: Counter[str] = Counter()
        self.batched: Counter[str] = Counter()


class World:
    """All tenants by their id. `admin_key` opens the endpoints under `/_sandbox/`."""

    def __init__(
        self, conduct: Conduct, mint: Mint, admin_key: str, clock: Clock
    ) -> None:
        self.conduct = conduct
        self.mint = mint
        self.admin_key = admin_key
        self.clock = clock
        self.faults = Faults(conduct.seed)
        self.devices = Devices()
        self.log = RequestLog()
        self.violations: list[str] = []
        self.checked = 0
        self.tenants: dict[str, Directory] = {}
        self.quotas: dict[str, Quota] = {}
        self._reads = 0

    @classmethod
    def create(cls, seeds: Sequence[TenantSeed], conduct: Conduct) -> World:
        """A fresh world with the tenants of `seeds`; KeyError for an unknown SKU."""
        clock = Clock(conduct.clock_scale)
        world = cls(conduct, Mint.create(), secrets.token_urlsafe(24), clock)
        for seed in seeds:
            world.admit(seed)
        return world

    def admit(self, seed: TenantSeed) -> None:
        """Add a tenant as it is on its first day; KeyError for an unknown SKU."""
        self.tenants[seed.tenant_id] = _furnish(seed, self.clock.now())

    def dump(self) -> bytes:
        """Everything that shall survive a restart, the signing key included."""
        return msgspec.msgpack.encode(
            SavedWorld(
                now=self.clock.now(),
                admin_key=self.admin_key,
                pem=self.mint.pem,
                tenants=[pack(directory) for directory in self.tenants.values()],
                faults=self.faults.rules,
                violations=self.violations,
            )
        )

    @classmethod
    def load(cls, data: bytes, conduct: Conduct) -> World:
        """The world of `dump`; msgspec.DecodeError where the bytes are none."""
        saved = msgspec.msgpack.decode(data, type=SavedWorld)
        clock = Clock(conduct.clock_scale, saved.now)
        world = cls(conduct, Mint(saved.pem), saved.admin_key, clock)
        for tenant in saved.tenants:
            world.tenants[tenant.tenant_id] = unpack(tenant)
        for rule in saved.faults:
            world.faults.add(rule)
        world.violations = saved.violations
        return world

    def behave(self, conduct: Conduct) -> None:
        """Another conduct from now on; replicas that lag no longer catch up at once."""
        self.clock.rescale(conduct.clock_scale)
        if conduct.replication_lag < self.conduct.replication_lag:
            for directory in self.tenants.values():
                directory.catch_up(self.clock.now())
        self.faults.seed = conduct.seed
        self.conduct = conduct

    def quota(self, directory: Directory) -> Quota:
        found = self.quotas.get(directory.tenant_id)
        if found is None:
            found = Quota(len(directory.ids), self.clock.now())
            self.quotas[directory.tenant_id] = found
        return found

    def replica_share(self, directory: Directory) -> float:
        """The share of the lag at the replica that answers the next read."""
        if not directory.lagging():
            return 1.0
        self._reads += 1
        draw = zlib.crc32(f"{self.conduct.seed}/{self._reads}".encode())
        return REPLICAS[draw % len(REPLICAS)]

    def tenant_for(self, name: str) -> Directory | None:
        """The tenant with this id, or that has verified this domain."""
        found = self.tenants.get(name.lower())
        if found is not None:
            return found
        for directory in self.tenants.values():
            domain = directory.domains.get(name.lower())
            if domain is not None and domain.verified:
                return directory
        return None


def _furnish(seed: TenantSeed, now: float) -> Directory:
    """A tenant as it is on its first day."""
    directory = Directory(seed.tenant_id, seed.initial_domain.lower(), now)
    directory.name = seed.name
    directory.display_name = seed.display_name
    directory.client_id = seed.client_id
    directory.secret_sha256 = hashlib.sha256(seed.client_secret.encode()).hexdigest()
    directory.certificate = seed.certificate
    directory.granted = seed.roles
    register(directory, seed)
    initial = directory.initial_domain
    directory.domains[initial] = Domain(
        initial,
        verification_token(seed.tenant_id, initial),
        verified=True,
        initial=True,
        default=True,
        services=("Email", "OfficeCommunicationsOnline"),
    )
    for sku in seed.skus:
        directory.enabled[SKUS[sku.part_number].id] = sku.enabled
    directory.roles[ADMINISTRATOR] = set()
    for local in seed.administrators:
        account = _first_user(directory, local, local, now)
        directory.put(None, account, now)
        directory.roles[ADMINISTRATOR].add(account.id)
    for one in seed.people:
        account = _first_user(directory, one.local, one.display_name, now)
        directory.put(None, account, now)
        directory.app_roles[account.id] = one.roles
    return directory


def register(directory: Directory, seed: TenantSeed) -> None:
    """Know the applications of a seed and their secrets; no others any more."""
    directory.clients = {
        one.client_id.lower(): Client(
            one.client_id,
            str(uuid.uuid5(uuid.UUID(seed.tenant_id), one.client_id)),
            hashlib.sha256(one.client_secret.encode()).hexdigest(),
            one.roles,
        )
        for one in seed.clients
    }


def _first_user(
    directory: Directory, local: str, display_name: str, now: float
) -> Account:
    name = f"{local}@{directory.initial_domain}"
    identifier = str(uuid.uuid5(uuid.UUID(directory.tenant_id), name))
    properties = {
        "userPrincipalName": name,
        "displayName": display_name,
        "mailNickname": local,
        "accountEnabled": True,
        "userType": "Member",
    }
    return Account(identifier, directory.next_seq(), now, properties)
