"""The sandbox's day: whole days that its clock is ahead of the real one.

Who rehearses what happens after thirty days moves the sandbox's clock on, and the program
counts its own days by it. Parts of a day are left out, so that a clock that merely runs
faster moves no report into the future.
"""

from __future__ import annotations

import time
from datetime import timedelta

import httpx

from provisioner.errors import SandboxError
from provisioner.sandbox.state import SandboxState

_DAY = 86400.0
# The two clocks are not read at one moment.
_NEARLY = 60.0


def days_ahead(state: SandboxState) -> timedelta:
    """How many whole days the sandbox is ahead; raises `SandboxError` when it is mute."""
    try:
        answer = httpx.get(
            f"{state.admin_url}/clock",
            headers={"X-Sandbox-Key": state.admin_key},
            timeout=10,
            trust_env=False,
        )
        there = float(answer.raise_for_status().json()["now"])
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise SandboxError(
            f"The sandbox does not tell its time: {error}.",
            remedy="Look at it with: provisioner sandbox status.",
        ) from error
    ahead = there - time.time() + _NEARLY
    return timedelta(days=max(0, int(ahead // _DAY)))
