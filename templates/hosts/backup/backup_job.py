# {{ managed }}
"""One backup job: every source becomes a snapshot of its own, or the job has failed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from backup_restic import (
    MARK,
    MISSING,
    PATIENCE,
    Failed,
    Restic,
    read,
    read_environment,
    stamp,
    utc,
    write,
)

CONFIGURATION = "/etc/provisioner/backup"
STATE = "/var/lib/provisioner/backup"
_PROGRAM = "/usr/local/sbin/provisioner-backup"
_CHUNK = 1 << 20
DUMPS = {
    "mariadb": (
        "mariadb-dump",
        "--single-transaction",
        "--quick",
        "--routines",
        "--triggers",
        "--events",
        "--hex-blob",
        "--default-character-set=utf8mb4",
        "--skip-dump-date",
    ),
    "postgresql": ("runuser", "-u", "postgres", "--", "pg_dump"),
}


class Job:
    """A job as its configuration on this host says."""

    def __init__(self, name):
        home = f"{CONFIGURATION}/{name}"
        told = read(f"{home}/job.json")
        if told is None:
            raise Failed(f"There is no backup job {name} on this host.")
        self.name = name
        self.key = told["key"]
        self.host = told["host"]
        self.paths = told["paths"]
        self.databases = [tuple(one) for one in told["databases"]]
        self.restic = Restic(read_environment(f"{home}/environment"))
        self.state = f"{STATE}/{name}"
        self.report = f"{self.state}/report.json"
        self.manifest = f"{self.state}/manifest.json"
        self.own = f"{self.state}/own.json"

    @property
    def unit(self):
        return f"provisioner-backup-{self.name}.service"

    @property
    def sources(self):
        files = ["files"] if self.paths else []
        return files + [f"{engine}:{name}" for engine, name in self.databases]


def run(name):
    """The whole job; its report says how it ended, whatever happens."""
    job = Job(name)
    before = read(job.report) or {}
    begun = {"result": "running", "started": stamp(time.time()), "ended": None}
    ever = {"succeeded": before.get("succeeded")}
    write(job.report, {**begun, **ever, "reason": ""})
    result, reason = "failed", "The run was cut off."
    try:
        _back_up(job, ever["succeeded"])
        result, reason = "done", ""
        ever["succeeded"] = begun["started"]
    except (Failed, OSError) as error:
        reason = str(error)
    finally:
        ended = {"result": result, "reason": reason, "ended": stamp(time.time())}
        told = {**begun, **ever, **ended}
        write(job.report, told)
    return told


def _back_up(job, succeeded):
    missing = [path for path in job.paths if not os.path.lexists(path)]
    if missing:
        # Before 0.19 restic is content with what it finds.
        raise Failed(f"There is no {', '.join(missing)}.")
    _prepare(job, succeeded)
    if not succeeded and not os.path.exists(job.own):
        _begin(job)
    if job.paths:
        _save(job, "files", "--one-file-system", *job.paths)
    by_command = bool(job.databases) and job.restic.version >= (0, 17)
    dumped = read(job.manifest) or {}
    for engine, database in job.databases:
        source = f"{engine}:{database}"
        (_by_command if by_command else _by_file)(job, engine, database)
        newest = job.restic.snapshots(f"job:{job.key}", f"source:{source}")[-1]
        facts = read(f"{job.state}/dumped.json")
        dumped[source] = {**facts, "snapshot": newest["id"]}
        write(job.manifest, dumped)


def _save(job, source, *words, given=None):
    """A snapshot of one source; `words` tell restic what it reads."""
    marked = ["--host", job.host, "--tag", f"{MARK},job:{job.key},source:{source}"]
    job.restic.run("backup", "--quiet", *marked, *words, given=given)


def _prepare(job, succeeded):
    """The repository is there, and free of locks that a killed run of this host left.

    Each run of restic derives its key anew, for most of a second: one tells both.
    """
    try:
        job.restic.run("unlock", "--quiet", patience=PATIENCE)
    except Failed as error:
        if error.code != MISSING:
            raise
        if succeeded:
            told = "The repository is gone, which had copies before; not made anew."
            raise Failed(f"{told} {error}") from error
        job.restic.run("init")


def _begin(job):
    """The first copy of this host, unless it would hide those of one that was lost.

    A host made anew has what provisioner makes, and nothing of what was in it.
    """
    copies = job.restic.snapshots(f"job:{job.key}")
    if copies:
        raise Failed(
            f"The repository has copies up to {utc(copies[-1]['time'])} and this host has"
            f" made none of them: restore first, then run `provisioner-backup anew"
            f" {job.name}` on it."
        )
    _own(job)


def _own(job):
    """From now on this host's copies follow those that are there."""
    write(job.own, {"since": stamp(time.time())})


def anew(name):
    """A person's word that this host has what it shall have; runs the job to its end."""
    _own(Job(name))
    return start(name)


def _by_command(job, engine, database):
    """restic runs the dump itself, and makes no snapshot where it fails."""
    words = ["--stdin-filename", f"{engine}-{database}.sql", "--stdin-from-command"]
    dumping = [_PROGRAM, "dump", job.name, engine, database]
    _save(job, f"{engine}:{database}", *words, "--", *dumping)


def _by_file(job, engine, database):
    """For restic before 0.17, which takes half a dump for a whole one."""
    path = f"{job.state}/{engine}-{database}.sql"
    try:
        with os.fdopen(
            os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600), "w+b"
        ) as file:
            _dump(job, engine, database, file)
            file.seek(0)
            words = ["--stdin", "--stdin-filename", f"{engine}-{database}.sql"]
            _save(job, f"{engine}:{database}", *words, given=file)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def dump(name, engine, database):
    """A database on standard output; ends badly where the dump does."""
    _dump(Job(name), engine, database, sys.stdout.buffer)


def _dump(job, engine, database, target):
    """Write a dump, and what it was: for the drill, because a database moves on."""
    digest, size, tables = hashlib.sha256(), 0, 0
    with subprocess.Popen(
        [*DUMPS[engine], database],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd="/",
    ) as dumping:
        for line in dumping.stdout:
            digest.update(line)
            size += len(line)
            tables += line.startswith(b"CREATE TABLE ")
            target.write(line)
        target.flush()
    if dumping.returncode != 0:
        raise Failed(
            f"The dump of {engine} {database} ended with {dumping.returncode}."
        )
    facts = {"sha256": digest.hexdigest(), "size": size, "tables": tables}
    write(f"{job.state}/dumped.json", facts)


def start(name):
    """Run the job's unit to its end, then tell how it went."""
    job = Job(name)
    subprocess.run(["systemctl", "start", job.unit], capture_output=True, check=False)
    return status(name)


def status(name):
    """The job's own report, and the last drill."""
    job = Job(name)
    told = read(job.report) or {"result": "never"}
    if told["result"] == "running" and not _active(job):
        told |= {"result": "failed", "reason": "The run was cut off."}
    return {"job": told, "drill": read(f"{job.state}/drill.json")}


def _active(job):
    asked = ["systemctl", "is-active", job.unit]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return said.strip() in ("active", "activating")


def listed(name):
    """What the repository has of this job, asked from here."""
    job = Job(name)
    cache = f"{job.state}/sizes.json"
    return {"jobs": job.restic.listing({job.key: job.sources}, cache), "stored": None}


def free(path):
    """Bytes that fit at a path."""
    room = os.statvfs(Path(path))
    return room.f_bavail * room.f_frsize
