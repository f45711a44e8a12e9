"""Open differences, and what people may do about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from provisioner.model.audit import AuditEntry
from provisioner.model.change import Drift
from provisioner.model.drift_item import DriftItem, Life
from provisioner.model.municipality import Municipality
from provisioner.portal.viewer import Viewer
from provisioner.service.orders import order_run
from provisioner.store import Store
from provisioner.store.drift_life import Acknowledgement, Transition

_REPAIRABLE = frozenset({Drift.PENDING, Drift.DRIFTED, Drift.MISSING, Drift.CONFLICT})


def repairable(item: DriftItem) -> bool:
    """Whether a run can set it right; what is left to a person, it cannot."""
    return item.drift in _REPAIRABLE and not item.by_hand


class Takeover(Struct, frozen=True):
    """How something that nobody of us made can become ours.

    `ready` where the inventory wants it already; else `form` is the request that writes
    it there ("" where no request can).
    """

    ready: bool
    form: str = ""


_FORMS = {"mailbox": "person", "shared_mailbox": "shared"}


def takeover(item: DriftItem, owner: Municipality | None) -> Takeover | None:
    """The way to adopt an item; None where it is ours, or of a kind that never can be."""
    if item.drift is not Drift.UNMANAGED or owner is None or item.kind not in _FORMS:
        return None
    wanted = {
        "mailbox": {one.address for one in owner.people},
        "shared_mailbox": {one.address for one in owner.shared_mailboxes},
    }
    if item.name in wanted[item.kind]:
        return Takeover(ready=True)
    return Takeover(False, _FORMS[item.kind] if owner.level == "municipality" else "")


class Wanted(Struct, frozen=True):
    """Which differences to list; "" is any."""

    municipality: str = ""
    kind: str = ""
    state: str = ""
    life: str = ""
    words: str = ""

    def fits(self, item: DriftItem) -> bool:
        """Whether an item is one of them."""
        said = f"{item.name} {item.who} {item.reason}".lower()
        return (
            self.municipality in ("", item.municipality)
            and self.kind in ("", item.kind)
            and self.state in ("", item.drift.value)
            and self.life in ("", item.life.value)
            and all(word in said for word in self.words.lower().split())
        )


def listed(store: Store, viewer: Viewer, wanted: Wanted) -> list[DriftItem]:
    """The open items that a viewer sees and wants, the oldest first."""
    items = [one for one in _open(store, viewer) if wanted.fits(one)]
    return sorted(items, key=lambda one: (one.life is Life.ACKNOWLEDGED, one.since))


def _open(store: Store, viewer: Viewer) -> list[DriftItem]:
    if viewer.scope is None:
        return store.drift.open()
    return [item for slug in viewer.scope for item in store.drift.open(slug)]


def one(store: Store, viewer: Viewer, key: str) -> DriftItem | None:
    """The open item of a resource, if there is one and the viewer sees it."""
    slug = key.partition("/")[0]
    if not viewer.sees(slug):
        return None
    return next((item for item in store.drift.open(slug) if item.key == key), None)


class Story(Struct, frozen=True):
    """The life of a difference, oldest first, and what was accepted."""

    steps: tuple[Transition, ...]
    accepted: Acknowledgement | None


def story(store: Store, item: DriftItem) -> Story:
    """What became of a difference so far."""
    steps = tuple(store.drift.history(item.key))
    return Story(steps, store.drift.acknowledgement(item.key))


def acknowledge(
    store: Store, viewer: Viewer, item: DriftItem, days: int, reason: str, now: datetime
) -> None:
    """Accept the values found until a day; raises `StoreError` where nothing is open."""
    until = now + timedelta(days=days)
    store.drift.acknowledge(
        item.key, until=until, reason=reason, actor=viewer.address, at=now
    )
    told = {"until": until.isoformat(), "reason": reason}
    store.audit.extend([AuditEntry(viewer.address, "acknowledged", item.key, told)])


def repair(
    store: Store,
    viewer: Viewer,
    items: Sequence[DriftItem],
    now: datetime,
    key: str = "",
) -> str:
    """Order a run that sets these right and nothing else; its id. `key`: `order_run`."""
    return order_run(
        store,
        "apply",
        now,
        by=viewer.address,
        municipalities=tuple(sorted({one.municipality for one in items})),
        kinds=tuple(sorted({one.kind for one in items})),
        only=frozenset(one.key for one in items),
        key=key,
    )


def adopt(
    store: Store, viewer: Viewer, item: DriftItem, now: datetime, key: str = ""
) -> str:
    """Order a run that marks it as ours and brings it to the inventory; its id.

    `key` is the caller's, as that of `order_run`.
    """
    one = frozenset({item.key})
    return order_run(
        store,
        "apply",
        now,
        by=viewer.address,
        municipalities=(item.municipality,),
        kinds=(item.kind,),
        only=one,
        adopt=one,
        key=key,
    )


def look_again(
    store: Store, viewer: Viewer, slugs: Sequence[str], now: datetime, key: str = ""
) -> str:
    """Order a run that looks for differences; its id. `key`: `order_run`."""
    return order_run(
        store, "drift", now, by=viewer.address, municipalities=tuple(slugs), key=key
    )
