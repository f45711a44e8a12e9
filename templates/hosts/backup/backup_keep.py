# {{ managed }}
"""A repository from its own side: checked, thinned out, listed. Nothing else may delete."""

from __future__ import annotations

import os
import time

from backup_restic import LOCKED, MARK, MISSING, Failed, Restic, read, stamp, write

CONFIGURATION = "/etc/provisioner/backup-store"
STATE = "/var/lib/provisioner/backup-store"


class Repository:
    """A repository in this store as its configuration says.

    A unit is given a copy of the password that its user may read.
    """

    def __init__(self, name):
        told = read(f"{CONFIGURATION}/{name}/repository.json")
        if told is None:
            raise Failed(f"There is no repository {name} in this store.")
        self.folder = told["folder"]
        self.jobs = told["jobs"]
        self.parts = told["parts"]
        self.state = f"{STATE}/{name}/state.json"
        own = f"{CONFIGURATION}/{name}/password"
        # On its own side a repository needs no cache, which root and the unit would share.
        self.restic = Restic(
            {
                "RESTIC_REPOSITORY": self.folder,
                "RESTIC_PASSWORD_FILE": os.environ.get("RESTIC_PASSWORD_FILE", own),
            },
            "--no-cache",
        )


def keep(name):
    """Check a further part, then let go of what is too old; a damaged one stays as it is.

    `forget` looks at times alone (`--keep-within`): who can only add copies cannot push
    good ones out.
    """
    one = Repository(name)
    told = {"result": "done", "reason": ""}
    state = read(one.state) or {"part": 0, "checked": None}
    try:
        one.restic.run("unlock")
        _check(one, state)
        for key, days in one.jobs.items():
            _forget(one, key, days)
        one.restic.run("prune", "--quiet")
    except Failed as error:
        fresh = error.code == MISSING
        told = {"result": "done" if fresh else "failed", "reason": str(error)}
        if error.code == LOCKED:
            told["reason"] = (
                "The repository is locked, by a run that was killed or is still at work."
                f" Where none runs: provisioner-backup unlock {name}. ({error})"
            )
    write(one.state, {**state, "problem": told["reason"]})
    return told


def _check(one, state):
    part = state["part"] % one.parts + 1
    share = f"{part}/{one.parts}"
    checked = {"at": stamp(time.time()), "sound": True, "part": share, "reason": ""}
    try:
        one.restic.run("check", "--quiet", f"--read-data-subset={share}")
    except Failed as error:
        if error.code in (LOCKED, MISSING):
            raise
        state["checked"] = {**checked, "sound": False, "reason": str(error)}
        raise
    state |= {"part": part, "checked": checked}


def _forget(one, key, days):
    one.restic.run(
        "forget",
        "--quiet",
        "--tag",
        f"{MARK},job:{key}",
        "--group-by",
        "host,tags",
        "--keep-within",
        f"{days['days']}d",
        "--keep-within-weekly",
        f"{days['weeks'] * 7}d",
        "--keep-within-monthly",
        f"{days['months']}m",
    )


def listed(name):
    """What is there of each job, and how the last check ended; changes nothing."""
    one = Repository(name)
    state = read(one.state) or {}
    jobs = {key: wanted["sources"] for key, wanted in one.jobs.items()}
    if not os.path.exists(f"{one.folder}/config"):
        found = {key: {"newest": None, "copies": 0} for key in jobs}
    else:
        found = one.restic.listing(jobs, f"{STATE}/{name}/sizes.json")
    return {
        "jobs": found,
        "stored": _bytes(one.folder),
        "checked": state.get("checked"),
        "problem": state.get("problem", ""),
    }


def unlock(name):
    """Take away every lock: only where no job runs."""
    Repository(name).restic.run("unlock", "--remove-all")
    return {"result": "done"}


def _bytes(folder):
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(at, name)).st_size
            except FileNotFoundError:
                continue  # taken away by a run at work
    return total
