"""The only place that builds real collaborators from settings."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from provisioner.engine.listener import Listener
from provisioner.engine.run import Collaborators
from provisioner.errors import SandboxError, SettingsInvalid
from provisioner.inventory import load
from provisioner.kind import HostProviders, InitialSecrets, Providers
from provisioner.model.cluster import Cluster, Tenant
from provisioner.model.mail import GraphMail
from provisioner.portal.identity import Identity
from provisioner.providers.ansible.hosts import Authority, Hosts
from provisioner.providers.ansible.reach import Reach
from provisioner.providers.camera import Camera
from provisioner.providers.dns import Resolver
from provisioner.providers.graph.credentials import Credential, credential
from provisioner.providers.graph.directory import open_directory
from provisioner.providers.graph.exchange import ExchangeGateway, open_exchange
from provisioner.providers.graph.mail import mail_body
from provisioner.providers.web import Web
from provisioner.sandbox.folder import Folder
from provisioner.sandbox.hosts import hosts_of, point_websites
from provisioner.sandbox.lab.state import LabState
from provisioner.sandbox.secrets import made_up
from provisioner.sandbox.state import read_state
from provisioner.sandbox.today import days_ahead
from provisioner.settings import Settings, resolve_secret
from provisioner.store import Store, open_store
from provisioner.store.passwords import generate_password
from provisioner.store.secret_key import load_key


@dataclass(frozen=True)
class Outside:
    """Where the outside world is: Graph, Exchange, the sign-in, DNS.

    `ca_file` is a private CA's.

    `secrets` are client secrets by tenant id where the sandbox made them up;
    `ahead` is how far a rehearsal has moved the clock on.
    """

    graph_url: str
    authority: str
    nameservers: tuple[str, ...]
    exchange_url: str
    ca_file: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """The time there, in UTC."""
        return datetime.now(UTC) + self.ahead


def outside(settings: Settings) -> Outside:
    """The world the settings point at; raises `SandboxError` when it does not run."""
    if settings.profile == "production":
        servers = tuple(settings.nameservers.replace(",", " ").split())
        return Outside(
            settings.graph_url, settings.authority, servers, settings.exchange_url
        )
    state = read_state(settings.sandbox_dir)
    return Outside(
        state.graph_url,
        state.authority,
        (state.dns,),
        state.graph_url.removesuffix("/v1.0"),
        state.ca_file,
        {one.tenant_id: one.client_secret for one in state.tenants},
        days_ahead(state),
    )


@contextmanager
def collaborators(settings: Settings, listener: Listener) -> Iterator[Collaborators]:
    """Everything a run works with, closed at the end.

    Raises `SandboxError`, `SettingsInvalid` and `StoreError`.
    """
    world = outside(settings)
    with open_store(settings.database) as store:
        secrets = store.secrets(load_key(settings))
        yield Collaborators(
            load=lambda: load(settings.inventory),
            store=store,
            secrets=secrets,
            open_providers=_opener(settings, world, store, secrets),
            listener=listener,
            now=world.now,
            lease_seconds=settings.lease_seconds,
            approval_patience=timedelta(hours=settings.approval_hours),
            open_hosts=hosts_opener(settings, store, secrets, world.now),
        )


def _opener(
    settings: Settings, world: Outside, store: Store, secrets: InitialSecrets
) -> Callable[[Tenant, Callable[[], None]], Awaitable[Providers]]:
    async def open_providers(
        tenant: Tenant, may_write: Callable[[], None]
    ) -> Providers:
        exchange: ExchangeGateway | None = None
        if tenant.exchange != "off":
            exchange = open_exchange(
                tenant,
                credential=_sign_in(world, tenant),
                base_url=world.exchange_url,
                may_write=may_write,
            )
        directory = await open_directory(
            tenant,
            credential=_sign_in(world, tenant),
            base_url=world.graph_url,
            snapshots=store.snapshots,
            now=world.now,
            may_write=may_write,
        )
        return Providers(
            directory=directory,
            resolver=Resolver(world.nameservers),
            sightings=store.sightings,
            secrets=secrets,
            new_password=generate_password,
            now=world.now,
            mailbox_patience=settings.mailbox_patience,
            dns_patience=settings.dns_patience,
            exchange=exchange,
        )

    return open_providers


def mailer(settings: Settings, store: Store) -> Callable[[Cluster, GraphMail], None]:
    """Sends a mail through the tenant it names, from a mailbox of that tenant."""
    world = outside(settings)

    def send(cluster: Cluster, mail: GraphMail) -> None:
        asyncio.run(_send(world, store, cluster.tenant(mail.tenant), mail))

    return send


async def _send(world: Outside, store: Store, tenant: Tenant, mail: GraphMail) -> None:
    message = mail.message
    body = mail_body(
        message.title,
        message.html or message.text,
        mail.to,
        [(one.name, one.media_type, one.content) for one in message.attachments],
    )
    directory = await open_directory(
        tenant,
        credential=_sign_in(world, tenant),
        base_url=world.graph_url,
        snapshots=store.snapshots,
        now=world.now,
    )
    try:
        await directory.send_mail(mail.sender, body)
    finally:
        await directory.close()


def _sign_in(world: Outside, tenant: Tenant) -> Credential:
    return credential(
        tenant,
        authority=world.authority,
        ca_file=world.ca_file,
        client_secret=world.secrets.get(tenant.tenant_id, ""),
    )


def hosts_opener(
    settings: Settings,
    store: Store,
    secrets: InitialSecrets,
    now: Callable[[], datetime],
) -> Callable[[Cluster, Callable[[], None]], HostProviders] | None:
    """Opens the cluster's hosts; None for a sandbox whose lab does not run."""
    lab = None
    if settings.profile == "sandbox":
        lab = hosts_of(settings.sandbox_dir)
        if lab is None:
            return None

    def open_hosts(
        cluster: Cluster, may_write: Callable[[], None] = lambda: None
    ) -> HostProviders:
        web = Web()
        if lab is None:
            hosts = Hosts(_in_production(cluster), may_write=may_write)
        else:
            point_websites(settings.sandbox_dir, cluster, lab)
            files = Folder(settings.sandbox_dir)
            authority = Authority(
                str(files.authority.absolute()), str(files.authority_key.absolute())
            )
            resolve = made_up(files, cluster)
            hosts = Hosts(_in_lab(lab), authority, may_write, resolve)
            web = Web(lab.web_proxy, str(files.authority))
        return HostProviders(
            hosts,
            store.last_applied.read_many,
            now,
            secrets,
            generate_password,
            web,
            Camera(lab.web_proxy if lab else "") if settings.pictures else None,
            store.backups,
        )

    return open_hosts


