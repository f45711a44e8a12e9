"""`municipality.yml` and a row of `mailboxes.csv`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from provisioner.inventory.definition.cluster import LanguageCode, NamesEntry
from provisioner.inventory.definition.hosts import (
    BackupEntry,
    ServerEntry,
    WebsiteEntry,
)
from provisioner.inventory.definition.replies import ReplyEntry
from provisioner.inventory.definition.words import (
    CBS_PATTERN,
    DEPARTMENT_MAX,
    DISPLAY_NAME_MAX,
    EMPLOYEE_ID_MAX,
    EMPLOYEE_ID_PATTERN,
    JOB_TITLE_MAX,
    NAME_MAX,
    ROLE_PATTERN,
    STRIPPED,
    Address,
    Aliases,
    Domain,
    Entry,
    License,
    Seats,
    Slug,
    name_up_to,
)

Department = Annotated[str, name_up_to(DEPARTMENT_MAX, at_least=1)]


class SharedMailboxEntry(Entry):
    """A functional address that several people read and answer from; takes no seat."""

    address: Address
    """Primary address: a local part, or whole in the domain."""
    names: NamesEntry
    """What it is called; others see the name in the municipality's language."""
    members: tuple[Address, ...] = ()
    """People of the municipality who read it and send as it; leavers are passed over."""
    auto_reply: ReplyEntry | None = None
    """What every sender is answered, in all three languages; none where left out."""
    aliases: tuple[Address, ...] = ()
    """Further addresses."""


class MunicipalityFile(Entry):
    """The whole of `municipality.yml`; the folder's name is the municipality's slug."""

    names: NamesEntry
    """What people call it."""
    cbs_code: Annotated[str, StringConstraints(pattern=CBS_PATTERN)]
    """Code of the locality or council at the Central Bureau of Statistics."""
    type: Literal["city", "local_council", "regional_council"]
    """What it is in law."""
    tenant: Slug
    """Name of one of the cluster's tenants."""
    domain: Domain
    """Its mail domain; no other municipality has it."""
    language: LanguageCode
    """Language of its mailboxes where a person's row names none."""
    seats: dict[License, Seats]
    """Seat budget: mailboxes by SKU part number."""
    cios: tuple[Address, ...] = ()
    """Addresses of those who decide for the municipality."""
    shared_mailboxes: tuple[SharedMailboxEntry, ...] = ()
    """Functional addresses such as `moked` or `info`."""
    managers: dict[Department, Address] = Field(default_factory=dict)
    """Who takes over the mailboxes of leavers, by department; `*` for all others. One
    who has left is passed over."""
    servers: tuple[ServerEntry, ...] = ()
    """What the municipality's own hosts shall be like."""
    websites: tuple[WebsiteEntry, ...] = ()
    """Its websites, static or of WordPress."""
    backups: tuple[BackupEntry, ...] = ()
    """What of it is saved. Checked with the rest; not acted on yet."""


class MailboxRow(Entry):
    """One row of `mailboxes.csv`; its header is exactly these columns, in this order."""

    address: Address
    """Primary address and sign-in name: a local part, or whole in the domain."""
    display_name: Annotated[str, name_up_to(DISPLAY_NAME_MAX, at_least=1)]
    """Name as others see it."""
    given_name: Annotated[str, name_up_to(NAME_MAX)]
    """Given name; may be empty."""
    surname: Annotated[str, name_up_to(NAME_MAX)]
    """Surname; may be empty."""
    employee_id: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True,
            max_length=EMPLOYEE_ID_MAX,
            pattern=EMPLOYEE_ID_PATTERN,
        ),
    ]
    """Personnel number, unique within the municipality; may be empty."""
    department: Annotated[str, name_up_to(DEPARTMENT_MAX)]
    """Department; may be empty."""
    job_title: Annotated[str, name_up_to(JOB_TITLE_MAX)]
    """Job title; may be empty."""
    role: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, max_length=40, pattern=rf"^$|{ROLE_PATTERN}"
        ),
    ]
    """One of the cluster's roles; may be empty."""
    license: License
    """SKU part number of the licence."""
    language: Annotated[Literal["", "he", "ar", "en"], STRIPPED]
    """Language of the mailbox; empty is the municipality's."""
    aliases: Aliases
    """Further addresses, separated by spaces or `;`."""
    state: Annotated[Literal["", "active", "leaver"], STRIPPED]
    """`active`, or `leaver` to have it disabled; empty is active."""


COLUMNS: tuple[str, ...] = tuple(MailboxRow.model_fields)
