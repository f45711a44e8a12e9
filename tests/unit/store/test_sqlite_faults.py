"""A store that is locked, full, broken or somewhere else: a clear word, nothing half-done."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from provisioner.errors import StoreBusy, StoreError, StoreFull
from provisioner.model.applied import LastAppliedEntry
from provisioner.store import Store, open_store


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """As another process that writes and does not end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def entries(now: datetime, count: int = 5000) -> list[LastAppliedEntry]:
    return [
        LastAppliedEntry(f"rameh/mailbox/{n}", "rameh", "mailbox", b"x" * 400, "", now)
        for n in range(count)
    ]


@contextmanager
def full_after(store: Store, pages: int) -> Iterator[None]:
    """The database may grow by `pages` and no more: what a full disk looks like."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        now = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {now + pages}")

    engine = store.database.engine
    engine.dispose()
    event.listen(engine, "connect", limit)
    yield
    event.remove(engine, "connect", limit)
    engine.dispose()


def test_the_folder_and_the_files_are_private(store: Store, file: Path) -> None:
    store.audit.append("me", "looked", "here")
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    modes = {
        one.name: stat.S_IMODE(one.stat().st_mode) for one in file.parent.iterdir()
    }
    assert set(modes) >= {"store.db", "store.db-wal"}
    assert set(modes.values()) == {0o600}


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    open_store(f"sqlite:///{tmp_path / 'store.db'}").close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_store_locked_by_another_process_says_so(store: Store, file: Path) -> None:
    with locked(file), pytest.raises(StoreBusy) as caught:
        store.audit.append("me", "tried", "to write")
    assert str(file) in str(caught.value)
    assert "runs list" in caught.value.remedy
    assert store.audit.verify().rows == 0
    store.audit.append("me", "wrote", "afterwards")


def test_reading_goes_on_while_another_process_writes(store: Store, file: Path) -> None:
    store.audit.append("me", "wrote", "before")
    with locked(file):
        assert store.audit.verify().rows == 1


def test_a_new_store_locked_by_another_process_is_not_half_made(
    file: Path, url: str
) -> None:
    file.parent.mkdir()
    sqlite3.connect(file).close()
    with locked(file), pytest.raises(StoreBusy):
        open_store(url)
    with open_store(url) as store:
        assert store.audit.verify().holds


def test_a_full_disk_says_so_and_keeps_what_was_there(
    store: Store, now: datetime, file: Path
) -> None:
    store.last_applied.record(entries(now, 10))
    with full_after(store, 20), pytest.raises(StoreFull) as caught:
        store.last_applied.record(entries(now))
    assert "nothing was written" in str(caught.value)
    assert len(store.last_applied.read("rameh")) == 10


def test_a_full_disk_leaves_the_snapshot_before_it(store: Store, now: datetime) -> None:
    def replace(token: str, count: int) -> None:
        pages = [os.urandom(300) for _ in range(count)]
        store.snapshots.replace("t", token=token, digest="", at=now, pages=pages)

    replace("first", 10)
    with full_after(store, 20), pytest.raises(StoreFull):
        replace("second", 5000)
    snapshot = store.snapshots.load("t")
    assert snapshot is not None
    assert (snapshot.token, len(snapshot.pages)) == ("first", 10)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte; only root may make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("a tiny file system can only be mounted by root")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_is_really_full_is_told_and_the_store_still_reads(
    tiny_disk: Path, now: datetime
) -> None:
    with open_store(f"sqlite:///{tiny_disk / 'store.db'}") as store:
        store.last_applied.record(entries(now, 10))
        with pytest.raises(StoreFull):
            store.last_applied.record(entries(now))
        assert len(store.last_applied.read("rameh")) == 10
        assert store.audit.verify().holds


def test_a_store_made_on_a_full_disk_is_made_later_when_there_is_room(
    tiny_disk: Path,
) -> None:
    filler = tiny_disk / "filler"
    filler.write_bytes(b"x" * 900_000)
    url = f"sqlite:///{tiny_disk / 'store.db'}"
    with pytest.raises(StoreFull):
        open_store(url)
    filler.unlink()
    with open_store(url) as store:
        assert store.audit.verify().holds


def test_a_file_that_is_no_database_is_named_and_left_alone(
    file: Path, url: str
) -> None:
    file.parent.mkdir()
    file.write_bytes(b"this is somebody's letter\n" * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store(url)
    assert file.read_bytes().startswith(b"this is somebody's letter")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:store?mode=memory&uri=true",
        "mysql://localhost/store",
        "no url at all",
    ],
)
def test_another_kind_of_store_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///PATH or postgresql://"):
        open_store(url)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"file/store\.db"):
        open_store(f"sqlite:///{tmp_path / 'file' / 'store.db'}")


def test_a_path_with_a_percent_sign_opens(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / '100%s' / 'store.db'}") as store:
        assert store.audit.verify().holds
