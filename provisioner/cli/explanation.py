"""All that is known of one resource: wanted, last applied, drift, outcomes, secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.cli.context import Context
from provisioner.engine.desired import desire
from provisioner.engine.scope import Order, UnknownName, kinds_of, scope_of
from provisioner.errors import InventoryInvalid
from provisioner.inventory import load
from provisioner.model.drift_item import DriftItem
from provisioner.model.outcome import Outcome, Status
from provisioner.model.resource import Resource
from provisioner.store import Store

OUTCOMES = 10


class Wanted(Struct, frozen=True):
    """What the inventory wants, and where it says so (`mailboxes.csv:7`)."""

    place: str
    spec: dict[str, Any]


class Applied(Struct, frozen=True):
    """What was last brought about or found as wanted; `run` is the last that wrote it."""

    at: datetime
    object_id: str
    spec: dict[str, Any]
    run: str = ""
    actor: str = ""


class Ended(Struct, frozen=True):
    """What became of a change, and in which run."""

    run: str
    started: datetime | None
    outcome: Outcome


class Secret(Struct, frozen=True):
    """A first password as it may be told of: never the password."""

    id: str
    state: str
    created: datetime
    expires: datetime


class Explanation(Struct, frozen=True):
    """Everything about one key; None and empty where there is nothing.

    `inventory_error` is set where the inventory could not be read: what it wants is then
    not known. `outcomes` are the last ones, newest first.
    """

    key: str
    wanted: Wanted | None
    applied: Applied | None
    drift: DriftItem | None
    outcomes: tuple[Ended, ...]
    secrets: tuple[Secret, ...]
    inventory_error: str = ""

    @property
    def is_empty(self) -> bool:
        parts = (self.wanted, self.applied, self.drift, self.outcomes, self.secrets)
        return not any(parts)

    @property
    def waiting(self) -> Outcome | None:
        """The last outcome, where it is one that waits or was held back."""
        last = self.outcomes[0].outcome if self.outcomes else None
        held = (Status.WAITING, Status.REFUSED, Status.SKIPPED)
        return last if last is not None and last.status in held else None

    @property
    def exit_code(self) -> int:
        """0: as it should be as far as was seen; 2: differs or waits; 1: not known."""
        if self.inventory_error:
            return 1
        last = self.outcomes[0].outcome.status if self.outcomes else Status.DONE
        if last is Status.FAILED:
            return 1
        never_applied = self.wanted is not None and self.applied is None
        open_ = bool(self.drift) or last is not Status.DONE or never_applied
        return 2 if open_ else 0


def explain_resource(context: Context, store: Store, key: str) -> Explanation:
    """What is known of `key`; reads the inventory and the store, nothing outside.

    Raises `UnknownName` where nothing is known of it, with the nearest key.
    """
    resource, near, error = _wanted(context, key)
    ended = tuple(reversed(store.outcomes.of_resource(key)))
    found = Explanation(
        key,
        Wanted(str(resource.place), _plain(resource.spec)) if resource else None,
        _applied(store, key, ended),
        next(
            (i for i in store.drift.open(key.partition("/")[0]) if i.key == key), None
        ),
        tuple(_ended(store, run, outcome) for run, outcome in ended[:OUTCOMES]),
        tuple(
            Secret(one.id, one.state.value, one.created, one.expires)
            for one in store.secret_entries.of_resource(key)
        ),
        error,
    )
    if found.is_empty and not error:
        hint = f" Did you mean {near!r}?" if near else ""
        raise UnknownName(
            f"Nothing is known of {key!r}.{hint}",
            remedy="A key is municipality/kind/name, as a plan shows it.",
        )
    return found


def _wanted(context: Context, key: str) -> tuple[Resource[Any] | None, str, str]:
    """The resource, the nearest key where there is none, and why nothing could be read."""
    slug, _, rest = key.partition("/")
    try:
        cluster = load(context.settings.inventory)
    except InventoryInvalid as invalid:
        return None, "", str(invalid)
    owners = {one.slug for one in (*cluster.municipalities, *cluster.itself)}
    if slug not in owners or rest.partition("/")[0] not in _kinds():
        return None, "", ""
    order = Order("plan", (slug,), (rest.partition("/")[0],))
    scope = scope_of(order, cluster, datetime.now(UTC))
    wanted = {
        one.key: one
        for by_slug in desire(scope, kinds_of(order)).values()
        for some in by_slug.values()
        for one in some
    }
    if key in wanted:
        return wanted[key], "", ""
    from rapidfuzz.process import extractOne

    nearest = extractOne(key, list(wanted), score_cutoff=80)
    return None, nearest[0] if nearest else "", ""


def _kinds() -> set[str]:
    return {kind.name for kind in kinds_of(Order("plan"))}


def _applied(
    store: Store, key: str, ended: tuple[tuple[str, Outcome], ...]
) -> Applied | None:
    entry = store.last_applied.entries([key]).get(key)
    if entry is None:
        return None
    done = (run for run, outcome in ended if outcome.status is Status.DONE)
    run = store.runs.get(next(done, ""))
    return Applied(
        entry.at,
        entry.object_id,
        msgspec.json.decode(entry.spec_json),
        run.id if run else "",
        run.actor if run else "",
    )


def _ended(store: Store, run_id: str, outcome: Outcome) -> Ended:
    run = store.runs.get(run_id)
    return Ended(run_id, run.started if run else None, outcome)


def _plain(spec: Struct) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(spec))
    return values
