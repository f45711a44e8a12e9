"""A backup in danger that somebody knows of: kept, shown, silent, and never green."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from provisioner.errors import AcknowledgementRefused
from provisioner.model.backup import Acknowledged, Listed, Observation, State
from provisioner.model.cluster import Cluster
from provisioner.model.condition import Judged
from provisioner.model.hosts import BackupJob
from provisioner.service.acknowledging import acknowledge
from provisioner.service.notices.news import of_conditions
from provisioner.store import Store

MakeCluster = Callable[..., Cluster]
KEY, FINE = "town-000/backup_job/files", "town-000/backup_job/fine"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = "its host moves to another room"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def cluster(store: Store, make_cluster: MakeCluster) -> Cluster:
    """A town with a job that is in danger and another that is not."""
    jobs = tuple(
        BackupJob(name, "web-1", f"/srv/{name}", "file/password")
        for name in ("files", "fine")
    )
    made = make_cluster()
    first, *others = made.municipalities
    first = msgspec.structs.replace(first, backups=jobs)
    for key, hours in ((KEY, 30), (FINE, 1)):
        copy = Listed(now() - hours * HOUR, copies=3)
        store.backups.record([Observation(key, "repository", now(), copy)])
    return msgspec.structs.replace(made, municipalities=(first, *others))


def _today() -> date:
    return now().date()


def test_a_word_is_kept_with_who_why_and_until_and_makes_nothing_green(
    store: Store, cluster: Cluster
) -> None:
    before = store.backups.report(cluster, now())
    word = acknowledge(store, cluster, KEY, _today() + DAY, f" {WHY}\n", "dana", now())
    report = store.backups.report(cluster, now())
    judged = report.job(KEY).judgement
    assert (judged.state, judged.acknowledged) == (State.BREACHED, word)
    assert (word.actor, word.reason) == ("dana", WHY)
    assert (report.exit_code, before.exit_code) == (2, 2)
    assert report.in_danger == {KEY: word}
    (told,) = store.audit.search("acknowledged")
    assert (told.actor, told.subject) == ("dana", KEY)
    assert WHY in told.details
    # The whole last day is in it, as days are counted in the cluster; then it is over.
    assert word.until - timedelta(days=1, hours=14) <= now() + DAY
    later = store.backups.report(cluster, word.until).job(KEY).judgement
    assert (later.state is State.OK, later.acknowledged) == (False, None)


@pytest.mark.parametrize(
    ("key", "days", "reason", "said"),
    [
        (FINE, 3, WHY, "No backup is in danger under town-000/backup_job/fine."),
        ("town-000/backup_job/none", 3, WHY, "No backup is in danger under"),
        (KEY, -2, WHY, "is not a day from today on and within a year"),
        (KEY, 400, WHY, "is not a day from today on and within a year"),
        (KEY, 3, "  x ", "The reason has 1 characters."),
        (KEY, 3, "x" * 501, "The reason has 501 characters."),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_kept(
    store: Store, cluster: Cluster, key: str, days: int, reason: str, said: str
) -> None:
    last = _today() + timedelta(days=days)
    with pytest.raises(AcknowledgementRefused, match=said):
        acknowledge(store, cluster, key, last, reason, "dana", now())
    assert store.backups.acknowledged() == {}
    assert not store.audit.search("acknowledged")


def _told(store: Store, at: datetime) -> list[str]:
    """Keys of what there is to tell, without the moment at which it came."""
    found = []
    for about, key, _, facts in of_conditions(store, at):
        tail = key.partition("+00:00")[2].partition(" ")[0]
        found.append(f"{about} {'over' if facts.get('over') else 'came'}{tail}")
    return found


def _judge(store: Store, *, holds: bool) -> None:
    facts = {"municipality": "town-000", "name": "files", "last": ""}
    store.conditions.judge("backup", [Judged(KEY, "town-000", holds, facts)])


def _say(store: Store, until: datetime) -> None:
    word = Acknowledged(until, WHY, "dana", now())
    store.backups.record([Observation(KEY, "operator", now(), word)])


def test_notices_are_silent_while_it_holds_and_speak_when_it_ends(store: Store) -> None:
    _judge(store, holds=True)
    assert _told(store, now()) == ["backup came"]
    _say(store, now() + DAY)
    assert _told(store, now()) == []
    assert _told(store, now() + 2 * DAY) == ["backup came/after"], "told anew"
    _judge(store, holds=False)
    assert _told(store, now()) == ["backup over/over"], "what was told is taken back"


def test_what_comes_and_goes_under_it_is_never_told(store: Store) -> None:
    _say(store, now() + DAY)
    _judge(store, holds=True)
    assert _told(store, now()) == []
    _judge(store, holds=False)
    assert _told(store, now()) == []


def test_a_word_that_is_over_says_nothing_of_what_comes_later(store: Store) -> None:
    _say(store, now() - HOUR)
    _judge(store, holds=True)
    assert _told(store, now()) == ["backup came"]
    facts = {"municipality": "town-000", "domain": "x", "days": 3}
    store.conditions.judge("certificate", [Judged(KEY, "town-000", True, facts)])
    assert "certificate came" in _told(store, now())
