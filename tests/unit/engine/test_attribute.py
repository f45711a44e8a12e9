"""Who made it so: what of the audit explains a drift item, and what if nothing does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from provisioner.engine.attribute import attribute
from provisioner.engine.drift import drift_items
from provisioner.errors import PermanentProviderError, ProviderError
from provisioner.kind import Providers, Scope
from provisioner.model.applied import LastAppliedEntry
from provisioner.model.change import Action, Change, Drift, FieldChange, Finding
from provisioner.model.cluster import Cluster, Defaults, GuardLimits, Tenant
from provisioner.model.drift_item import DriftItem
from provisioner.model.municipality import Municipality, Names
from provisioner.model.plan import Plan
from provisioner.providers.graph.audits import (
    AuditTrail,
    DirectoryAudit,
    Initiator,
    ModifiedProperty,
    Target,
    UserIdentity,
)
from provisioner.store import Store, open_store

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = Names("ראמה", "الرامة", "Rameh")
YAEL = "yael@rameh.example"


class Asked:
    """The audit of a tenant: hands out a trail, or fails, and remembers the question."""

    def __init__(self, answer: AuditTrail | ProviderError) -> None:
        self._answer = answer
        self.since_when: list[datetime] = []

    async def since(self, moment: datetime, *, without_app: str = "") -> AuditTrail:
        assert without_app == "our-app"
        self.since_when.append(moment)
        if isinstance(self._answer, ProviderError):
            raise self._answer
        return self._answer


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as one:
        yield one


def scope() -> Scope:
    tenant = Tenant("galil", "t", "our-app", "env/X", "", ())
    member = Municipality(
        "rameh", NAMES, "1", "city", "galil", "rameh.example", "he", {}, (), (), "", ""
    )
    cluster = Cluster(
        "galil", NAMES, (tenant,), (), GuardLimits(), Defaults(), (member,)
    )
    return Scope(cluster, (member,))


def change(drift: Drift, field: str = "job_title", object_id: str = "id-y") -> Change:
    fields = (FieldChange(field, "a", "b", "b", drift),)
    return Change(
        "rameh", "mailbox", YAEL, Action.UPDATE, drift, fields, None, object_id
    )


def entry(
    hours: float,
    who: str = "dana",
    activity: str = "Update user",
    field: str = "JobTitle",
) -> DirectoryAudit:
    return DirectoryAudit(
        NOW - hours * HOUR,
        activity,
        result="success",
        initiated_by=Initiator(UserIdentity("u", None, f"{who}@galil.example")),
        target_resources=(
            Target("id-y", modified_properties=(ModifiedProperty(field),)),
        ),
    )


def told(
    store: Store, plan: Plan, answer: AuditTrail | ProviderError
) -> tuple[list[DriftItem], tuple[str, ...], Asked]:
    audits = Asked(answer)
    world: Any = SimpleNamespace(audits=audits)
    nothing: Any = None
    providers = Providers(world, nothing, nothing, nothing, lambda: "", lambda: NOW)
    kept = store.drift.observe("rameh", ["mailbox"], drift_items(plan, NOW), NOW)
    drift, remarks = asyncio.run(
        attribute(
            scope(),
            store,
            {"rameh": plan},
            {"rameh": kept},
            {"galil": providers},
            NOW,
        )
    )
    return list(drift["rameh"][0]), remarks, audits


def trail(*entries: DirectoryAudit, whole: bool = True) -> AuditTrail:
    return AuditTrail({"id-y": entries}, whole)


def applied(store: Store, hours: float) -> None:
    key = f"rameh/mailbox/{YAEL}"
    store.last_applied.record(
        [LastAppliedEntry(key, "rameh", "mailbox", b"{}", "id-y", NOW - hours * HOUR)]
    )


def test_the_newest_entry_about_the_field_that_differs_names_the_author(
    store: Store,
) -> None:
    applied(store, 48)
    plan = Plan("rameh", (change(Drift.DRIFTED),))
    (item,), remarks, audits = told(
        store,
        plan,
        trail(entry(1, "omar", field="Department"), entry(2), entry(3, "noa")),
    )
    assert (item.who, item.when) == ("dana@galil.example", NOW - 2 * HOUR)
    assert item.activity == "Update user"
    assert store.drift.open() == [item]
    assert remarks == ()
    clocks_apart = timedelta(minutes=2)
    assert audits.since_when == [NOW - 48 * HOUR - clocks_apart]


def test_what_was_done_before_we_last_applied_made_nothing_so(store: Store) -> None:
    applied(store, 2)
    plan = Plan("rameh", (change(Drift.DRIFTED),))
    (item,), _, _ = told(store, plan, trail(entry(3)))
    assert (item.who, item.when) == ("", None)


def test_a_deletion_explains_what_is_missing_by_the_id_that_was_recorded(
    store: Store,
) -> None:
    applied(store, 48)
    plan = Plan("rameh", (change(Drift.MISSING, object_id=""),))
    (item,), _, _ = told(
        store, plan, trail(entry(1, "omar"), entry(2, activity="Delete user"))
    )
    assert (item.who, item.activity) == ("dana@galil.example", "Delete user")


def test_whoever_added_a_stranger_is_looked_for_a_month_back(store: Store) -> None:
    finding = Finding("rameh", "mailbox", YAEL, Drift.UNMANAGED, "nobody's", "id-y")
    (item,), _, audits = told(
        store,
        Plan("rameh", findings=(finding,)),
        trail(entry(1, "omar"), entry(30, activity="Add user")),
    )
    assert item.who == "dana@galil.example"
    assert audits.since_when == [NOW - timedelta(days=30)]


def test_what_only_the_inventory_changed_costs_no_question(store: Store) -> None:
    plan = Plan("rameh", (change(Drift.PENDING),))
    (item,), remarks, audits = told(store, plan, trail(entry(1)))
    assert (item.who, remarks, audits.since_when) == ("", (), [])


def test_an_author_once_known_is_not_asked_for_again(store: Store) -> None:
    applied(store, 48)
    plan = Plan("rameh", (change(Drift.DRIFTED),))
    told(store, plan, trail(entry(1)))
    (item,), _, audits = told(store, plan, trail())
    assert item.who == "dana@galil.example"
    assert audits.since_when == []


def test_a_lacking_permission_is_named_and_fails_nothing(store: Store) -> None:
    plan = Plan("rameh", (change(Drift.DRIFTED),))
    refused = PermanentProviderError("GET /auditLogs: 403", status=403)
    (item,), (remark,), _ = told(store, plan, refused)
    assert item.who == ""
    assert "AuditLog.Read.All" in remark


def test_an_audit_too_long_to_be_read_is_said_to_be_known_in_part(
    store: Store,
) -> None:
    plan = Plan("rameh", (change(Drift.DRIFTED),))
    _, (remark,), _ = told(store, plan, trail(whole=False))
    assert "in part" in remark
