"""What every queue does; `in_process` and `procrastinate` are two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Execute = Callable[[str], None]
"""Claims the run of this id and makes it, or finds that somebody else has it."""


class Queue(Protocol):
    """Tells one worker of the runs of its zones."""

    def serve(self, execute: Execute) -> None:
        """Call `execute` for each run that is ready, a few at once, until `stop`.

        Urgent runs first. What `execute` raises is logged, and the queue goes on. Returns
        when every call has returned.
        """
        ...

    def nudge(self) -> None:
        """Something may be ready now; from any thread."""
        ...

    def stop(self) -> None:
        """Tell of nothing more; from any thread, also before `serve`."""
        ...
