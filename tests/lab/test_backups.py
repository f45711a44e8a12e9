"""Backups on real hosts: saved, seen from elsewhere, drilled, lost, restored, broken."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from backup_world import KEY, NAME, SOURCE, STORE, UNIT, World
from lab import Lab
from made import Checked

from provisioner.kinds.backup_job.look import look_at_backups
from provisioner.kinds.backup_job.verify import verify_backups
from provisioner.model.backup import Drilled, JobSaid, Listed
from provisioner.model.run import RunStatus
from provisioner.providers.ansible.hosts import Authority, Hosts
from provisioner.renderers.language import translator
from provisioner.renderers.sentences import tell
from provisioner.store import Store, open_store

BELONGINGS = (
    "mkdir -p /srv/papers/deep",
    "echo minutes >/srv/papers/minutes.txt",
    "head -c 300000 /dev/urandom >/srv/papers/deep/scan.bin",
    "ln -s minutes.txt /srv/papers/latest",
    "systemctl start mariadb postgresql",
    "mariadb -e 'CREATE DATABASE town; CREATE TABLE town.people (n INT);"
    " INSERT INTO town.people VALUES (1),(2),(3); CREATE TABLE town.empty (n INT)'",
    "runuser -u postgres -- createuser clerk",
    "runuser -u postgres -- createdb -O clerk council",
    "runuser -u postgres -- psql -q council -c"
    " 'CREATE TABLE votes (n INT); ALTER TABLE votes OWNER TO clerk;"
    " INSERT INTO votes VALUES (7),(8)'",
)


@pytest.fixture(scope="module")
def world(
    lab: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    one = World(lab, tmp_path_factory.mktemp("backups"), authority)
    lab.point({f"{STORE}.galil.example": STORE})
    one.source.as_root(*BELONGINGS)
    assert one.store.repair() is None
    assert one.source.repair() is None
    yield one
    lab.drop(one.store.host, one.source.host)


def test_a_job_is_made_run_seen_and_drilled(world: World) -> None:
    assert world.source.differs() == {}
    assert world.store.differs() == {}
    assert world.source.check_mode() == Checked(set(), set())
    before = world.look()
    assert before["job"].fact == JobSaid("never")
    assert before["repository"].fact == Listed(stored=0)

    told = world.start()
    assert told["result"] == "done", told
    proof = world.verify()
    assert proof.proven, proof.checks

    drilled = world.drill()
    assert drilled["passed"], drilled
    counted = {name: drilled[name] for name in ("files", "same", "differ", "changed")}
    assert counted == {"files": 5, "same": 5, "differ": 0, "changed": 0}
    assert (drilled["databases"], drilled["tables"], drilled["rows"]) == (2, 3, 5)
    assert "drill" not in world.lab.run(world.source.host, "ls /var/tmp").stdout
    after = world.look()
    drill, listed = after["drill"].fact, after["repository"].fact
    assert isinstance(drill, Drilled)
    assert drill.passed
    assert isinstance(listed, Listed)
    assert (listed.copies, listed.independent) == (3, True)
    assert listed.size is not None
    assert listed.size > 300_000


def test_a_store_of_another_zone_is_not_asked_and_proves_nothing(world: World) -> None:
    hosts = Hosts({SOURCE: world.source.reach})
    hosts.keep_to({SOURCE})
    here = dataclasses.replace(world.providers, hosts=hosts)
    seen = asyncio.run(look_at_backups(world.cluster, [KEY], here))
    assert [one.side for one in seen] == ["job", "drill"]
    (proof,) = asyncio.run(verify_backups(world.cluster, [world.resource], here))
    (copy,) = [one for one in proof.checks if "repository's side" in one.name]
    assert (copy.holds, copy.detail) == (
        False,
        "Its host is in another zone, whose worker looks at it.",
    )


def test_a_lost_database_comes_back_by_the_documented_commands(world: World) -> None:
    world.source.as_root(
        "mariadb -e 'DROP DATABASE town'",
        "rm -r /srv/papers",
        f"set -a; . /etc/provisioner/backup/{NAME}/environment; set +a",
        f"restic restore latest --tag job:{KEY},source:files --target / --quiet",
        "mariadb -e 'CREATE DATABASE town'",
        f"restic dump --tag job:{KEY},source:mariadb:town latest /mariadb-town.sql"
        " | mariadb town",
    )
    ask = "sudo mariadb -NBe 'SELECT count(*) FROM town.people'; cat /srv/papers/latest"
    assert world.lab.run(world.source.host, ask).stdout == "3\nminutes\n"


def test_a_host_made_anew_saves_nothing_over_what_was_lost(world: World) -> None:
    before = world.fact("repository").copies
    world.source.as_root(f"rm -r /var/lib/provisioner/backup/{NAME}")
    assert world.source.repair() is None
    told = world.start()
    assert told["result"] == "failed"
    assert "restore first, then run `provisioner-backup anew" in told["reason"]
    # Nor does the night, whose run is not the first one any more.
    assert world.start()["reason"] == told["reason"]
    assert world.fact("repository").copies == before
    (ran,) = [one for one in world.verify().checks if one.name == "the job ran"]
    assert (ran.holds, ran.detail) == (False, told["reason"])
    pieces = tell(told["reason"], translator("he"))
    assert not any(one.english for one in pieces)

    world.source.as_root(f"provisioner-backup anew {NAME}")
    assert world.fact("job").result == "done"
    assert world.fact("repository").copies == before + 3
    assert world.start()["result"] == "done"
    assert world.verify().proven


def test_a_dump_that_fails_leaves_no_copy_and_the_job_says_so(world: World) -> None:
    before = world.fact("repository").copies
    world.source.as_root("mariadb -e 'DROP DATABASE town'")
    told = world.start()
    assert told["result"] == "failed"
    assert "restic backup ended with" in told["reason"]
    # The files were saved; of a database that is not there, nothing was.
    assert world.fact("repository").copies == before + 1
    assert not world.verify().proven
    world.source.as_root(
        "mariadb -e 'CREATE DATABASE town; CREATE TABLE town.people (n INT)'"
    )
    assert world.start()["result"] == "done"


def test_a_source_that_is_not_there_is_a_failure_and_not_an_empty_copy(
    world: World,
) -> None:
    before = world.fact("repository").copies
    world.source.as_root("mv /srv/papers /srv/away")
    assert world.start()["reason"] == "There is no /srv/papers."
    world.source.as_root("mv /srv/away /srv/papers")
    assert world.fact("repository").copies == before


def test_a_restored_byte_that_differs_is_found(world: World, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        _a_byte_differs(world, store)


def _a_byte_differs(world: World, store: Store) -> None:
    path = "/srv/papers/deep/scan.bin"
    world.source.as_root(
        f"cp -p {path} /var/kept",
        f"touch -r {path} /var/when",
        f"printf X | dd of={path} bs=1 seek=5 conv=notrunc status=none",
        f"touch -r /var/when {path}",
    )
    run = world.drill_by_schedule(store)
    told = f"These drills did not pass: {KEY}."
    assert run.status is RunStatus.FAILED
    assert run.summary == {"drills": 1, "failed": 1, "reason": told}
    drilled = store.backups.known([KEY])[KEY].drilled
    assert drilled is not None
    assert (drilled.passed, drilled.differ) == (False, 1)
    (condition,) = store.conditions.latest(timedelta(0))
    assert (condition.about, condition.key) == ("drill", KEY)
    world.source.as_root(f"mv /var/kept {path}")


def test_a_lock_that_a_killed_run_left_is_told_and_taken_away(world: World) -> None:
    unit = "provisioner-keep-karmiel-all.service"
    world.store.as_root(f"systemctl start {unit}")
    checked = world.fact("check")
    assert (checked.sound, checked.part) == (True, "1/14")

    report = f"/var/lib/provisioner/backup/{NAME}/report.json"
    environment = f"set -a; . /etc/provisioner/backup/{NAME}/environment; set +a"
    endless = "sleep 300 | restic backup --stdin --tag other"
    world.source.as_root(
        f"systemctl start --no-block {UNIT}.service",
        f"until grep -q running {report}; do sleep 0.05; done",
        f"systemctl kill --signal=KILL {UNIT}.service",
        f"systemd-run --quiet --unit=endless sh -c '{environment}; {endless}'",
    )
    locks = "sudo ls /srv/backups/karmiel/all/locks"
    ends = time.monotonic() + 60
    while not world.lab.run(world.store.host, locks).stdout:
        assert time.monotonic() < ends, "no lock was made"
    world.source.as_root("systemctl kill --signal=KILL endless.service")
    failed = world.lab.run(
        world.store.host, f"sudo systemctl start {unit}", check=False
    )
    assert failed.returncode != 0
    seen = world.look()
    cut = seen["job"].fact
    assert isinstance(cut, JobSaid)
    assert (cut.result, cut.reason) == ("failed", "The run was cut off.")
    assert "provisioner-backup unlock karmiel-all" in seen["check"].reason

    world.store.as_root(f"provisioner-backup unlock {NAME}")
    assert world.start()["result"] == "done"
    world.store.as_root(f"systemctl start {unit}")
    assert world.fact("check").part == "2/14"


def test_nobody_but_the_store_can_take_a_copy_away(world: World) -> None:
    before = world.fact("repository").copies
    tried = world.lab.run(
        world.source.host,
        f"sudo sh -c 'set -a; . /etc/provisioner/backup/{NAME}/environment; set +a;"
        " restic forget --keep-last 1 --tag provisioner'",
        check=False,
    )
    assert "Forbidden" in tried.stderr
    assert world.fact("repository").copies == before


def test_a_wrong_password_is_a_failure_that_tells_no_secret(world: World) -> None:
    home = "/etc/provisioner/backup/karmiel-all"
    world.source.as_root(f"echo wrong >{home}/password")
    assert set(world.source.differs()) == {f"file {home}/password content"}
    told = world.start()
    assert told["result"] == "failed"
    assert "ended with 12" in told["reason"]
    assert world.canary not in json.dumps(told)
    assert world.source.repair() is None
    assert world.source.differs() == {}


def test_no_secret_is_told_by_what_is_seen_shown_or_logged(world: World) -> None:
    seen = world.source.seen()
    texts = [repr(seen), repr(world.source.differs()), repr(world.resource)]
    for made in (world.source, world.store):
        log = world.lab.run(made.host, "sudo journalctl --no-pager --output=cat")
        texts += [log.stdout, world.lab.run(made.host, "ps axe -o args").stdout]
    for text in texts:
        assert world.canary not in text
    # Each run had it in a folder in memory, and took that away.
    for folder in (Path("/dev/shm"), world.folder):
        assert not [path for path in folder.rglob("*") if _holds(path, world.canary)]


def _holds(path: Path, word: str) -> bool:
    with suppress(OSError):  # of another test, and gone meanwhile
        return path.is_file() and word.encode() in path.read_bytes()
    return False


def test_a_repository_that_cannot_be_reached_is_unknown(world: World) -> None:
    world.lab.power(world.store.host, on=False)
    seen = world.look()
    assert seen["repository"].fact is None
    assert "cannot be reached" in seen["repository"].reason
    assert seen["job"].fact is not None, "the job's own host still tells"
    (broken,) = [
        one for one in world.verify().checks if "repository's side" in one.name
    ]
    assert not broken.holds
