"""`seats`: licences against budgets, who waits, and when they run out."""

from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.context import Context
from provisioner.cli.ending import end_with
from provisioner.cli.options import Full, Municipalities
from provisioner.cli.secrets import AsJson

if TYPE_CHECKING:
    from rich.console import Console

    from provisioner.model.forecast import Rate, SeatForecast, SeatUse, TenantForecast
    from provisioner.model.seats_ahead import SeatsAhead


_NAMES = 20


def seats(
    ctx: typer.Context,
    municipality: Municipalities = None,
    full: Full = False,
    ahead: Annotated[
        bool,
        typer.Option(
            help="Instead, what is known to come in twelve weeks, by requests and"
            " leavers; reads no tenant."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Count seats by tenant, licence and municipality, and say when they run out.

    Reads the tenants anew and writes nothing outside. The rate is that of the mailboxes
    made in the last 90 days; with less than 30 days of history, none is told. Exit code 2
    when somebody waits for a seat, 1 when something could not be read.

    Example: `provisioner seats --municipality rameh`
    """
    from rich.console import Console

    if ahead:
        _tell_ahead(ctx.obj, tuple(municipality or ()), as_json=as_json)
        return
    forecast = _look(ctx.obj, tuple(municipality or ()), full=full, quiet=as_json)
    console = Console(markup=False, highlight=False, soft_wrap=True)
    if as_json:
        import msgspec

        console.print_json(data=msgspec.to_builtins(forecast))
    else:
        for tenant in forecast.tenants:
            _print(console, tenant)
    end_with(forecast.exit_code)


def _look(
    context: Context, municipalities: tuple[str, ...], *, full: bool, quiet: bool
) -> "SeatForecast":
    from provisioner.bootstrap import actor, collaborators
    from provisioner.cli.progress import Told
    from provisioner.engine.forecast import KIND, forecast_seats
    from provisioner.engine.scope import Order

    settings = context.settings
    order = Order("plan", municipalities, (KIND,), full=full, actor=actor(settings))
    with Told(quiet=quiet) as listener, collaborators(settings, listener) as given:
        return forecast_seats(order, given)


def _tell_ahead(
    context: Context, municipalities: tuple[str, ...], *, as_json: bool
) -> None:
    """The weeks to come, as the portal shows them; exit code 2 where seats get short."""
    from provisioner.bootstrap import the_time
    from provisioner.engine.scope import Order, owners_of
    from provisioner.inventory import load
    from provisioner.model.seats_ahead import any_short
    from provisioner.service.seats_ahead import seats_ahead
    from provisioner.store import open_store

    settings = context.settings
    cluster = load(settings.inventory)
    owners = owners_of(Order("plan", municipalities), cluster)
    towns = [one for one in owners if one.level == "municipality"]
    with open_store(settings.database) as store:
        found = seats_ahead(store, cluster, towns, the_time(settings)())
    _print_ahead(found, as_json=as_json)
    end_with(2 if any_short(found.values()) else 0)


def _print_ahead(found: "dict[str, tuple[SeatsAhead, ...]]", *, as_json: bool) -> None:
    import msgspec
    from rich.console import Console

    from provisioner.cli.listing import print_table

    if as_json:
        Console().print_json(data=msgspec.to_builtins(found))
        return
    rows = [
        (
            slug,
            one.license,
            str(one.budget),
            str(one.taken),
            " ".join(str(week.taken) for week in one.weeks),
            one.short.isoformat() if one.short else "",
        )
        for slug, some in found.items()
        for one in some
    ]
    names = ("where", "licence", "budget", "in use", "at the end of each week")
    print_table((*names, "too few from"), rows)


def _print(console: "Console", tenant: "TenantForecast") -> None:
    from provisioner.cli.listing import print_table

    rows = []
    for use in tenant.licenses:
        bought = str(tenant.bought.get(use.license, "?" if use.free is None else 0))
        rows.append((f"tenant {tenant.tenant}", bought, *_cells(use)))
    for one in tenant.municipalities:
        rows += [(one.slug, "", *_cells(use)) for use in one.licenses]
    print_table(
        (
            "where",
            "bought",
            "licence",
            "budget",
            "wanted",
            "assigned",
            "free",
            "waiting",
            "leavers",
            "runs out",
        ),
        rows,
    )
    for use in tenant.licenses:
        console.print(f"{use.license}: {_said(use.rate)}")
        _print_names(console, "waits for a seat", use.waiting)
        _print_names(console, "left and still holds a seat", use.leavers)
    for one in tenant.municipalities:
        if one.unknown:
            console.print(f"{one.slug}: not known: {one.unknown}")


def _cells(use: "SeatUse") -> tuple[str, ...]:
    return (
        use.license,
        str(use.budget),
        str(use.wanted),
        _number(use.assigned),
        _number(use.free),
        str(len(use.waiting)),
        str(len(use.leavers)),
        _ends(use),
    )


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)


def _ends(use: "SeatUse") -> str:
    if use.waiting:
        return "now"
    if use.runs_out is not None:
        return use.runs_out.isoformat()
    return "not enough history" if use.rate.per_day is None else "not in sight"


def _said(rate: "Rate") -> str:
    counted = f"{rate.taken} seat(s) taken in the last {rate.days} day(s)"
    if rate.per_day is None:
        return f"{counted}: not enough history to tell a rate"
    return f"{counted}, {rate.per_day * 30:.1f} in 30 days"


def _print_names(console: "Console", what: str, names: tuple[str, ...]) -> None:
    for name in names[:_NAMES]:
        console.print(f"  {what}: {name}")
    if len(names) > _NAMES:
        console.print(f"  … and {len(names) - _NAMES} more: see --json")
