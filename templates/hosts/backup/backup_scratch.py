# {{ managed }}
"""Scratch servers of databases: a dump is loaded far from the real one, and counted."""

from __future__ import annotations

import glob
import os
import pwd
import subprocess
import time
from contextlib import contextmanager

from backup_restic import Failed

_PATIENCE = 60.0
# Made by us, never from anything that somebody wrote.
_NAME = "drill"


def load(engine, path, folder):
    """Load a dump into a server that lives in `folder` alone; its tables and rows."""
    os.mkdir(folder, 0o700)
    user = {"mariadb": "mysql", "postgresql": "postgres"}[engine]
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise Failed(
            f"There is no server of {engine} here to load the dump into."
        ) from None
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    opened = _mariadb(folder) if engine == "mariadb" else _postgresql(folder)
    with opened as (ask, take):
        with open(path, "rb") as dump:
            take(dump)
        tables = ask(_TABLES[engine]).split("\n") if ask(_TABLES[engine]) else []
        quote = "`" if engine == "mariadb" else '"'
        rows = 0
        for table in tables:
            named = ".".join(f"{quote}{part}{quote}" for part in table.split("\t"))
            rows += int(ask(f"SELECT count(*) FROM {named}"))  # noqa: S608
        return len(tables), rows


_TABLES = {
    "mariadb": "SELECT table_schema, table_name FROM information_schema.tables"
    " WHERE table_schema = 'drill' AND table_type = 'BASE TABLE'",
    "postgresql": "SELECT schemaname, tablename FROM pg_tables"
    " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
}


@contextmanager
def _mariadb(folder):
    socket, home = f"{folder}/s", f"{folder}/d"
    _do(
        "mariadb-install-db",
        "--no-defaults",
        "--user=mysql",
        f"--datadir={home}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
    )
    server = subprocess.Popen(
        [
            "mariadbd",
            "--no-defaults",
            "--user=mysql",
            f"--datadir={home}",
            f"--socket={socket}",
            "--skip-networking",
            "--innodb-buffer-pool-size=32M",
            f"--pid-file={folder}/pid",
            f"--log-error={folder}/log",
        ],
        stdin=subprocess.DEVNULL,
    )
    client = ["mariadb", "--no-defaults", "--user=root", f"--socket={socket}"]
    try:
        _wait(lambda: os.path.exists(socket) and server.poll() is None)
        _do(*client, "-e", f"CREATE DATABASE {_NAME}")
        yield (
            lambda query: _do(*client, "-N", "-B", "-e", query),
            lambda dump: _do(*client, _NAME, given=dump),
        )
    finally:
        server.terminate()
        try:
            server.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def _postgresql(folder):
    home = f"{folder}/d"
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=_release)
    if not programs:
        raise Failed("There is no server of postgresql here to load the dump into.")
    as_owner, at = ["runuser", "-u", "postgres", "--"], programs[-1]
    # Owners are named in the dump; the scratch server has to know their names.
    known = (
        "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'"
    )
    roles = _do(*as_owner, "psql", "-X", "-A", "-t", "-c", known).split("\n")
    _do(
        *as_owner,
        f"{at}/initdb",
        "-D",
        home,
        "-A",
        "trust",
        "-U",
        "postgres",
        "--no-sync",
    )
    control = [*as_owner, f"{at}/pg_ctl", "-D", home, "-w"]
    options = (
        f"-c listen_addresses='' -c fsync=off -c unix_socket_directories='{folder}'"
    )
    client = [*as_owner, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder]
    _do(*control, "-l", f"{folder}/log", "-o", options, "start")
    try:
        for role in filter(None, roles):
            quoted = role.replace('"', '""')
            _do(*client, "-c", f'CREATE ROLE "{quoted}"')
        _do(*client, "-c", f"CREATE DATABASE {_NAME}")
        rows = ["-A", "-t", "-F", "\t", "-d", _NAME, "-c"]
        yield (
            lambda query: _do(*client, *rows, query),
            lambda dump: _do(*client, "-d", _NAME, "-f", "-", given=dump),
        )
    finally:
        _do(*control, "-m", "immediate", "stop")


def _release(path):
    return float(path.split("/")[4])


def _wait(holds):
    ends = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > ends:
            raise Failed("The scratch server of the database did not start.")
        time.sleep(0.05)


def _do(*command, given=None):
    try:
        ended = subprocess.run(
            command,
            stdin=given or subprocess.DEVNULL,
            capture_output=True,
            cwd="/",
            check=False,
        )
    except OSError as error:
        raise Failed(f"{command[0]}: {error}") from error
    if ended.returncode != 0:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Failed(
            f"{command[0]} ended with {ended.returncode}: {' '.join(said[-2:])}"
        )
    return ended.stdout.decode("utf-8", "replace").strip()
