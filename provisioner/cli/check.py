"""`provisioner check`: whether the inventory is valid, and every fault if it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from provisioner.model.cluster import Cluster
    from provisioner.model.municipality import Municipality
    from provisioner.model.place import Fault


def check(
    ctx: typer.Context,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Check the inventory as one whole; nothing outside is read or changed.

    Every fault comes with its file, line and remedy. Exit code 0: valid, 1: not.

    Example: provisioner --inventory inventory check
    """
    from rich.console import Console

    from provisioner.errors import InventoryInvalid
    from provisioner.inventory import load

    console = Console()
    as_json = json_output or ctx.obj.json
    path = ctx.obj.settings.inventory
    try:
        cluster = load(path)
    except InventoryInvalid as invalid:
        if as_json:
            _say_json(console, _verdict(None, invalid.faults))
        else:
            _say_faults(console, invalid)
        raise typer.Exit(1) from None
    if as_json:
        _say_json(console, _verdict(cluster, ()))
    else:
        console.print(_table(cluster))
        _say_total(console, cluster)


def _verdict(cluster: Cluster | None, faults: tuple[Any, ...]) -> dict[str, Any]:
    """What `--json` prints; without a valid cluster nothing is counted."""
    municipalities = cluster.municipalities if cluster else ()
    return {
        "valid": cluster is not None,
        "faults": [_as_json(fault) for fault in faults],
        "municipalities": len(municipalities) if cluster else None,
        "people": sum(len(one.people) for one in municipalities) if cluster else None,
        "commit": cluster.commit if cluster else None,
        "digest": cluster.digest if cluster else None,
    }


def _as_json(fault: Fault) -> dict[str, Any]:
    return {
        "file": fault.place.file,
        "line": fault.place.line,
        "column": fault.place.column,
        "what": fault.what,
        "remedy": fault.remedy,
        "code": fault.code,
    }


def _say_json(console: Any, verdict: dict[str, Any]) -> None:
    import json

    console.out(json.dumps(verdict, ensure_ascii=False, indent=2), highlight=False)


def _say_faults(console: Any, invalid: Any) -> None:
    from rich.text import Text

    for fault in invalid.faults:
        line = Text.assemble((f"{fault.place}: ", "bold"), fault.what, " ")
        line.append(fault.remedy, style="green")
        line.append(f" [{fault.code}]", style="dim")
        console.print(line, soft_wrap=True)
    console.print(Text(str(invalid), style="bold red"), soft_wrap=True)


def _table(cluster: Cluster) -> Table:
    from rich.table import Table

    table = Table(title=f"{cluster.names.en} ({cluster.slug})", show_footer=True)
    active, leavers = _totals(cluster.municipalities)
    table.add_column("Municipality", f"{len(cluster.municipalities)} in all")
    table.add_column("Tenant")
    table.add_column("Domain")
    table.add_column("Active", f"{active:,}", justify="right")
    table.add_column("Leavers", f"{leavers:,}", justify="right")
    table.add_column("Seats used / budget")
    for one in cluster.municipalities:
        active, leavers = _totals((one,))
        row = (one.slug, one.tenant, one.domain, f"{active:,}", f"{leavers:,}")
        table.add_row(*row, _seats(one))
    return table


def _totals(municipalities: tuple[Municipality, ...]) -> tuple[int, int]:
    """How many people are active and how many leave."""
    states = [person.state for one in municipalities for person in one.people]
    leavers = states.count("leaver")
    return len(states) - leavers, leavers


def _seats(municipality: Municipality) -> str:
    used = [one.license for one in municipality.people if one.state == "active"]
    return ", ".join(
        f"{name} {used.count(name):,} / {budget:,}"
        for name, budget in sorted(municipality.seats.items())
    )


def _say_total(console: Any, cluster: Cluster) -> None:
    from rich.text import Text

    people = sum(len(one.people) for one in cluster.municipalities)
    count = len(cluster.municipalities)
    text = f"Valid: {count} municipalities, {people:,} people"
    if cluster.commit:
        text += f", commit {cluster.commit[:12]}"
        text += " with changes" if cluster.commit.endswith("+changes") else ""
    console.print(Text(f"{text}.", style="bold green"), soft_wrap=True)
