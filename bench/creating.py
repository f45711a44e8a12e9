"""Creating mailboxes to the proof: how many calls, and how near the quota's own time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.row import Figure, Measure, Sizes
from bench.world import world
from provisioner.sandbox.tenant.quota import WRITE_WINDOW, WRITES
from provisioner.sandbox.tenant.seed import Conduct

_MUNICIPALITIES = 5
_APPLY = ("apply", "--yes", "--json", "--kind", "domain", "--kind", "mailbox")
_PER_BATCH = 20


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    yield _calls(sizes.created, folder / "calls")
    for people in sizes.created_under_quota:
        yield _under_quota(people, folder / f"quota-{people}")


def _calls(people: int, folder: Path) -> Figure:
    """Every HTTP call of the apply: domains, polls and proofs included."""
    with world(folder, municipalities=_MUNICIPALITIES, people=people) as one:
        one.forget_requests()
        ended = one.provisioner(*_APPLY)
        requests = one.requests()
    return Figure(
        f"create_{people}_calls",
        requests.total,
        limit=5 * people / _PER_BATCH + 60,
        unit="calls",
        detail=f"in {ended.seconds:.1f} s: {requests}",
    )


def _under_quota(people: int, folder: Path) -> Figure:
    """Wall of the apply over the time the tenant's own bucket of writes dictates.

    The bucket starts full and is refilled all the while: what it holds at once costs no
    time, the rest comes at its rate. The apply must end with nothing undone.
    """
    conduct = Conduct(enforce_quotas=True)
    with world(
        folder, municipalities=_MUNICIPALITIES, people=people, conduct=conduct
    ) as one:
        one.forget_requests()
        ended = one.provisioner(*_APPLY)
        requests = one.requests()
    dictated = (requests.writes - WRITES) / (WRITES / WRITE_WINDOW)
    return Figure(
        f"create_{people}_under_write_quota",
        ended.seconds / dictated,
        limit=1.15,
        detail=f"{ended.seconds:.1f} s over {dictated:.1f} s for {requests.writes} writes",
    )


MEASURE = Measure("create", "creating mailboxes to the proof: calls, and quota", run)
