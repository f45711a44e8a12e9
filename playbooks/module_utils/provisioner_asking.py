"""Asking a host: commands whose failure is never taken for an empty answer."""

from __future__ import annotations

import os
import stat
import subprocess

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class Unreadable(Exception):
    """A command that tells what is there did not work: nothing is known."""


def ask(*command, accept=(0,), given="", timeout=60):
    """What a command prints, `given` this; one that fails is no empty answer."""
    try:
        ended = subprocess.run(
            command,
            input=given.encode(),
            capture_output=True,
            env={"PATH": PATH, "LC_ALL": "C"},
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreadable(f"{command[0]}: {error}") from error
    if ended.returncode not in accept:
        said = ended.stderr.decode("utf-8", "replace").strip()
        raise Unreadable(f"{command[0]} ended with {ended.returncode}: {said}")
    return ended.stdout.decode("utf-8", "replace")


def status_of(path):
    """What lies at a path itself, None for nothing."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def what_else(status):
    """The word for what stands where something else shall be."""
    for word, holds in (
        ("a symbolic link", stat.S_ISLNK),
        ("a folder", stat.S_ISDIR),
        ("a file", stat.S_ISREG),
    ):
        if holds(status.st_mode):
            return word
    return "a special file"
