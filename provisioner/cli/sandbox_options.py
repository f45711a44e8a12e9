"""The options of `provisioner sandbox`, above all of `up`."""

import enum
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")]


class DnsMode(enum.StrEnum):
    """How the DNS host of the sandbox works."""

    AUTO = "auto"
    MANUAL = "manual"


TenantOnly = Annotated[
    bool, typer.Option("--tenant-only", help="Start the tenants without hosts.")
]
Hosts = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=100,
        help="Number of lab hosts: those of the inventory, then lab1, lab2 ...",
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Go on in the background.")]
Dns = Annotated[
    DnsMode,
    typer.Option(help="auto publishes what a tenant wants; manual what you set."),
]
ClockScale = Annotated[
    float, typer.Option(min=0.001, help="Sandbox seconds per real second.")
]
MailboxDelay = Annotated[
    float, typer.Option(min=0, help="Seconds from a licence to a mailbox.")
]
ReplicationLag = Annotated[
    float, typer.Option(min=0, help="Seconds until every replica shows a write.")
]
Quotas = Annotated[
    bool, typer.Option("--quotas", help="Throttle by the vendor's quotas.")
]
Validate = Annotated[
    bool, typer.Option("--validate", help="Check every answer by the schema.")
]
Port = Annotated[
    int, typer.Option(min=0, max=65535, help="Port of plain http, 0 for any.")
]
FaultFile = Annotated[
    Path | None,
    typer.Option("--faults", help="Fault plan (YAML); goes before other options."),
]
