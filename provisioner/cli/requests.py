"""`requests`: what municipalities ask for, and what cluster IT decides."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisioner.cli.ending import end_with
from provisioner.cli.secrets import AsJson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.model.request import Request
    from provisioner.model.viewer import Viewer
    from provisioner.service.requests import Desk

app = typer.Typer(
    no_args_is_help=True, help="What municipalities ask for, and what becomes of it."
)
RequestId = Annotated[
    str, typer.Argument(metavar="ID", help="As `requests list` shows it.")
]
Municipality = Annotated[
    str, typer.Option("--municipality", "-m", metavar="SLUG", help="Whose it is.")
]
Start = Annotated[
    str,
    typer.Option(metavar="YYYY-MM-DD", help="Not in the inventory before this day."),
]
Reason = Annotated[str, typer.Option(help="Why; the requester reads it.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    municipality: Municipality = "",
    state: Annotated[
        list[str] | None,
        typer.Option(metavar="STATE", help="Only of this state; may be given again."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest requests.

    Example: `provisioner requests list --state submitted`
    """
    from provisioner.cli.listing import print_table

    states = _states(state or ())
    with desk_of(ctx) as (desk, me):
        found = desk.find(me, states=states, municipality=municipality, limit=limit)
    if as_json:
        _say([_told(one) for one in found])
        return
    print_table(
        ("request", "municipality", "what", "state", "by", "why"),
        ((o.id, o.municipality, o.sort, o.state, o.requester, o.reason) for o in found),
    )


@app.command()
def show(ctx: typer.Context, request_id: RequestId, as_json: AsJson = False) -> None:
    """Print one request: its time line, and the lines that approving would write.

    Exit code 0 when it is proven or over, 2 while it is under way, 1 when it failed.

    Example: `provisioner requests show R20260301-063000-000-9f3c1a`
    """
    import sys

    import msgspec

    from provisioner.errors import RecordingHeld
    from provisioner.model.request import State

    with desk_of(ctx) as (desk, me):
        request = desk.get(me, request_id)
        steps = desk.steps(me, request_id)
        try:
            diff = desk.diff(me, request_id)
        except RecordingHeld as error:
            diff = f"{error}\n"
    if as_json:
        _say(_told(request) | {"steps": msgspec.to_builtins(steps), "diff": diff})
    else:
        sys.stdout.write(f"{_line(request)}\n")
        for one in steps:
            why = f": {one.reason}" if one.reason else ""
            moment = f"{one.at:%Y-%m-%d %H:%M:%S}"
            sys.stdout.write(f"{moment}  {one.state}  by {one.who}{why}\n")
        sys.stdout.write(diff)
    over = request.state.is_final or request.state is State.READY
    end_with(1 if request.state is State.FAILED else 0 if over else 2)


@app.command()
def submit(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="JSON of what is asked for; - is standard input.")
    ],
    municipality: Municipality,
    start: Start = "",
    key: Annotated[
        str,
        typer.Option(help="The same key twice is one request; left out, a new one."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Submit a request.

    The JSON has a `sort` (`new_mailboxes`, `shared_mailbox`, `person_change`, `leaver`,
    `website_change`) and that sort's fields, such as `{"sort": "leaver", "address": "huda"}`.

    Example: `provisioner requests submit leaver.json --municipality rameh`
    """
    import sys

    import msgspec

    from provisioner.errors import RequestRefused
    from provisioner.model.wish import Wish

    data = sys.stdin.buffer.read() if str(file) == "-" else _bytes(file)
    try:
        wish = msgspec.json.decode(data, type=Wish)
    except msgspec.DecodeError as error:
        raise RequestRefused(f"{file}: {error}.", remedy="See --help.") from error
    with desk_of(ctx) as (desk, me):
        request = desk.submit(
            me, municipality, wish, key=key or new_key(), start=day_of(start)
        )
    say_request(request, as_json=as_json)


@app.command()
def approve(
    ctx: typer.Context,
    request_id: RequestId,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Approve a request: it is written into the inventory, committed, and a run waits.

    Exit code 2 when it is approved and something is in the way of writing it; the
    service tries again by itself.

    Example: `provisioner requests approve R20260301-063000-000-9f3c1a`
    """
    with desk_of(ctx) as (desk, me):
        version = desk.get(me, request_id).version
        request = desk.approve(me, request_id, version, reason)
    say_request(request, as_json=as_json)
    end_with(2 if request.recorded is None else 0)


@app.command()
def reject(
    ctx: typer.Context,
    request_id: RequestId,
    reason: Annotated[str, typer.Option(help="Why; the requester reads it.")],
    as_json: AsJson = False,
) -> None:
    """Turn a request down.

    Example: `provisioner requests reject R20260301-063000-000-9f3c1a --reason "No seat."`
    """
    with desk_of(ctx) as (desk, me):
        version = desk.get(me, request_id).version
        request = desk.reject(me, request_id, version, reason)
    say_request(request, as_json=as_json)


@app.command()
def withdraw(
    ctx: typer.Context,
    request_id: RequestId,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Take a request back, any time before it is recorded.

    Example: `provisioner requests withdraw R20260301-063000-000-9f3c1a`
    """
    with desk_of(ctx) as (desk, me):
        version = desk.get(me, request_id).version
        request = desk.withdraw(me, request_id, version, reason)
    say_request(request, as_json=as_json)


@contextmanager
def desk_of(ctx: typer.Context) -> "Iterator[tuple[Desk, Viewer]]":
    """The desk as this terminal meets it, and who sits there."""
    from provisioner.bootstrap import actor, the_time
    from provisioner.inventory.watched import Watched
    from provisioner.service.requests import Desk, everything
    from provisioner.store import open_store

    settings = ctx.obj.settings
    with open_store(settings.database) as store:
        load = Watched(settings.inventory)
        desk = Desk(store, load, settings.inventory, the_time(settings))
        yield desk, everything(actor(settings))


def day_of(text: str) -> Any:
    """A date as written. Raises `RequestRefused`."""
    from datetime import date

    from provisioner.errors import RequestRefused

    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RequestRefused(f"{text!r} is no date.", remedy="YYYY-MM-DD.") from error


def new_key() -> str:
    """A key of a request that nobody sends twice by mistake: each command is one."""
    import secrets

    return secrets.token_hex(16)


def say_request(request: "Request", *, as_json: bool) -> None:
    """Print a request as it stands."""
    import sys

    if as_json:
        _say(_told(request))
    else:
        sys.stdout.write(f"{_line(request)}\n")


def _states(names: list[str] | tuple[str, ...]) -> Any:
    from provisioner.errors import RequestRefused
    from provisioner.model.request import State

    known = {one.value for one in State}
    for name in names:
        if name not in known:
            raise RequestRefused(
                f"There is no state {name!r}.",
                remedy=f"Known: {', '.join(sorted(known))}.",
            )
    return [State(name) for name in names]


def _bytes(file: Path) -> bytes:
    from provisioner.errors import RequestRefused

    try:
        return file.read_bytes()
    except OSError as error:
        raise RequestRefused(f"{file}: {error.strerror}.") from error


def _told(request: "Request") -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(request)
    return told | {"sort": request.sort}


def _line(request: "Request") -> str:
    parts = [f"{request.id}: {request.municipality}, {request.sort}, {request.state}"]
    if request.waits_for:
        parts.append(f"waits for {request.waits_for}")
    if request.commit:
        parts.append(f"commit {request.commit[:12]}")
    if request.run:
        parts.append(f"run {request.run}")
    return ", ".join(parts) + (f". {request.reason}" if request.reason else ".")


def _say(told: Any) -> None:
    import json
    import sys

    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
