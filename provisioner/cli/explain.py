"""`explain`: why a resource is as it is, from the inventory and what runs remember."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisioner.cli.ending import end_with
from provisioner.cli.runs import explain_run, show
from provisioner.cli.secrets import AsJson

if TYPE_CHECKING:
    from datetime import datetime

    from provisioner.cli.explanation import Applied, Explanation
    from provisioner.model.drift_item import DriftItem


def explain(
    ctx: typer.Context,
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help="A resource's key (slug/kind/name), or the id of a run."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Tell why a resource is as it is: wanted, last applied, who changed it, why it waits.

    Of a run: what happened in it, and what it waits for (a holder, an approval, a worker).

    Reads the inventory and what earlier runs remember; nothing outside is read. Exit code
    0: nothing open; 2: it differs, waits or was never applied; 1: it failed, or the
    inventory cannot be read.

    Example: `provisioner explain rameh/mailbox/head@rameh.example`
    """
    from provisioner.store import open_store

    if "/" not in key:
        show(ctx, key, as_json)
        if not as_json:
            explain_run(ctx, key)
        return
    from rich.console import Console

    from provisioner.cli.explanation import explain_resource

    with open_store(ctx.obj.settings.database) as store:
        store.secret_entries.expire()
        found = explain_resource(ctx.obj, store, key)
    console = Console(markup=False, highlight=False, soft_wrap=True)
    if as_json:
        import msgspec

        console.print_json(data=msgspec.to_builtins(found))
    else:
        for line in _lines(found):
            console.print(line)
    end_with(found.exit_code)


def _lines(found: "Explanation") -> Iterator[str]:
    yield found.key
    yield from _wanted(found)
    if found.applied:
        yield from _applied(found.applied)
    elif not found.inventory_error:
        yield "Last applied: never"
    if found.drift:
        yield from _drift(found.drift)
    else:
        yield "Drift: nothing open since the last look"
    waiting = found.waiting
    if waiting:
        look = (
            f"; look again after {_moment(waiting.next_look)}"
            if waiting.next_look
            else ""
        )
        yield f"Waits ({waiting.status.value}): {waiting.reason}{look}"
    for secret in found.secrets:
        yield f"First password {secret.id}: {secret.state}, until {_moment(secret.expires)}"
    if found.outcomes:
        yield "What became of it, newest first:"
    for one in found.outcomes:
        outcome = one.outcome
        when = _moment(one.started) if one.started else "at an unknown time"
        reason = f": {outcome.reason}" if outcome.reason else ""
        did = f"{outcome.action.value} {outcome.status.value}{reason}"
        yield f"  {when}  {did}  (run {one.run})"


def _wanted(found: "Explanation") -> Iterator[str]:
    if found.inventory_error:
        yield f"Inventory: not known: {found.inventory_error}"
    elif found.wanted is None:
        yield "Inventory: does not name it"
    else:
        yield f"Inventory: {found.wanted.place}"
        last = found.applied.spec if found.applied else {}
        for name, value in found.wanted.spec.items():
            if name not in last:
                yield f"  {name}: {_value(value)}"
            elif last[name] != value:
                yield f"  {name}: {_value(value)}  (last applied: {_value(last[name])})"


def _applied(one: "Applied") -> Iterator[str]:
    by = f", by run {one.run} of {one.actor}" if one.run else ""
    yield f"Last applied: {_moment(one.at)}{by}, object {one.object_id or 'without an id'}"


def _drift(item: "DriftItem") -> Iterator[str]:
    yield f"Drift: {item.drift.value}, {item.life.value} since {_moment(item.since)}"
    for one in item.fields:
        yield (
            f"  {one.field}: {_value(one.before)}, inventory {_value(one.after)},"
            f" last applied {_value(one.last_applied)}"
        )
    if item.reason:
        yield f"  {item.reason}"
    if item.who:
        when = f" at {_moment(item.when)}" if item.when else ""
        yield f"  changed by {item.who}{when}: {item.activity}"
    else:
        yield "  who changed it is not known"
    yield from (f"  by hand: {record}" for record in item.by_hand)


def _moment(at: "datetime") -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "empty"
    return "empty" if value is None or value == "" else str(value)
