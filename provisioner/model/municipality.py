"""A municipality of the cluster and the people it wants mailboxes for."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from provisioner.model.hosts import BackupJob, Server, Website
from provisioner.model.language import Language as Language
from provisioner.model.place import Place

PersonState = Literal["active", "leaver"]
Level = Literal["municipality", "cluster"]


class Names(Struct, frozen=True, gc=False):
    """One name in the three languages of the cluster."""

    he: str
    ar: str
    en: str

    def in_language(self, language: str) -> str:
        return {"he": self.he, "ar": self.ar}.get(language, self.en)


class Person(Struct, frozen=True, gc=False):
    """One row of `mailboxes.csv`; `address` is lower case, `line` counts from 1.

    `role` is a role of the cluster or empty; `license` is the vendor's SKU part number
    (`EXCHANGESTANDARD`); `aliases` are whole addresses.
    """

    address: str
    display_name: str
    given_name: str
    surname: str
    employee_id: str
    department: str
    job_title: str
    role: str
    license: str
    language: Language
    aliases: tuple[str, ...]
    state: PersonState
    line: int


class SharedMailbox(Struct, frozen=True, gc=False):
    """A functional address (`moked@`) that several people read and answer from.

    `address`, `members` (people of the municipality) and `aliases` are whole and lower
    case; `auto_reply` is what every sender is answered, in three languages; `line` is
    where it stands in `municipality.yml`.
    """

    address: str
    names: Names
    members: tuple[str, ...] = ()
    auto_reply: Names | None = None
    aliases: tuple[str, ...] = ()
    line: int = 0


class Municipality(Struct, frozen=True):
    """A member of the cluster with its one domain, its seat budget and its people.

    `seats` is the budget by SKU part number; `file` is its `municipality.yml`, `people_file`
    its `mailboxes.csv`, both relative to the folder above the inventory. `managers` are
    who takes over the mailboxes of leavers, by department, "*" for all others.
    """

    slug: str
    names: Names
    cbs_code: str
    type: Literal["city", "local_council", "regional_council", "cluster"]
    tenant: str
    domain: str
    language: Language
    seats: dict[str, int]
    cios: tuple[str, ...]
    people: tuple[Person, ...]
    file: str
    people_file: str
    domain_line: int = 0
    shared_mailboxes: tuple[SharedMailbox, ...] = ()
    managers: dict[str, str] = {}
    servers: tuple[Server, ...] = ()
    websites: tuple[Website, ...] = ()
    backups: tuple[BackupJob, ...] = ()

    @property
    def level(self) -> Level:
        """Whose this owner's resources are: a municipality's, or the whole cluster's."""
        return "cluster" if self.type == "cluster" else "municipality"

    def manager_of(self, department: str) -> str:
        """Who takes over from a leaver of `department`, or ""; never who left too."""
        named = [self.managers.get(one, "") for one in (department, "*")]
        wanted = {one for one in named if one}
        if not wanted:
            return ""
        here = {
            one.address
            for one in self.people
            if one.address in wanted and one.state == "active"
        }
        return next((one for one in named if one in here), "")

    def place_of(self, person: Person) -> Place:
        return Place(self.people_file, person.line)
