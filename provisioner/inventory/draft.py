"""One municipality while it is being checked, wholly right or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.inventory.definition.municipality import MunicipalityFile
from provisioner.inventory.documents import Checked
from provisioner.inventory.hosts import backups_of, servers_of, websites_of
from provisioner.inventory.people import WRONG, People
from provisioner.inventory.shared_mailboxes import KEY, finished, own_addresses
from provisioner.inventory.source import MAILBOXES, MUNICIPALITIES, MUNICIPALITY
from provisioner.model.municipality import Municipality, Names, Person
from provisioner.model.place import Place


@dataclass
class Draft:
    """What was read of one municipality.

    `addresses` and `aliases` are whole and lower case, `WRONG` where the field was;
    `finished` stays None as long as anything is wrong with it.
    """

    slug: str
    root: str
    checked: Checked[MunicipalityFile] | None
    lines: Sequence[int] = ()
    addresses: Sequence[Any] = ()
    aliases: Sequence[Any] = ()
    finished: Municipality | None = None
    parts: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = self.checked.parts if self.checked else {}

    @property
    def file(self) -> str:
        return f"{self.root}/{MUNICIPALITIES}/{self.slug}/{MUNICIPALITY}"

    @property
    def people_file(self) -> str:
        return f"{self.root}/{MUNICIPALITIES}/{self.slug}/{MAILBOXES}"

    @property
    def domain(self) -> str:
        """The mail domain, "" when it is not known."""
        return str(self.parts.get("domain", ""))

    def place(self, *path: int | str) -> Place:
        """A place in `municipality.yml`."""
        return self.checked.document.place(*path) if self.checked else Place(self.file)

    @property
    def shared_addresses(self) -> Iterator[tuple[str, Place]]:
        """Addresses and aliases of shared mailboxes, whole, each with its place."""
        suffix = f"@{self.domain or self.slug}"
        return own_addresses(self.parts.get(KEY, ()), suffix, self.place)

    def take(self, people: People) -> None:
        """Complete the addresses of the rows."""
        suffix = f"@{self.domain or self.slug}"
        columns = people.columns
        self.lines = people.table.lines
        self.addresses = [_whole(one, suffix) for one in columns["address"]]
        self.aliases = [
            one if not one or one is WRONG else tuple(_whole(x, suffix) for x in one)
            for one in columns["aliases"]
        ]

    def finish(self, entry: MunicipalityFile, people: People) -> None:
        """Make it the finished value; only when nothing of it is wrong."""
        suffix = f"@{entry.domain}"
        self.finished = Municipality(
            slug=self.slug,
            names=Names(**entry.names.model_dump()),
            cbs_code=entry.cbs_code,
            type=entry.type,
            tenant=entry.tenant,
            domain=entry.domain,
            language=entry.language,
            seats=dict(entry.seats),
            cios=tuple(_whole(one, suffix) for one in entry.cios),
            people=self._persons(entry, people.columns),
            file=self.file,
            people_file=self.people_file,
            domain_line=self.place("domain").line,
            shared_mailboxes=finished(entry.shared_mailboxes, suffix, self.place),
            managers={
                department: _whole(address, suffix)
                for department, address in entry.managers.items()
            },
            servers=servers_of(entry.servers, self.place),
            websites=websites_of(entry.websites, self.place),
            backups=backups_of(entry.backups, self.place),
        )

    def _persons(
        self, entry: MunicipalityFile, columns: dict[str, list[Any]]
    ) -> tuple[Person, ...]:
        made = columns | {
            "address": self.addresses,
            "language": [one or entry.language for one in columns["language"]],
            "aliases": self.aliases,
            "state": [one or "active" for one in columns["state"]],
            "line": self.lines,
        }
        return tuple(map(Person, *(made[name] for name in Person.__struct_fields__)))


def _whole(address: Any, suffix: str) -> Any:
    return address if address is WRONG or "@" in address else address + suffix
