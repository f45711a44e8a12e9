"""Work for a zone's hosts is done by its workers alone, and one host by one run at a time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from provisioner.engine.approval import asked, planned_changes
from provisioner.engine.bound import approve_as_bound
from provisioner.engine.desired import desire
from provisioner.engine.places import hosts_of, kept_to, lock_names, split
from provisioner.engine.run import Collaborators
from provisioner.engine.scope import Order, kinds_of, scope_of
from provisioner.errors import PlanChanged
from provisioner.inventory import load
from provisioner.kind import HostProviders
from provisioner.model.approval import Approval
from provisioner.model.backup import Drilled, Listed, Observation
from provisioner.model.change import Action, Change, Drift, FieldChange
from provisioner.model.cluster import Cluster
from provisioner.model.drift_item import DriftItem
from provisioner.model.hosts import Zone
from provisioner.model.notice import Notice
from provisioner.model.plan import Plan, total_checksum
from provisioner.model.run import Run, RunStatus
from provisioner.model.schedule import Schedule
from provisioner.providers.ansible.hosts import Hosts
from provisioner.sandbox.sample import write_sample
from provisioner.service.enqueue import Enqueuer
from provisioner.service.notices.news import of_conditions
from provisioner.service.notices.wording import words_of
from provisioner.service.orders import (
    order_of_run,
    try_again,
    waiting_errand,
    waiting_run,
)
from provisioner.service.queue.in_process import InProcess
from provisioner.service.reasons import reasons
from provisioner.service.worker import Worker
from provisioner.service.zoning import own_part
from provisioner.store import Store

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOURLY = Schedule("drift", "drift", every=60)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The sample, with `manage-1` in a network of its own."""
    folder: Path = tmp_path_factory.mktemp("sample") / "inventory"
    write_sample(folder, municipalities=3, people=40)
    cluster = load(folder)
    hosts = tuple(
        msgspec.structs.replace(one, zone="north") if one.name == "manage-1" else one
        for one in cluster.hosts
    )
    zones = (*cluster.zones, Zone("north", "file/north-key"))
    return msgspec.structs.replace(cluster, hosts=hosts, zones=zones)


def test_an_order_falls_into_what_is_on_no_host_and_each_zone(sample: Cluster) -> None:
    parts = split(Order("drift"), sample)
    assert [one.zone for one in parts] == ["", "galil", "north"]
    kinds = [{kind.realm for kind in kinds_of(one)} for one in parts]
    assert kinds == [{"tenant"}, {"hosts"}, {"hosts"}]
    mailboxes = Order("drift", kinds=("mailbox",))
    assert split(mailboxes, sample) == [mailboxes], "it has nothing to do with hosts"
    servers = Order("drift", kinds=("server",))
    assert [one.zone for one in split(servers, sample)] == ["galil", "north"]
    approved = split(Order("apply", checksum="abc"), sample)
    assert [one.zone for one in approved] == ["", "galil", "north"]
    assert all(one.part and one.checksum == "abc" for one in approved)
    named = Order("apply", only=frozenset({"karmiel/server/manage-1"}))
    assert [one.zone for one in split(named, sample)] == ["galil", "north"]
    at_home = Order("apply", zone="north")
    assert split(at_home, sample) == [at_home]


def test_a_part_wants_only_what_is_on_its_hosts_and_knows_what_is_not(
    sample: Cluster,
) -> None:
    order = Order("apply", zone="north")
    scope, kinds = scope_of(order, sample, NOW), kinds_of(order)
    whole = desire(scope, kinds)
    here, elsewhere = kept_to(whole, kinds, sample, "north")
    keys = {one.key for some in here.values() for m in some.values() for one in m}
    assert keys == {"karmiel/server/manage-1", "karmiel/backup_job/manage"}
    assert f"{sample.slug}/server/web-1" in elsewhere
    assert lock_names(scope, kinds, here) == [
        "host manage-1",
        "karmiel/backup_job",
        "karmiel/server",
    ]
    assert lock_names(scope, kinds, whole).count("host web-1") == 1
    assert set(hosts_of(order, sample)) == {"manage-1"}


