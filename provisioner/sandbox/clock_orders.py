"""Moving the clock of a running sandbox on."""

from __future__ import annotations

import re

from provisioner.errors import SandboxError
from provisioner.sandbox.outsider import order
from provisioner.sandbox.state import SandboxState

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
# The clock only goes on, and stays within the years that dates can tell.
_LONGEST = 10 * 366 * 86400.0


def seconds_of(duration: str) -> float:
    """Seconds of `90s`, `15m`, `2h`, `30d`, `1w` or `1d12h`; raises `SandboxError`."""
    text = duration.strip().lower()
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise SandboxError(
            f"{duration!r} is no duration.",
            remedy="Write a number and a unit, as in 90s, 15m, 2h, 30d, 1w or 1d12h.",
        )
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not 0 < seconds <= _LONGEST:
        raise SandboxError(
            f"The clock cannot go on by {duration}.",
            remedy="Move it on by more than nothing and by ten years at most.",
        )
    return seconds


def advance(state: SandboxState, seconds: float) -> str:
    """Move the clock on and settle every tenant; the sandbox's time then, in UTC."""
    return str(order(state, "POST", "clock", {"advance": seconds})["time"])
