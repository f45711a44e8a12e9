"""What systemd tells of its units."""

from __future__ import annotations

from ansible.module_utils.provisioner_asking import Unreadable, ask

NOT_HERE = "not here"  # a unit that says itself where it does not run
_ENABLED = ("enabled", "enabled-runtime", "static", "alias", "indirect", "generated")
_RUNNING = ("active", "reloading", "activating")
_ASKED = (
    "Id,Names,LoadState,ActiveState,UnitFileState,ConditionResult,"
    "ConditionTimestampMonotonic,StateChangeTimestampMonotonic"
)


class Unit:
    """One unit as systemd sees it; `enabled` and `running` are True, or the word why not."""

    def __init__(self, told):
        state = told["UnitFileState"] or told["LoadState"]
        self.missing = told["LoadState"] == "not-found"
        self.enabled = True if state in _ENABLED else state
        self.running = True if told["ActiveState"] in _RUNNING else told["ActiveState"]
        decided = told["ConditionTimestampMonotonic"] not in ("", "0")
        if self.running == "inactive" and told["ConditionResult"] == "no" and decided:
            self.running = NOT_HERE
        # Seconds after the machine's start.
        self.since = int(told["StateChangeTimestampMonotonic"] or 0) / 1e6


def units(names):
    """The units of these names, in their order; raises `Unreadable`."""
    if not names:
        return []
    told = ask("systemctl", "show", "--property=" + _ASKED, *names)
    blocks = told.strip("\n").split("\n\n")
    if len(blocks) != len(names):
        raise Unreadable(f"systemctl told of {len(blocks)} units of {len(names)}")
    return [
        Unit(dict(line.partition("=")[::2] for line in block.splitlines()))
        for block in blocks
    ]
