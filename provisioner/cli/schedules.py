"""`schedules`: when what runs by itself, and what would block it."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from provisioner.service.preview import Preview, Time

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def schedules(
    ctx: typer.Context,
    count: Annotated[
        int, typer.Option(min=1, max=50, help="How many times of each.")
    ] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the next times of each schedule, in local time, and what would block them.

    Example: `provisioner schedules --count 3`
    """
    import sys
    from zoneinfo import ZoneInfo

    import msgspec

    from provisioner.bootstrap import outside
    from provisioner.inventory import load
    from provisioner.service.preview import preview
    from provisioner.store import open_store

    settings = ctx.obj.settings
    cluster, now = load(settings.inventory), outside(settings).now()
    with open_store(settings.database) as store:
        found = [
            msgspec.structs.replace(
                preview(cluster, one, now, count),
                last_fired=store.schedules.last_fired(one.name),
            )
            for one in cluster.schedules
        ]
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return
    if not found:
        sys.stdout.write("There are no schedules in cluster.yml.\n")
    for one in found:
        _print(one, ZoneInfo(cluster.calendar.time_zone))


def _print(one: "Preview", zone: "ZoneInfo") -> None:
    import sys

    sys.stdout.write(f"{one.name}: {one.what} {one.meaning}\n")
    for time in one.times:
        sys.stdout.write(f"  {_line(time, zone)}\n")


def _line(time: "Time", zone: "ZoneInfo") -> str:
    words = f"{time.at.astimezone(zone):%A %Y-%m-%d %H:%M %Z}"
    if time.until is None:
        return words
    until = time.until.astimezone(zone)
    return f"{words}  waits: {time.blocked_by}, until {until:%A %Y-%m-%d %H:%M}"