def test_a_schedule_puts_a_run_for_each_zone(store: Store, sample: Cluster) -> None:
    def zones(hosts: bool, name: str) -> list[tuple[str, str]]:
        one = msgspec.structs.replace(HOURLY, name=name)
        put = Enqueuer(store, sample, store.queue.enqueue, hosts)
        put.tick(one, NOW - timedelta(minutes=70))
        return [(run.zone, run.schedule) for run in put.tick(one, NOW)]

    assert zones(True, "a") == [("", "a"), ("galil", "a@galil"), ("north", "a@north")]
    assert zones(False, "b") == [("", "b")]


def test_backups_are_looked_at_by_each_zone_that_has_a_job_or_a_store(
    store: Store, sample: Cluster
) -> None:
    scan = Schedule("scan", "backup_scan", every=60)
    put = Enqueuer(store, sample, store.queue.enqueue)
    put.tick(scan, NOW - timedelta(minutes=70))
    runs = {run.zone: run for run in put.tick(scan, NOW)}
    assert set(runs) == {"galil", "north"}
    assert runs["north"].schedule == "scan@north"
    drill = msgspec.structs.replace(scan, name="drill", what="backup_drill")
    put.tick(drill, NOW - timedelta(minutes=70))
    assert {run.zone for run in put.tick(drill, NOW)} == {"galil", "north"}
    lone = msgspec.structs.replace(scan, name="lone", municipalities=("nahariya",))
    put.tick(lone, NOW - timedelta(minutes=70))
    (run,) = put.tick(lone, NOW)
    assert (run.zone, run.schedule) == ("", "lone"), "nobody there has a backup"


def worker(store: Store, sample: Cluster, hosts: Hosts | None = None) -> Worker:
    """One of all zones, whose way leads to no host, or to these."""
    nothing: Any = None

    def open_hosts(cluster: Cluster, may_write: Callable[[], None]) -> HostProviders:
        return HostProviders(hosts or Hosts({}), nothing, lambda: NOW, nothing, nothing)

    given = Collaborators(
        lambda: sample,
        store,
        nothing,
        nothing,
        nothing,
        lambda: NOW,
        open_hosts=open_hosts,
    )
    zones = ("", "galil", "north")
    return Worker(store, given, InProcess(store), keep=lambda _: None, zones=zones)


def test_what_a_worker_cannot_see_of_backups_it_leaves_to_those_who_can(
    store: Store, sample: Cluster
) -> None:
    sites, manage = "karmiel/backup_job/sites", "karmiel/backup_job/manage"
    seen = Listed(NOW, NOW, copies=1)
    store.backups.record(
        [Observation(one, "repository", NOW, seen) for one in (sites, manage)]
    )
    assert store.queue.enqueue(waiting_errand("backup_scan", NOW, zone="north"))
    assert worker(store, sample).drain() == 1
    known = store.backups.known([sites, manage])
    # No way leads to any host; that is told of the job of this zone alone.
    assert known[manage].unread == {"job": "No way to this host is known here."}
    assert known[sites].unread == {}
    assert known[manage].listed == known[sites].listed == seen


def test_a_drill_is_of_the_jobs_on_hosts_of_its_zone_and_its_failure_is_told(
    store: Store, sample: Cluster
) -> None:
    sites, manage = "karmiel/backup_job/sites", "karmiel/backup_job/manage"
    assert store.queue.enqueue(waiting_errand("backup_drill", NOW, zone="north"))
    assert worker(store, sample).drain() == 1
    (run,) = store.runs.latest()
    assert run.status is RunStatus.FAILED
    reason = f"These drills did not pass: {manage}."
    assert run.summary == {"drills": 1, "failed": 1, "reason": reason}
    known = store.backups.known([sites, manage])
    assert sites not in known
    drilled = known[manage].drilled
    assert drilled is not None
    assert (drilled.passed, drilled.reason) == (
        False,
        "No way to this host is known here.",
    )
    (condition,) = store.conditions.latest(timedelta(0))
    assert (condition.about, condition.key) == ("drill", manage)
    (news,) = of_conditions(store, NOW)
    notice = Notice("k", "it", news[0], news[3], NOW, NOW)
    assert words_of(notice, "en")[0] == "A restore drill did not pass"
    for language in ("he", "ar", "en"):
        assert "No way to this host" in words_of(notice, language)[1]

    fine = Drilled(NOW, passed=True, files=3, same=3)
    store.backups.record([Observation(manage, "drill", NOW, fine)])
    assert store.queue.enqueue(waiting_errand("backup_scan", NOW, zone="north"))
    assert worker(store, sample).drain() == 1
    told = [news[3].get("over", False) for news in of_conditions(store, NOW)]
    assert told == [False, True], "it came, and it is over"


