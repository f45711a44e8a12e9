#!/usr/bin/python3
# {{ managed }}
"""Back up, look, drill and keep: `provisioner-backup VERB NAME`, answered in JSON."""

from __future__ import annotations

import json
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "/usr/local/lib/provisioner")

import backup_drill
import backup_job
import backup_keep
from backup_restic import Failed

VERBS = {
    "run": backup_job.run,
    "start": backup_job.start,
    "anew": backup_job.anew,
    "status": backup_job.status,
    "list": backup_job.listed,
    "dump": backup_job.dump,
    "drill": backup_drill.drill,
    "keep": backup_keep.keep,
    "kept": backup_keep.listed,
    "unlock": backup_keep.unlock,
}


def main(words):
    if len(words) < 2 or words[0] not in VERBS:
        sys.stderr.write(f"usage: provisioner-backup {'|'.join(VERBS)} NAME\n")
        return 64
    try:
        told = VERBS[words[0]](*words[1:])
    except Failed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if told is not None:
        print(json.dumps(told))
    # Whoever asks reads the answer; a unit must end as the work did.
    failed = words[0] in ("run", "keep") and told["result"] == "failed"
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
