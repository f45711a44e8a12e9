"""A tenant's directory as one thing: users, groups, licences, domains behind one gate."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from provisioner.errors import PermanentProviderError, ProviderError
from provisioner.model.cluster import Tenant
from provisioner.model.mark import OURS
from provisioner.providers.graph.adapter import GraphAdapter, open_adapter
from provisioner.providers.graph.administrative_units import AdministrativeUnits
from provisioner.providers.graph.audits import Audits
from provisioner.providers.graph.batch import batch
from provisioner.providers.graph.calls import Call, Reply, user_path
from provisioner.providers.graph.domains import Domains
from provisioner.providers.graph.groups import Groups
from provisioner.providers.graph.guests import address_of, invite
from provisioner.providers.graph.licences import Sku, read_skus
from provisioner.providers.graph.limiter import Limiter
from provisioner.providers.graph.pager import collect
from provisioner.providers.graph.readiness import read_ready
from provisioner.providers.graph.roles import read_privileged
from provisioner.providers.graph.sender import Sender, always
from provisioner.providers.graph.snapshot import Snapshot, Snapshots
from provisioner.providers.graph.users import UserReader, UsersRead
from provisioner.providers.graph.wire import (
    DELETED_USER_SELECT,
    USER_SELECT,
    Page,
    User,
    decode_user,
)

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

__all__ = ["Directory", "Sku", "Snapshot", "Snapshots", "UsersRead", "open_directory"]

_DELETED = (
    "/directory/deletedItems/microsoft.graph.user"
    f"?$select={DELETED_USER_SELECT}&$top=999"
)


class Directory:
    """One tenant's directory in one event loop. All reads raise `ProviderError`.

    `domains`, `groups` and `administrative_units` are its domains, groups and units;
    `audits` tells who changed what in it.
    """

    def __init__(
        self,
        adapter: GraphAdapter,
        sender: Sender,
        users: UserReader,
        mark_attribute: int,
    ) -> None:
        self._adapter = adapter
        self._sender = sender
        self._users = users
        self._known_users = 0
        self._mark_attribute = mark_attribute
        self._people: dict[str, str] | None = None
        self._strangers: frozenset[str] = frozenset()
        self._users_read: UsersRead | None = None
        self._unread: ProviderError | None = None
        self.domains = Domains(sender)
        self.audits = Audits(sender)
        self.groups = Groups(sender, adapter.base_url)
        self.administrative_units = AdministrativeUnits(sender, adapter.base_url)

    @property
    def calls(self) -> int:
        """HTTP calls so far, tries included."""
        return self._sender.calls

    @property
    def throttled(self) -> int:
        """How often the tenant asked to wait so far."""
        return self._sender.limiter.throttled

    @property
    def quota_used(self) -> float:
        """The share of its quota that the tenant last told of; 0 far from the limit."""
        return self._sender.limiter.quota_used

    @property
    def granted(self) -> frozenset[str] | None:
        """The permissions that the tenant gave the application; None where unknown."""
        return self._adapter.granted

    async def users(self, *, full: bool = False) -> UsersRead:
        """All users; `full` reads them all even where a delta token is at hand."""
        try:
            read = await self._users.read(full=full)
        except ProviderError as error:
            self._unread = error
            raise
        self._known_users = len(read.users)
        self._people, self._users_read = None, read
        return read

    async def people(self) -> Mapping[str, str]:
        """Addresses by user id, as of the last read of all users in this run.

        Who needs them after the users themselves were read pays nothing; where that read
        failed, it is not tried a second time.
        """
        if self._people is None and self._users_read is None:
            if self._unread is not None:
                raise self._unread
            await self.users()
        if self._users_read is not None:
            everybody = self._users_read.users.values()
            self._people = {one.id: address_of(one) for one in everybody}
            self._strangers = frozenset(
                one.id for one in everybody if not self.is_ours(one)
            )
            self._users_read = None  # a hundred megabytes that nobody needs any more
        return self._people or {}

    @property
    def strangers(self) -> frozenset[str]:
        """Ids of those of `people` who bear no mark of ours."""
        return self._strangers

    def is_ours(self, user: User) -> bool:
        """Whether a user bears a mark of ours."""
        attributes = user.on_premises_extension_attributes
        if attributes is None:
            return False
        return attributes.number(self._mark_attribute).startswith(OURS)

    async def invite(self, addresses: Sequence[str]) -> dict[str, str | ProviderError]:
        """Invite people from elsewhere as guests; their new user ids, or why not."""
        return await invite(self._sender, addresses)

    async def deleted_users(self) -> list[User]:
        """Users in the recycle bin, to be restored within 30 days."""
        return await collect(self._sender.read, _DELETED, Page[User])

    async def find_user(self, upn: str) -> User | None:
        """One user by principal name, from the directory itself; None where it is not."""
        url = f"{user_path(upn)}?$select={USER_SELECT}"
        try:
            return await self._sender.read(url, decode_user)
        except PermanentProviderError as error:
            # Without a code the 404 is not Graph's own and says nothing about the user.
            if error.status == 404 and error.code:
                return None
            raise

    async def skus(self) -> list[Sku]:
        """The subscriptions that can be given to users, counted now."""
        return await read_skus(self._sender)

    async def privileged(self) -> dict[str, str]:
        """The name of a directory role by the id of each user that holds one."""
        return await read_privileged(self._sender)

    async def ready(self, ids: set[str]) -> set[str]:
        """Those of `ids` whose mailbox is provisioned, by few calls for many."""
        return await read_ready(self._sender, ids, self._known_users)

    async def send_mail(self, sender: str, body: bytes) -> None:
        """Send a mail from a mailbox of the tenant; `body` is that of `sendMail`.

        Sent once: where no answer came it may have gone, and the error is ambiguous.
        """
        await self._sender.send(
            "POST",
            f"{user_path(sender)}/sendMail",
            body,
            decode=bytes,
            repeatable=False,
        )

    def batch(self, calls: Iterable[Call]) -> AsyncIterator[Reply]:
        """Send calls twenty to a request; exactly one reply each, as they come."""
        return batch(self._sender, calls)

    async def close(self) -> None:
        """Close all sockets; the directory cannot be used afterwards."""
        await self._adapter.close()


async def open_directory(
    tenant: Tenant,
    *,
    credential: AsyncTokenCredential,
    base_url: str,
    snapshots: Snapshots,
    now: Callable[[], datetime],
    ca_file: str = "",
    rng: random.Random | None = None,
    may_write: Callable[[], None] = always,
) -> Directory:
    """The directory of `tenant` for the running event loop; it owns the credential.

    `ca_file` holds the CA of a private https Graph; for `may_write` see `Sender`.
    Raises `PermanentProviderError` for a base URL that must not be used.
    """
    adapter = open_adapter(
        credential, base_url=base_url, ca_file=ca_file, tenant=tenant.name
    )
    limiter = Limiter(
        writes_per_window=tenant.writes_per_window,
        window_seconds=tenant.window_seconds,
        rng=rng or random.Random(),  # noqa: S311 - jitter, not a secret
    )
    sender = Sender(adapter, limiter, may_write)
    users = UserReader(
        sender,
        tenant=tenant.name,
        base_url=base_url,
        snapshots=snapshots,
        now=now,
    )
    return Directory(adapter, sender, users, tenant.mark_attribute)