class Slow(Hosts):
    """Hosts on which a drill takes its time, as with a terabyte."""

    async def ask(
        self, questions: Mapping[str, Any], *, writes: bool = False
    ) -> dict[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError("it was not stopped")


def test_a_drill_that_somebody_cancels_ends_and_is_not_made_again(
    store: Store, sample: Cluster
) -> None:
    run = waiting_errand("backup_drill", NOW, zone="north")
    assert store.queue.enqueue(run)
    maker = worker(store, sample, Slow({}))
    thread = threading.Thread(target=maker.drain)
    thread.start()
    ends = time.monotonic() + 20
    while (now := store.runs.get(run.id)) and now.status != "running":
        assert time.monotonic() < ends
        time.sleep(0.05)
    store.queue.cancel(run.id, "noa")
    thread.join(20)
    (ended,) = store.runs.latest()
    assert (ended.id, ended.status) == (run.id, "cancelled")
    assert "cancelled by noa" in ended.summary["reason"]
    assert store.backups.known(["karmiel/backup_job/manage"]) == {}


def test_a_whole_order_is_done_by_who_reaches_all_or_handed_to_each_zone(
    store: Store, sample: Cluster
) -> None:
    run = waiting_run(Order("drift", actor="dana"), NOW)
    store.queue.enqueue(run)
    whole = own_part(store, run, sample, ("", "galil", "north"), NOW)
    assert whole == order_of_run(run)
    assert [one.id for one in store.runs.latest()] == [run.id]
    for _ in ("a first try", "a second try"):
        mine = own_part(store, run, sample, ("",), NOW)
        assert mine is not None
        assert mine.zone == ""
    found = {one.zone: one for one in store.runs.latest() if one.id != run.id}
    assert set(found) == {"galil", "north"}
    assert {one.follows for one in found.values()} == {run.id}


def test_a_run_of_which_nothing_is_here_leaves_all_to_the_zones(
    store: Store, sample: Cluster
) -> None:
    run = waiting_run(Order("apply", kinds=("server",)), NOW)
    store.queue.enqueue(run)
    assert own_part(store, run, sample, ("",), NOW) is None
    assert {one.zone for one in store.runs.latest() if one.id != run.id} == {
        "galil",
        "north",
    }
    (told,) = store.runs.events(run.id)
    assert told.text == "Left to workers of other zones: galil, north."


def test_a_run_that_is_made_again_does_not_let_its_parts_wait_twice(
    store: Store, sample: Cluster
) -> None:
    run = waiting_run(Order("drift"), NOW)
    store.queue.enqueue(run)
    own_part(store, run, sample, ("",), NOW)
    claim = store.queue.claim("w", 60, run_id=run.id)
    assert claim is not None
    store.runs.finish(run.id, RunStatus.LOST)
    again = store.runs.get(try_again(store, store.runs.get(run.id), NOW))  # type: ignore[arg-type]
    assert again is not None
    assert own_part(store, again, sample, ("",), NOW) is not None
    assert len([one for one in store.runs.latest() if one.zone]) == 2


def test_a_run_that_was_cancelled_while_it_was_handed_out_leaves_no_parts(
    store: Store, sample: Cluster
) -> None:
    run = waiting_run(Order("apply"), NOW)
    store.queue.enqueue(run)
    assert store.queue.claim("w", 60, run_id=run.id)
    store.queue.cancel(run.id, "noa")
    own_part(store, run, sample, ("",), NOW)
    parts = [one.status for one in store.runs.latest() if one.zone]
    assert parts == [RunStatus.CANCELLED] * 2


HOST = "karmiel/server/manage-1"
ELSEWHERE = "galil/server/web-1"
MAILBOX = "karmiel/mailbox/nur@karmiel.example"


def planned(*keys: str, after: str = "nginx") -> Plan:
    return Plan("karmiel", tuple(change(one, after) for one in keys))


def change(key: str, after: str) -> Change:
    slug, kind, name = key.split("/")
    fields = (FieldChange("packages", "", after),)
    return Change(slug, kind, name, Action.UPDATE, Drift.PENDING, fields, None)


@pytest.fixture
def approved(store: Store) -> str:
    """The checksum of a plan that leads into two zones and a tenant."""
    plan = planned(HOST, ELSEWHERE, MAILBOX)
    checksum = total_checksum([plan])
    held = store.runs.start(Run("held", "apply", "dana", NOW))
    store.approvals.request(
        Approval(
            held.owner,
            checksum,
            asked(Order("apply", checksum=checksum)),
            ("removals",),
            tuple(planned_changes([plan])),
            "dana",
            NOW,
            NOW + timedelta(hours=1),
        )
    )
    return checksum


def bound(store: Store, sample: Cluster, zone: str, checksum: str, plan: Plan) -> None:
    order = Order("apply", zone=zone, part=True, checksum=checksum)
    scope, kinds = scope_of(order, sample, NOW), kinds_of(order)
    here, _ = kept_to(desire(scope, kinds), kinds, sample, zone)
    assert approve_as_bound(order, {"karmiel": plan}, store, kinds, here)


def test_each_zone_makes_its_part_of_an_approved_plan(
    store: Store, sample: Cluster, approved: str
) -> None:
    bound(store, sample, "north", approved, planned(HOST))
    bound(store, sample, "galil", approved, planned(ELSEWHERE))
    bound(store, sample, "", approved, planned(MAILBOX))


@pytest.mark.parametrize(
    ("zone", "plan", "why"),
    [
        ("north", planned(HOST, after="apache2"), f"different: {HOST}"),
        ("north", planned(), f"no longer planned: {HOST}"),
        ("north", planned(HOST, "karmiel/server/new"), "new: karmiel/server/new"),
        ("", planned(), f"no longer planned: {MAILBOX}"),
    ],
)
def test_a_part_that_is_not_as_approved_is_refused(
    zone: str, plan: Plan, why: str, store: Store, sample: Cluster, approved: str
) -> None:
    with pytest.raises(PlanChanged, match=why):
        bound(store, sample, zone, approved, plan)


def test_a_part_of_a_plan_that_nobody_knows_is_refused(
    store: Store, sample: Cluster
) -> None:
    with pytest.raises(PlanChanged, match="not kept here"):
        bound(store, sample, "north", "f" * 64, planned(HOST))


def test_explain_names_the_missing_worker_and_who_holds_the_host(
    store: Store, sample: Cluster
) -> None:
    run = waiting_run(Order("apply", zone="north"), NOW)
    assert store.queue.enqueue(run)
    told = "\n".join(reasons(store, run, sample))
    assert "No worker of zone north is there" in told
    store.workers.here("one", ("north",))
    store.locks.acquire(["host manage-1", "host web-1"], "another", 60)
    told = "\n".join(reasons(store, run, sample))
    assert "No worker" not in told
    assert "Run another holds host manage-1." in told


def test_what_was_not_looked_at_is_not_resolved(store: Store) -> None:
    def item(name: str) -> DriftItem:
        return DriftItem("karmiel", "server", name, Drift.DRIFTED, (), NOW, NOW)

    names = ("manage-1", "web-1", "web-1 /etc/strange")
    store.drift.observe("karmiel", ["server"], [item(one) for one in names], NOW)
    elsewhere = frozenset({"karmiel/server/web-1"})
    current, resolved = store.drift.observe("karmiel", ["server"], [], NOW, elsewhere)
    assert (current, [one.name for one in resolved]) == ([], ["manage-1"])
    assert [one.name for one in store.drift.open()] == list(names[1:])
