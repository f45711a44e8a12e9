"""The program as somebody at a terminal meets it: colours, questions, answers typed."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys

from rehearsal import Ended, Rehearsal


def at_terminal(
    world: Rehearsal, *words: str, answers: str = "", **environment: str
) -> Ended:
    """Run `provisioner WORDS` at a terminal where `answers` were typed ahead.

    What is printed on either stream is in `out`.
    """
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "provisioner.cli", *words],
            cwd=world.folder,
            env=world.environment() | {"TERM": "xterm-256color"} | environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        os.write(ours, answers.encode())
        printed = b""
        # Linux answers with an error where the last reader of the other side has gone.
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 65536):
                printed += chunk
        code = process.wait(timeout=60)
    finally:
        os.close(ours)
    return Ended(code, printed.decode(errors="replace").replace("\r\n", "\n"), "")
