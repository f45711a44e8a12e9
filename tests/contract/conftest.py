"""The store over SQLite and over PostgreSQL; a server of our own where there is one."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_postgresql.janitor import DatabaseJanitor

from provisioner.store import Store, open_store

# A server that has loaded the store forks in milliseconds; a new Python takes a second.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        "provisioner.store",
        "provisioner.store.secret_key",
        "provisioner.service.leader",
        "provisioner.service.worker",
    ]
)

MISSING = "no PostgreSQL server here; install it with: apt-get install postgresql"
STORES = ("sqlite", "postgresql")
# A server that is stopped in a test must remember what it has promised.
_KEEPING = "-c synchronous_commit=on"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on loopback, and the database that is copied for each test."""

    port: int
    template: str = ""

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def janitor(self, database: str, template: str | None = None) -> DatabaseJanitor:
        return DatabaseJanitor(
            user="postgres",
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            template_dbname=template,
            as_template=template is None,
        )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server for this test process, as the user `postgres` where we are root."""
    control = _pg_ctl()
    if control is None:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="provisioner-pg-"))
    try:
        as_user = _give_away(folder)
        server = _start(control, folder, as_user)
        template = server.janitor("migrated")
        with template:
            open_store(server.url("migrated")).close()
            yield Server(server.port, "migrated")
    finally:
        stop = [str(control), "-D", str(folder / "d"), "-m", "immediate", "stop"]
        stop = [*_as_owner(folder), *stop]
        subprocess.run(stop, capture_output=True, check=False, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


class OwnServer(Server):
    """A server of one test alone, that may be stopped and started again."""

    def __init__(self, port: int, control: list[str], options: str) -> None:
        super().__init__(port)
        object.__setattr__(self, "_control", control)
        object.__setattr__(self, "_options", options)

    def stop(self) -> None:
        """As a machine that loses its power."""
        control: list[str] = self._control  # type: ignore[attr-defined]
        _run([*control, "-m", "immediate", "-w", "stop"])

    def start(self) -> None:
        control: list[str] = self._control  # type: ignore[attr-defined]
        options: str = self._options  # type: ignore[attr-defined]
        log = str(Path(control[-1]).parent / "log")
        _run([*control, "-o", options, "-l", log, "-w", "start"])


@pytest.fixture
def own_postgresql() -> Iterator[OwnServer]:
    """A PostgreSQL server of the test's own."""
    control = _pg_ctl()
    if control is None:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="provisioner-pg-"))
    command = [*_give_away(folder), str(control), "-D", str(folder / "d")]
    try:
        server = _start(control, folder, _as_owner(folder), _KEEPING)
        yield OwnServer(server.port, command, f"{_options(server.port)} {_KEEPING}")
    finally:
        stop = [*command, "-m", "immediate", "stop"]
        subprocess.run(stop, capture_output=True, check=False, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


def _options(port: int) -> str:
    return (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    )


def _pg_ctl() -> Path | None:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = shutil.which("pg_ctl") or (debian[-1] if debian else None)
    return Path(found) if found else None


def _give_away(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root; Debian's package brings a user for it."""
    if os.geteuid() != 0:
        return []
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip(MISSING)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return _as_owner(folder)


def _as_owner(folder: Path) -> list[str]:
    if folder.stat().st_uid == os.geteuid():
        return []
    return ["runuser", "-u", folder.owner(), "--"]


def _start(control: Path, folder: Path, as_user: list[str], more: str = "") -> Server:
    initdb, home = str(control.with_name("initdb")), str(folder / "d")
    _run(
        [
            *as_user,
            initdb,
            "-D",
            home,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"{_options(port)} {more}"
    log = str(folder / "log")
    _run([*as_user, str(control), "-D", home, "-o", options, "-l", log, "-w", "start"])
    return Server(port)


def _run(command: list[str]) -> None:
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", timeout=60
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A current SQLite store without rows, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "store.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=STORES)
def url(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path
) -> Iterator[str]:
    """The URL of a current store without rows."""
    if request.param == "sqlite":
        shutil.copy(migrated_file, tmp_path / "store.db")
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.janitor("one_test", server.template):
        yield server.url("one_test")


@pytest.fixture(params=STORES)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store that nobody has opened yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'var' / 'store.db'}"
        return
    server: Server = request.getfixturevalue("postgresql")
    with server.janitor("one_test", "template1"):
        yield server.url("one_test")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 6, 30, tzinfo=UTC)


Spawn = Callable[..., "Child"]


class Child:
    """Another process that runs a program text; it knows `url`, `talk` and `me`."""

    def __init__(self, program: str, url: str, me: str) -> None:
        self.talk, theirs = PROCESSES.Pipe()
        names = {"url": url, "talk": theirs, "me": me}
        self._process = PROCESSES.Process(
            target=exec, args=(program, names), daemon=True
        )
        self._process.start()
        theirs.close()
        self.pid = self._process.pid

    def send(self, word: object) -> None:
        self.talk.send(word)

    def answer(self) -> Any:
        """What the child sends next; raises `EOFError` when it died."""
        assert self.talk.poll(60), "the child says nothing"
        return self.talk.recv()

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self._process.kill()
        self._process.join()

    def close(self) -> None:
        self.kill()
        self._process.close()
        self.talk.close()


@pytest.fixture
def spawn_on() -> Iterator[Callable[[str], Spawn]]:
    """Start program texts on a store by its URL; no child outlives the test."""
    with ExitStack() as children:

        def on(url: str) -> Spawn:
            def start(program: str, me: str = "") -> Child:
                child = Child(program, url, me)
                children.callback(child.close)
                return child

            return start

        yield on


@pytest.fixture
def spawn(spawn_on: Callable[[str], Spawn], url: str) -> Spawn:
    """Start program texts on the store of the test."""
    return spawn_on(url)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is so, at most ten seconds."""

    def wait(holds: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < give_up, "it never came to be"
            time.sleep(0.01)

    return wait
