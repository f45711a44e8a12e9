"""The program that backs up, looks and drills on a host, and the units that start it."""

from __future__ import annotations

from provisioner.kinds.host.render import render
from provisioner.model.host_state import Directory, File

PROGRAM = "/usr/local/sbin/provisioner-backup"
_LIBRARY = "/usr/local/lib/provisioner"
_MODULES = ("restic", "job", "keep", "drill", "scratch")
STATE = "/var/lib/provisioner"
CONFIGURATION = "/etc/provisioner"

FOLDERS = (
    Directory(_LIBRARY),
    Directory(CONFIGURATION),
    Directory(STATE),
)


def program() -> tuple[File, ...]:
    """Its files, the same on every host."""
    modules = (
        File(f"{_LIBRARY}/backup_{one}.py", render(f"backup/backup_{one}.py"))
        for one in _MODULES
    )
    return (File(PROGRAM, render("backup/provisioner-backup.py"), "0755"), *modules)


def units(name: str, service: str, what: str, at: str) -> tuple[File, File]:
    """A service and the timer that starts it each day at `HH:MM`."""
    home = "/etc/systemd/system"
    timer = render("backup/daily.timer.j2", what=what, at=at)
    return (
        File(f"{home}/{name}.service", service),
        File(f"{home}/{name}.timer", timer),
    )
