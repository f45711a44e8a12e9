"""What each inner answer of a batch means: a reply now, or another try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Raw, Struct

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    TransientProviderError,
)
from provisioner.providers.graph.calls import Call, Reply
from provisioner.providers.graph.chains import Attempt, Chain
from provisioner.providers.graph.faults import fault

_DEPENDENCY_FAILED = 424


class InnerAnswer(Struct, frozen=True):
    """One entry of `responses`; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: Raw


@dataclass
class Verdict:
    """What one request brought: replies, what goes again, and what went wrong."""

    replies: list[Reply] = field(default_factory=list)
    again: list[Chain] = field(default_factory=list)
    reasons: list[tuple[TransientProviderError, Attempt]] = field(default_factory=list)


def judge(
    chunk: list[Chain], answers: Mapping[str, InnerAnswer], lost: TransientProviderError
) -> Verdict:
    """Decide on every call of `chunk`; `lost` is the fault of the unanswered ones."""
    verdict = Verdict()
    for chain in chunk:
        _ChainJudge(verdict, answers, lost).decide(chain)
    return verdict


class _ChainJudge:
    def __init__(
        self,
        verdict: Verdict,
        answers: Mapping[str, InnerAnswer],
        lost: TransientProviderError,
    ) -> None:
        self._verdict = verdict
        self._answers = answers
        self._lost = lost
        self._failed: dict[str, ProviderError] = {}
        self._again: Chain = []

    def decide(self, chain: Chain) -> None:
        for attempt in chain:
            self._decide_one(attempt)
        if self._again:
            self._verdict.again.append(self._again)

    def _decide_one(self, attempt: Attempt) -> None:
        call = attempt.call
        answer = self._answers.get(call.id)
        if answer is not None and answer.status < 400:
            self._verdict.replies.append(Reply(call.id, answer.status, answer.body))
            return
        parents = [name for name in call.depends_on if name in self._failed]
        if parents:
            self._fail(call, _unattempted(call, self._failed[parents[0]]))
        elif self._waits_for_parent(call):
            self._again.append(attempt)
        else:
            self._try_again_or_fail(attempt, self._error(call, answer))

    def _waits_for_parent(self, call: Call) -> bool:
        return any(one.call.id in call.depends_on for one in self._again)

    def _error(self, call: Call, answer: InnerAnswer | None) -> ProviderError:
        if answer is None:
            return self._lost
        where = f"{call.method} {call.url.partition('?')[0]}"
        if answer.status == _DEPENDENCY_FAILED:
            return TransientProviderError(f"{where}: not attempted.", status=424)
        return fault(where, answer.status, answer.headers, answer.body)

    def _try_again_or_fail(self, attempt: Attempt, error: ProviderError) -> None:
        call = attempt.call
        if not isinstance(error, TransientProviderError):
            self._fail(call, _seen_twice(attempt, error))
            return
        self._verdict.reasons.append((error, attempt))
        if attempt.patience.lost(error) or (error.ambiguous and call.creates):
            self._fail(call, error)
        else:
            attempt.doubtful |= error.ambiguous
            self._again.append(attempt)

    def _fail(self, call: Call, error: ProviderError) -> None:
        self._failed[call.id] = error
        self._verdict.replies.append(Reply(call.id, error.status or 0, error=error))


def _seen_twice(attempt: Attempt, error: ProviderError) -> ProviderError:
    """A restore refused after a try of unknown fate may have been done by that."""
    if attempt.doubtful and attempt.call.action == "restore" and error.status == 404:
        return TransientProviderError(
            f"{error.message} An earlier try may have restored it.",
            status=error.status,
            code=error.code,
            ambiguous=True,
        )
    return error


def _unattempted(call: Call, why: ProviderError) -> ProviderError:
    message = (
        f"{call.method} {call.url.partition('?')[0]}: not attempted; {why.message}"
    )
    if isinstance(why, TransientProviderError):
        return TransientProviderError(message, status=_DEPENDENCY_FAILED)
    return PermanentProviderError(message, status=_DEPENDENCY_FAILED)
