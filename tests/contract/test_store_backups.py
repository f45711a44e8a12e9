"""Observations of backups outlive a repository that falls silent."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from provisioner.model.backup import (
    Acknowledged,
    Checked,
    Drilled,
    JobSaid,
    Listed,
    Observation,
    Side,
)
from provisioner.store import Store
from provisioner.store.tables import backup_observations

KEY = "rameh/backup_job/site"
DAY = timedelta(days=1)


def _listing(at: datetime, size: int) -> Observation:
    return Observation(KEY, "repository", at, Listed(at, at, 1, size))


def _rows(store: Store) -> int:
    with store.database.read() as connection:
        counted = select(func.count()).select_from(backup_observations)
        return int(connection.execute(counted).scalar_one())


def test_the_last_word_of_each_side_is_known(store: Store, now: datetime) -> None:
    said = JobSaid("done", now - DAY, now - DAY)
    facts: list[tuple[Side, JobSaid | Checked | Drilled]] = [
        ("job", JobSaid("never")),
        ("job", said),
        ("check", Checked(now, sound=True, part="1/14")),
        ("drill", Drilled(now, passed=True, files=3, same=3)),
    ]
    store.backups.record(Observation(KEY, side, now, fact) for side, fact in facts)
    known = store.backups.known([KEY])[KEY]
    assert known.job == said
    assert known.checked == Checked(now, sound=True, part="1/14")
    assert known.drilled == Drilled(now, passed=True, files=3, same=3)
    assert known.unread == {}


def test_what_is_said_again_takes_no_new_row(store: Store, now: datetime) -> None:
    seen = Listed(now - DAY, now - DAY, 1, 100)
    for minute in range(5):
        at = now + timedelta(minutes=minute)
        store.backups.record([Observation(KEY, "repository", at, seen)])
    assert _rows(store) == 1
    known = store.backups.known([KEY])[KEY]
    assert known.listed == seen
    assert known.listed_at == now + timedelta(minutes=4)


def test_age_and_trend_survive_a_long_silence(store: Store, now: datetime) -> None:
    store.backups.record(_listing(now - day * DAY, 100 - day) for day in (3, 2, 1))
    for hour in range(60):
        at = now + timedelta(hours=hour)
        why = f"The host cannot be reached: {hour}"
        store.backups.record([Observation(KEY, "repository", at, None, why)])
    known = store.backups.known([KEY])[KEY]
    assert known.unread == {"repository": "The host cannot be reached: 59"}
    assert known.listed is not None
    assert known.listed.newest == now - DAY
    assert [size for _, size in known.sizes] == [99, 98, 97]
    store.backups.record([_listing(now + 3 * DAY, 120)])
    assert store.backups.known([KEY])[KEY].unread == {}


def test_the_last_word_of_an_operator_is_known_of_jobs_and_of_what_has_none(
    store: Store, now: datetime
) -> None:
    first = Acknowledged(now + DAY, "it moves", "dana", now)
    later = Acknowledged(now + 3 * DAY, "it still moves", "noa", now + DAY)
    bare = "rameh/website/bare"
    store.backups.record([_listing(now, 5), Observation(KEY, "operator", now, first)])
    store.backups.record([Observation(KEY, "operator", now + DAY, later)])
    store.backups.record([Observation(bare, "operator", now, first)])
    assert store.backups.acknowledged() == {KEY: later, bare: first}
    known = store.backups.known([KEY, bare])
    assert (known[KEY].acknowledged, known[bare].acknowledged) == (later, first)
    assert known[KEY].listed is not None


def test_what_is_two_years_old_goes_but_never_the_last_word(
    store: Store, now: datetime
) -> None:
    old = now - 3000 * DAY
    store.backups.record([_listing(old, 1), _listing(old + DAY, 2)])
    store.backups.record([Observation("a/backup_job/b", "job", old, JobSaid("never"))])
    assert _rows(store) == 2
    known = store.backups.known([KEY, "a/backup_job/b", "nobody/backup_job/x"])
    assert sorted(known) == ["a/backup_job/b", KEY]