def zones_here(settings: Settings, cluster: Cluster) -> tuple[str, ...]:
    """The zones whose hosts this machine can reach: it has their key.

    Keys are files that never travel, so who has one is a worker of that zone. In a
    sandbox all zones are here.
    """
    if settings.profile == "sandbox":
        return tuple(one.name for one in cluster.zones)
    keys = {one.name: one.key.removeprefix("file/") for one in cluster.zones}
    return tuple(name for name, key in keys.items() if os.access(key, os.R_OK))


def _in_lab(lab: LabState) -> dict[str, Reach]:
    """The lab's own ways in: those of the inventory lead nowhere here."""
    return {
        one.name: Reach(
            one.name,
            one.ssh_address,
            one.ssh_port,
            one.user,
            one.key_file,
            (one.known_hosts.partition(" ")[2],),
        )
        for one in lab.hosts
    }


def _in_production(cluster: Cluster) -> dict[str, Reach]:
    keys = {one.name: one.key.removeprefix("file/") for one in cluster.zones}
    return {
        one.name: Reach(
            one.name,
            one.address,
            one.port,
            one.user,
            str(Path(keys[one.zone]).absolute()),
            one.host_keys,
        )
        for one in cluster.hosts
    }


def portal_identity(settings: Settings) -> Identity | None:
    """Who signs people in to the portal: the sandbox's first tenant, or the one set.

    None where there is no portal. Raises `SettingsInvalid` for half a set-up.
    """
    if settings.profile == "sandbox" and not settings.portal_url:
        state = read_state(settings.sandbox_dir)
        # By http, as all of it is on this machine: browsers do not know the sandbox's CA.
        issuer = f"{state.graph_url.removesuffix('/v1.0')}/{state.tenant_id}/v2.0"
        return Identity(issuer, state.client_id, state.client_secret)
    if not settings.portal_url:
        return None
    needed = ("portal_authority", "portal_client_id", "portal_client_secret")
    missing = [name for name in needed if not getattr(settings, name)]
    if missing or not settings.portal_url.startswith("https://"):
        what = (
            f"{', '.join(missing)} missing" if missing else "portal_url is no https URL"
        )
        raise SettingsInvalid(
            f"The portal cannot be served: {what}.", remedy="See docs/howto/portal.md."
        )
    return Identity(
        settings.portal_authority,
        settings.portal_client_id,
        resolve_secret(settings.portal_client_secret),
        _pairs(settings.portal_groups),
    )


def _pairs(text: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in text.replace(",", " ").split())
    return {name: value for name, _, value in pairs}


def the_time(settings: Settings) -> Callable[[], datetime]:
    """The clock of the world the settings point at; this machine's where none runs."""
    if settings.profile == "production":
        return lambda: datetime.now(UTC)
    try:
        return outside(settings).now
    except SandboxError:
        return lambda: datetime.now(UTC)


def actor(settings: Settings) -> str:
    """Who acts, for the audit: the setting, or the login name."""
    if settings.actor:
        return settings.actor
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
