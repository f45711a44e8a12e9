"""`provisioner sandbox`: start, stop, look at, break and mend the stand-in world."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisioner.cli.sandbox_options import (
    ClockScale,
    Detach,
    Dns,
    DnsMode,
    FaultFile,
    Hosts,
    Json,
    MailboxDelay,
    Port,
    Quotas,
    ReplicationLag,
    TenantOnly,
    Validate,
)

if TYPE_CHECKING:
    from provisioner.model.cluster import Cluster
    from provisioner.sandbox.state import SandboxState

app = typer.Typer(
    help="A Microsoft 365, its DNS and Debian hosts on this machine.",
    no_args_is_help=True,
)


def _example(line: str) -> str:
    return f"Example: provisioner sandbox {line}"


def _directory(ctx: typer.Context) -> Path:
    directory: Path = ctx.obj.settings.sandbox_dir
    return directory


def _cluster(ctx: typer.Context) -> "Cluster":
    from provisioner import inventory
    from provisioner.settings import rehearsed_inventory

    return inventory.load(rehearsed_inventory(ctx.obj.settings))


def _aside(text: str) -> None:
    """For people, while standard output may be JSON."""
    typer.echo(text, err=True)


def _as_json(value: object) -> None:
    import json as json_text

    typer.echo(json_text.dumps(value, ensure_ascii=False, indent=2))


def _tell(state: "SandboxState", directory: Path, *, json: bool, why: str = "") -> None:
    """Say where the sandbox answers; `why` there are no hosts although some were asked
    for."""
    import msgspec

    from provisioner.sandbox.hosts import hosts_of

    lab = hosts_of(directory)
    if json:
        told = msgspec.to_builtins(lab) if lab else {"hosts": []}
        told = {key: told.get(key, "") for key in ("hosts", "web_proxy", "ssh_config")}
        _as_json({**msgspec.to_builtins(state), **told, "no_hosts": why})
        return
    typer.echo(f"The sandbox runs (process {state.pid}).")
    typer.echo(f"  Graph    {state.graph_url}")
    typer.echo(f"           {state.graph_url_https} (authority in {state.ca_file})")
    typer.echo(f"  DNS      {state.dns}")
    typer.echo(f"  tenants  {', '.join(one.name for one in state.tenants)}")
    if why:
        typer.echo(f"  hosts    none. {why}")
    if lab is not None:
        typer.echo(f"  hosts    {', '.join(one.name for one in lab.hosts)}")
        if lab.init == "sysv":
            typer.echo("           without systemd, which takes root")
        typer.echo(f"           ssh -F {lab.ssh_config} NAME")
        typer.echo(f"           web pages through the proxy {lab.web_proxy}")


@app.command(epilog=_example("up --detach --mailbox-delay 5"))
def up(
    ctx: typer.Context,
    tenant_only: TenantOnly = False,
    hosts: Hosts = None,
    detach: Detach = False,
    dns: Dns = DnsMode.AUTO,
    clock_scale: ClockScale = 1.0,
    mailbox_delay: MailboxDelay = 2.0,
    replication_lag: ReplicationLag = 0.0,
    quotas: Quotas = False,
    validate: Validate = False,
    port: Port = 0,
    faults: FaultFile = None,
    json: Json = False,
) -> None:
    """Start the sandbox with the tenants of the inventory.

    One that was stopped goes on with what it held.
    """
    from provisioner.sandbox import hosts as lab
    from provisioner.sandbox import process
    from provisioner.sandbox.fault_plan import read_plan
    from provisioner.sandbox.tenant.seed import Conduct

    plan = read_plan(faults) if faults else None
    conduct = Conduct(
        replication_lag=replication_lag,
        mailbox_delay=mailbox_delay,
        clock_scale=clock_scale,
        enforce_quotas=quotas,
        validate=validate,
    )
    directory = _directory(ctx)
    state = process.up(
        directory,
        _cluster(ctx),
        conduct=plan.over(conduct) if plan else conduct,
        detach=detach,
        dns_mode=dns.value,
        port=port,
        faults=plan.faults if plan else (),
    )
    try:
        why = ""
        if hosts and not tenant_only:
            names = lab.names_of(_cluster(ctx), hosts)
            why = lab.up(directory, names, ctx.obj.settings, _aside, detach=detach)
        _tell(state, directory, json=json, why=why)
        if detach:
            return
        _aside("Stop it with Ctrl-C.")
        process.attend(state)
    except KeyboardInterrupt:
        lab.down(directory)
        process.down(directory)


@app.command(epilog=_example("down --purge"))
def down(
    ctx: typer.Context,
    purge: Annotated[
        bool, typer.Option("--purge", help="Forget what it held, too.")
    ] = False,
    json: Json = False,
) -> None:
    """Stop the sandbox; the next start goes on from here unless --purge."""
    from provisioner.sandbox import hosts as lab
    from provisioner.sandbox import process

    directory = _directory(ctx)
    ran = lab.down(directory, purge=purge)
    ran = process.down(directory, purge=purge) or ran
    if json:
        _as_json({"stopped": ran, "purged": purge})
        return
    typer.echo("The sandbox is stopped." if ran else "No sandbox ran.")
    if purge:
        typer.echo(f"What it held in {directory} is gone.")


@app.command(epilog=_example("status --json"))
def status(ctx: typer.Context, json: Json = False) -> None:
    """Where the running sandbox answers; with --json its credentials, too."""
    from provisioner.sandbox import process

    directory = _directory(ctx)
    _tell(process.status(directory), directory, json=json)


@app.command(epilog=_example("advance 30d"))
def advance(
    ctx: typer.Context,
    duration: Annotated[
        str, typer.Argument(help="How far: 90s, 15m, 2h, 30d, 1w, or 1d12h.")
    ],
    json: Json = False,
) -> None:
    """Move the sandbox's clock on, and let happen what would have happened by then.

    Mailboxes arrive, replicas catch up, tokens expire, deleted people are purged.
    """
    from provisioner.sandbox.clock_orders import advance as move
    from provisioner.sandbox.clock_orders import seconds_of
    from provisioner.sandbox.state import read_state

    seconds = seconds_of(duration)
    now = move(read_state(_directory(ctx)), seconds)
    if json:
        _as_json({"advanced": seconds, "time": now})
        return
    typer.echo(f"In the sandbox it is {now}, {duration} later than before.")


@app.command(name="break", epilog=_example("break edit-title --person a@b.example"))
def break_(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(help="What to break; without it, all are listed.")
    ] = "",
    municipality: Annotated[
        str, typer.Option(help="Slug of the municipality it happens in.")
    ] = "",
    person: Annotated[str, typer.Option(help="Address of the person it hits.")] = "",
    value: Annotated[str, typer.Option(help="What is written instead.")] = "",
    sku: Annotated[str, typer.Option(help="Part number of a licence.")] = "",
    seconds: Annotated[
        float | None, typer.Option(min=0, help="How long, or how long to wait.")
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(min=0, help="How many calls are struck, or seats left."),
    ] = None,
    path: Annotated[
        str,
        typer.Option(help="Regular expression of paths it strikes; on a host, a file."),
    ] = "",
    host: Annotated[str, typer.Option(help="Name of the lab host it hits.")] = "",
    json: Json = False,
) -> None:
    """Break something, as a careless administrator or a bad day at the vendor would."""
    from provisioner.sandbox.breaking import breakage
    from provisioner.sandbox.state import read_state

    if not name:
        _list_breakages(json=json)
        return
    given: dict[str, Any] = {
        "domain": _domain_of(ctx, municipality),
        "person": person.lower(),
        "value": value,
        "sku": sku,
        "seconds": seconds,
        "count": count,
        "path": path,
        "host": host,
    }
    options = {key: one for key, one in given.items() if one not in ("", None)}
    done = breakage(name, options)(read_state(_directory(ctx)), **options)
    _as_json({"broke": name, "told": done}) if json else typer.echo(done)


def _domain_of(ctx: typer.Context, municipality: str) -> str:
    """The domain of a municipality by its slug, "" for none."""
    from provisioner.errors import SandboxError

    if not municipality:
        return ""
    domains = {one.slug: one.domain for one in _cluster(ctx).municipalities}
    if municipality not in domains:
        raise SandboxError(
            f"The inventory has no municipality {municipality!r}.",
            remedy=f"It has {', '.join(sorted(domains))}.",
        )
    return domains[municipality]


def _list_breakages(*, json: bool) -> None:
    from provisioner.sandbox.breaking import BREAKAGES

    lines = {
        name: (function.__doc__ or "").strip().partition("\n")[0]
        for name, function in BREAKAGES.items()
    }
    if json:
        _as_json(lines)
        return
    width = max(map(len, lines))
    for name, line in lines.items():
        typer.echo(f"{name:<{width}}  {line}")


@app.command(epilog=_example("mend"))
def mend(ctx: typer.Context, json: Json = False) -> None:
    """Take back faults, lag and DNS overrides; what was edited stays edited."""
    from provisioner.sandbox import breaking
    from provisioner.sandbox.state import read_state

    done = breaking.mend(read_state(_directory(ctx)))
    _as_json({"mended": done}) if json else typer.echo(done)
