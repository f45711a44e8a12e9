"""Which calls of a batch must travel together, and how they are cut into requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from provisioner.providers.graph.calls import Call
from provisioner.providers.graph.limiter import Patience

BATCH_SIZE = 20


@dataclass
class Attempt:
    """A call on its way; `doubtful` once an earlier try may have been carried out."""

    call: Call
    patience: Patience = field(default_factory=Patience)
    doubtful: bool = False


Chain = list[Attempt]


def chained(calls: Iterable[Call]) -> list[Chain]:
    """The calls in chains: a call stands in one chain with all it depends on.

    Raises `ValueError` for an id given twice, a dependency on a call that does not come
    earlier, and a chain that does not fit into one request.
    """
    chain_of: dict[str, Chain] = {}
    chains: dict[int, Chain] = {}
    for call in calls:
        if call.id in chain_of:
            raise ValueError(f"The batch has two calls with the id {call.id!r}.")
        chain: Chain = []
        for parent in call.depends_on:
            if parent not in chain_of:
                raise ValueError(f"{call.id!r} depends on {parent!r}, not seen before.")
            if chain_of[parent] is not chain:
                chain = _joined(chain_of[parent], chain, chain_of, chains)
        chain.append(Attempt(call))
        if len(chain) > BATCH_SIZE:
            raise ValueError(f"More than {BATCH_SIZE} calls depend on each other.")
        chain_of[call.id] = chain
        chains[id(chain)] = chain
    return list(chains.values())


def _joined(
    first: Chain, second: Chain, chain_of: dict[str, Chain], chains: dict[int, Chain]
) -> Chain:
    chains.pop(id(second), None)
    for attempt in second:
        chain_of[attempt.call.id] = first
    first.extend(second)
    return first


def take(pending: deque[Chain], most_writes: int) -> list[Chain]:
    """The next chains that fit into one request; at least one."""
    taken: list[Chain] = []
    calls = writes = 0
    while pending:
        calls += len(pending[0])
        writes += sum(attempt.call.writes for attempt in pending[0])
        if taken and (calls > BATCH_SIZE or writes > most_writes):
            break
        taken.append(pending.popleft())
    return taken
