"""`provisioner check`: whether the inventory is valid, and every fault if it is not."""

from collections import Counter
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
    """Check the inventory as one whole.

    Nothing outside is read or changed.

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
        _refuse_unknown_kinds(cluster)
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


def _refuse_unknown_kinds(cluster: "Cluster") -> None:
    """Raises `InventoryInvalid` for a schedule of a kind that this program has not."""
    from provisioner.engine.scope import Order, UnknownName, kinds_of
    from provisioner.errors import InventoryInvalid
    from provisioner.model.place import Fault, Place

    faults = []
    for one in cluster.schedules:
        try:
            kinds_of(Order("plan", kinds=one.kinds))
        except UnknownName as error:
            what = f"The schedule {one.name} cannot run."
            fault = Fault(Place(cluster.file), what, str(error), "unknown-kind")
            faults.append(fault)
    if faults:
        raise InventoryInvalid(faults)


def _verdict(cluster: "Cluster | None", faults: tuple[Any, ...]) -> dict[str, Any]:
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


def _as_json(fault: "Fault") -> dict[str, Any]:
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


def _table(cluster: "Cluster") -> "Table":
    """People and seats by municipality; a licence's cell is seats needed / budget."""
    from rich.table import Table

    table = Table(title=f"{cluster.names.en} ({cluster.slug})", show_footer=True)
    count = len(cluster.municipalities)
    table.add_column("Municipality", f"{count:,} in all", no_wrap=True)
    licenses = sorted({name for one in cluster.municipalities for name in one.seats})
    for heading, footer in zip(
        ("Active", "Leavers", *licenses),
        _cells(cluster.municipalities, licenses),
        strict=True,
    ):
        table.add_column(heading, footer, justify="right", overflow="fold")
    for one in cluster.municipalities:
        table.add_row(one.slug, *_cells((one,), licenses))
    return table


def _cells(
    municipalities: "tuple[Municipality, ...]", licenses: list[str]
) -> list[str]:
    """Active people, leavers, then each licence as seats needed / budget."""
    people = [person for one in municipalities for person in one.people]
    needed = Counter(one.license for one in people if one.state == "active")
    budget: Counter[str] = Counter()
    for one in municipalities:
        budget.update(one.seats)
    active = needed.total()
    seats = [f"{needed[name]:,} / {budget[name]:,}" for name in licenses]
    return [f"{active:,}", f"{len(people) - active:,}", *seats]


def _say_total(console: Any, cluster: "Cluster") -> None:
    from rich.text import Text

    people = sum(len(one.people) for one in cluster.municipalities)
    count = len(cluster.municipalities)
    text = f"Valid: {count} municipalities, {people:,} people"
    if cluster.commit:
        text += f", commit {cluster.commit[:12]}"
        text += " with changes" if cluster.commit.endswith("+changes") else ""
    console.print(Text(f"{text}.", style="bold green"), soft_wrap=True)
