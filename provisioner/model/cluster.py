"""The whole inventory as one value: the cluster, its tenants, rules and members."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from provisioner.model.hosts import Acme, Host, Server, Zone
from provisioner.model.municipality import Municipality, Names
from provisioner.model.notice import Recipient
from provisioner.model.schedule import Calendar, Schedule
from provisioner.model.wish import Sort


class Tenant(Struct, frozen=True):
    """A Microsoft 365 tenant and how to sign in to it.

    `client_secret` and `certificate` are references (`env/NAME`, `file/PATH`), never the
    secret itself. `licenses` are the SKU part numbers offered to municipalities;
    `mark_attribute` is the N of `extensionAttributeN` that bears our mark (1 to 15);
    `protected` are addresses that are never written (break-glass accounts). `exchange`
    says whether Exchange's command interface may be used, which the vendor does not
    support; without it shared mailboxes and aliases are left to a person.
    """

    name: str
    tenant_id: str
    client_id: str
    client_secret: str
    certificate: str
    licenses: tuple[str, ...]
    mark_attribute: int = 15
    usage_location: str = "IL"
    protected: tuple[str, ...] = ()
    writes_per_window: int = 3000
    window_seconds: float = 150.0
    exchange: Literal["off", "invoke_command"] = "off"


class Estate(Struct, frozen=True):
    """All hosts of the cluster: where their resources live, as mailboxes in a tenant.

    Its name is empty, which no tenant's can be.
    """

    name: str = ""


class GuardLimits(Struct, frozen=True):
    """Numbers above which a municipality's plan is held back for a person.

    Shares are of the objects we manage there (0 to 1); a share counts only above
    `removals_floor` objects, so that a village of ten may still see two people leave.
    """

    removals_number: int = 20
    removals_share: float = 0.10
    removals_floor: int = 5
    shrink_share: float = 0.20


class WorkingWeek(Struct, frozen=True, gc=False):
    """Working days as the vendor names them (`sunday`) and hours as `HH:MM`."""

    days: tuple[str, ...] = ("sunday", "monday", "tuesday", "wednesday", "thursday")
    start: str = "08:00"
    end: str = "16:00"


class Defaults(Struct, frozen=True):
    """What every mailbox gets: Windows time zone, locale by language, working week."""

    time_zone: str = "Israel Standard Time"
    locales: dict[str, str] = field(
        default_factory=lambda: {"he": "he-IL", "ar": "ar-IL", "en": "en-US"}
    )
    working_week: WorkingWeek = WorkingWeek()
    dmarc: str = "v=DMARC1; p=quarantine"
    secret_days: int = 7


class Role(Struct, frozen=True):
    """A professional role; people who bear it meet in the forum of that role.

    `forum` is what the forum is called (None: made from `names`); `lead` the address of
    its owner ("" for none); `guests` are whole addresses of people from outside; `line`
    is where the role stands in `cluster.yml`.
    """

    name: str
    names: Names
    forum: Names | None = None
    lead: str = ""
    guests: tuple[str, ...] = ()
    line: int = 0


class ForumRules(Struct, frozen=True):
    """How forums treat who has no account in their tenant.

    `guests`: whether these are invited or only reported; `across_tenants`: whether the
    people of the cluster's other tenants are guests as well.
    """

    guests: Literal["report", "invite"] = "report"
    across_tenants: bool = False


# What a leaver's automatic reply may name: the person, and the municipality.
REPLY_WORDS = ("name", "municipality")


class Leavers(Struct, frozen=True):
    """What becomes of who has left, besides being switched off.

    `revoke_sessions`: signed out everywhere at once. Days count from the day on which we
    switched the mailbox off; None means never. `delete_after_days` makes the account due
    for deletion, which takes a second person's word. The rest is done in Exchange, and
    undone when somebody returns; `auto_reply` may have the words of `REPLY_WORDS`.
    """

    revoke_sessions: bool = True
    free_seat_after_days: int | None = None
    delete_after_days: int | None = None
    hide_from_address_lists: bool = False
    convert_to_shared: bool = False
    manager_access: bool = False
    auto_reply: Names | None = None

    @property
    def in_exchange(self) -> bool:
        """Whether any step needs Exchange."""
        return bool(
            self.hide_from_address_lists
            or self.convert_to_shared
            or self.manager_access
            or self.auto_reply
        )


class RequestPolicy(Struct, frozen=True):
    """Who decides on requests.

    `automatic` sorts need nobody within the budget, for at most `automatic_people` people
    who bear no role or one of `automatic_roles` (None: any). `approvers` are addresses
    (none: whoever has the right). `mail` refers to the apprise URL through which
    requesters are told ("": they are not).
    """

    automatic: tuple[Sort, ...] = ()
    automatic_people: int = 5
    automatic_roles: tuple[str, ...] | None = None
    approvers: tuple[str, ...] = ()
    four_eyes: bool = True
    mail: str = ""


class Cluster(Struct, frozen=True):
    """Everything the inventory says, valid as one whole.

    `commit` is the git commit the files were read at ("" outside a repository, with
    "+changes" when the work tree differs); `digest` is a checksum of the files' bytes;
    `file` is `cluster.yml`, relative to the folder above the inventory.
    """

    slug: str
    names: Names
    tenants: tuple[Tenant, ...]
    roles: tuple[Role, ...]
    guards: GuardLimits
    defaults: Defaults
    municipalities: tuple[Municipality, ...]
    commit: str = ""
    digest: str = ""
    leavers: Leavers = Leavers()
    forums: ForumRules = ForumRules()
    file: str = "inventory/cluster.yml"
    calendar: Calendar = Calendar()
    schedules: tuple[Schedule, ...] = ()
    zones: tuple[Zone, ...] = ()
    hosts: tuple[Host, ...] = ()
    servers: tuple[Server, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    requests: RequestPolicy = RequestPolicy()
    acme: Acme | None = None

    @property
    def itself(self) -> tuple[Municipality, ...]:
        """The cluster as the owner of what belongs to no single municipality.

        One owner for each tenant in which municipalities are, because what is shared
        there is read, planned and made in one tenant. Its slug, `cluster@TENANT`, can be
        no municipality's. Without roles nothing is shared. What is on the cluster's own
        hosts has one owner of no tenant, whose slug is the cluster's.
        """
        used = {one.tenant for one in self.municipalities} if self.roles else ()
        shared = tuple(self._owner(t.name) for t in self.tenants if t.name in used)
        return (*shared, self._owner("")) if self.servers else shared

    @property
    def all_servers(self) -> tuple[Server, ...]:
        """Every server that anybody describes."""
        theirs = (server for one in self.municipalities for server in one.servers)
        return (*self.servers, *theirs)

    def _owner(self, tenant: str) -> Municipality:
        names = self.names
        if tenant and len(self.tenants) > 1:
            spoken = (f"{one} · {tenant}" for one in (names.he, names.ar, names.en))
            names = Names(*spoken)
        return Municipality(
            slug=f"cluster@{tenant}" if tenant else self.slug,
            names=names,
            cbs_code="",
            type="cluster",
            tenant=tenant,
            domain="",
            language="he",
            seats={},
            cios=(),
            people=(),
            file=self.file,
            people_file="",
        )

    def tenant(self, name: str) -> Tenant:
        return next(tenant for tenant in self.tenants if tenant.name == name)

    def municipality(self, slug: str) -> Municipality:
        return next(one for one in self.municipalities if one.slug == slug)
