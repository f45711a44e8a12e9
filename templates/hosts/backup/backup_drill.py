# {{ managed }}
"""A restore drill: the newest copy comes back to a scratch place and is compared.

Files are held byte by byte against those of the source where these have not changed since;
restic itself holds the others against what it read then. A dump is held against the digest
it had when it was made, and loaded into a scratch server of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
import time

import backup_scratch
from backup_job import Job, free
from backup_restic import Failed, read, stamp, utc, write

_CHUNK = 1 << 20
_PREFIX = "provisioner-drill-"
_SCRATCH = "/var/tmp"


def drill(name):
    """Restore the newest copy of every source, compare, take the scratch away."""
    job = Job(name)
    _sweep(name)
    counts = dict.fromkeys(
        ("files", "same", "differ", "changed", "size", "databases", "tables", "rows"), 0
    )
    told = {"at": stamp(time.time()), "passed": False, "copied": None, "reason": ""}
    scratch = tempfile.mkdtemp(prefix=f"{_PREFIX}{name}-", dir=_SCRATCH)
    # A scratch server of a database runs as its own user and must get through here.
    os.chmod(scratch, 0o711)
    try:
        for source in job.sources:
            copied = _source(job, source, scratch, counts)
            told["copied"] = min(filter(None, (told["copied"], copied)))
        told["reason"] = _verdict(counts)
        told["passed"] = not told["reason"]
    except (Failed, OSError) as error:
        told["reason"] = str(error)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    told |= counts
    write(f"{job.state}/drill.json", told)
    return told


def _verdict(counts):
    """Why the drill did not pass, "" where it did."""
    if counts["differ"]:
        return (
            f"{counts['differ']} of {counts['files']} files differ from their source."
        )
    if not counts["same"]:
        return "Nothing could be compared: everything was changed at the source since."
    return ""


def _sweep(name):
    """Scratch places that a killed drill left."""
    for one in os.listdir(_SCRATCH):
        if one.startswith(f"{_PREFIX}{name}-"):
            shutil.rmtree(os.path.join(_SCRATCH, one), ignore_errors=True)


def _source(job, source, scratch, counts):
    found = job.restic.snapshots(f"job:{job.key}", f"source:{source}")
    if not found:
        raise Failed(f"The repository has no copy of {source}.")
    newest = found[-1]
    if free(scratch) < (job.restic.size(newest) or 0) * 2 + (1 << 26):
        raise Failed(f"There is no room in {_SCRATCH} to restore {source}.")
    if source == "files":
        _files(job, newest, scratch, counts)
    else:
        _database(job, source, newest, scratch, counts)
    return utc(newest["time"])


def _files(job, snapshot, scratch, counts):
    target = f"{scratch}/files"
    os.mkdir(target, 0o700)
    words = ["restore", snapshot["id"], "--target", target, "--verify", "--quiet"]
    job.restic.run(*words)
    for folder, _, names in os.walk(target):
        for name in names:
            _compare(os.path.join(folder, name), target, counts)


def _compare(restored, target, counts):
    here = os.lstat(restored)
    counts["files"] += 1
    counts["size"] += here.st_size if stat.S_ISREG(here.st_mode) else 0
    source = restored.removeprefix(target)
    try:
        there = os.lstat(source)
    except OSError:
        counts["changed"] += 1
        return
    if stat.S_ISLNK(here.st_mode) and stat.S_ISLNK(there.st_mode):
        same = os.readlink(restored) == os.readlink(source)
    elif not stat.S_ISREG(here.st_mode):
        same = stat.S_IFMT(here.st_mode) == stat.S_IFMT(there.st_mode)
    elif (here.st_size, here.st_mtime_ns) != (there.st_size, there.st_mtime_ns):
        counts["changed"] += 1
        return
    else:
        same = digest(restored) == digest(source)
    counts["same" if same else "differ"] += 1


def digest(path):
    """SHA-256 of a file."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _database(job, source, snapshot, scratch, counts):
    engine, _, database = source.partition(":")
    path = f"{scratch}/{engine}-{database}.sql"
    with open(path, "xb") as file:
        inside = f"/{engine}-{database}.sql"
        job.restic.run("dump", snapshot["id"], inside, output=file)
    made = (read(job.manifest) or {}).get(source, {})
    counts["files"] += 1
    counts["size"] += os.path.getsize(path)
    if made.get("snapshot") != snapshot["id"]:
        counts["changed"] += 1
    else:
        same = made["sha256"] == digest(path)
        counts["same" if same else "differ"] += 1
    tables, rows = backup_scratch.load(engine, path, f"{scratch}/{engine}-{database}")
    counts["databases"] += 1
    counts["tables"] += tables
    counts["rows"] += rows
    if made.get("snapshot") == snapshot["id"] and tables != made["tables"]:
        raise Failed(f"{source} came back with {tables} of {made['tables']} tables.")
    with contextlib.suppress(OSError):
        os.unlink(path)
