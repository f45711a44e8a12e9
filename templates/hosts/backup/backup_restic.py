# {{ managed }}
"""restic as the backup programs call it, from Debian 12's 0.14 on."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

MISSING, LOCKED, WRONG_PASSWORD = 10, 11, 12
MARK = "provisioner"
# What restic says before 0.17, where every failure has the same code.
_SAID = (
    ("wrong password or no key found", WRONG_PASSWORD),
    ("unable to create lock", LOCKED),
    ("already locked", LOCKED),
    ("Is there a repository at", MISSING),
)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CLOCKS_APART = 300.0
PATIENCE = 60


class Failed(Exception):
    """Something went wrong; `code` is restic's, 0 where it was not restic."""

    def __init__(self, message, code=0):
        super().__init__(message)
        self.code = code


class Restic:
    """A repository, by the variables that lead to it; secrets stay in files and there."""

    def __init__(self, environment, *options):
        self._options = options
        self._environment = {
            "PATH": _PATH,
            "HOME": "/root",
            "LC_ALL": "C.UTF-8",
            "RESTIC_PROGRESS_FPS": "0.0166",
            **environment,
        }
        self._secrets = [
            value
            for name, value in environment.items()
            if name == "RESTIC_REPOSITORY" or "SECRET" in name or "PASSWORD" in name
        ]

    @property
    def version(self):
        """The first two numbers."""
        told = self.run("version").stdout
        found = re.search(r"restic (\d+)\.(\d+)", told)
        if found is None:
            raise Failed(f"restic told no version: {told.strip()}")
        return int(found[1]), int(found[2])

    def run(self, *words, given=None, output=subprocess.PIPE, patience=None):
        """Run restic to its end; any code but 0 is a failure, 3 (incomplete) too.

        `patience` is in seconds: by itself restic tries for a quarter of an hour.
        """
        try:
            ended = subprocess.run(
                ["restic", *self._options, *words],
                stdin=given or subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                env=self._environment,
                timeout=patience,
                check=False,
            )
        except OSError as error:
            raise Failed(f"restic cannot be run: {error}") from error
        except subprocess.TimeoutExpired as late:
            told = f"The repository did not answer within {patience} seconds."
            raise Failed(" ".join((told, self._plain(late.stderr or b"")))) from None
        if ended.returncode != 0:
            raise Failed(*self._told(words[0], ended.returncode, ended.stderr))
        if output == subprocess.PIPE:
            ended.stdout = ended.stdout.decode("utf-8", "replace")
        return ended

    def _plain(self, said):
        """The end of what restic said, without secrets."""
        lines = said.decode("utf-8", "replace").splitlines()
        text = " ".join([_plain(line) for line in lines if line.strip()][-3:])
        for one in self._secrets:
            text = text.replace(one, "***")
        return re.sub(r"://[^/@\s]*@", "://***@", text)

    def _told(self, verb, code, said):
        text = self._plain(said)
        if code == 1:
            code = next((number for part, number in _SAID if part in text), code)
        return f"restic {verb} ended with {code}: {text}", code

    def snapshots(self, *tags):
        """Snapshots of ours with all these tags, oldest first; takes no lock."""
        wanted = ",".join((MARK, *tags))
        words = ("snapshots", "--json", "--no-lock", "--tag", wanted)
        found = json.loads(self.run(*words, patience=PATIENCE).stdout) or []
        return sorted(found, key=lambda one: moment(one["time"]))

    def size(self, snapshot):
        """Bytes of a snapshot; of one made before 0.17, which does not tell, by adding up."""
        if told := snapshot.get("summary"):
            return told.get("total_bytes_processed")
        words = ("stats", "--json", "--no-lock", "--mode", "restore-size")
        return json.loads(self.run(*words, snapshot["id"]).stdout)["total_size"]

    def listing(self, jobs, cache):
        """What there is of each job: `jobs` are the names of its sources by its key.

        Sizes that had to be added up are kept in the file `cache`.
        """
        every = self.snapshots()
        soon = time.time() + CLOCKS_APART
        before, sizes = read(cache) or {}, {}

        def size(one):
            if "summary" in one:
                return self.size(one)
            if one["id"] not in sizes:
                sizes[one["id"]] = before.get(one["id"]) or self.size(one)
            return sizes[one["id"]]

        found = {
            key: _of_job(key, some, every, soon, size) for key, some in jobs.items()
        }
        if sizes != before:
            write(cache, sizes)
        return found


def _of_job(key, sources, every, soon, size):
    mine = [one for one in every if f"job:{key}" in one["tags"]]
    known = [one for one in mine if moment(one["time"]) <= soon]
    newest = {}
    for one in known:
        for tag in one["tags"]:
            if tag.startswith("source:"):
                newest[tag.removeprefix("source:")] = one
    found = [newest.get(name) for name in sources]
    whole = None not in found and found
    sizes = [size(one) for one in found] if whole else []
    return {
        "newest": min(utc(one["time"]) for one in found) if whole else None,
        "oldest": utc(known[0]["time"]) if known else None,
        "copies": len(known),
        "size": sum(sizes) if sizes and None not in sizes else None,
        "future": len(mine) - len(known),
    }


def _plain(line):
    """A line of restic's, which may be JSON."""
    try:
        told = json.loads(line)
    except ValueError:
        return line.strip()
    if not isinstance(told, dict):
        return line.strip()
    inner = told.get("error")
    inner = inner.get("message") if isinstance(inner, dict) else inner
    return str(told.get("message") or inner or line).strip()


def read_environment(path):
    """Variables of a file with a shell's quoting."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return dict(one.split("=", 1) for line in words for one in line)


def moment(text):
    """Seconds since 1970 of restic's time, whose nanoseconds Python does not read."""
    plain = re.sub(r"(\.\d{6})\d+", r"\1", text)
    return datetime.fromisoformat(plain.replace("Z", "+00:00")).timestamp()


def utc(text):
    return stamp(moment(text))


def stamp(seconds):
    """A moment in UTC as JSON has it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def write(path, told):
    """Write JSON whole or not at all, for root alone."""
    folder = os.path.dirname(path)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(told, file)
    os.replace(name, path)


def read(path):
    """JSON that we wrote, None where there is none or it cannot be read as such."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None
