"""All hosts of a run: observed at once, and made as wanted at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    TransientProviderError,
    WritingStopped,
)
from provisioner.providers.ansible.reach import Reach
from provisioner.providers.ansible.run import Event, play
from provisioner.providers.ansible.secrets import Resolve, comparable, filled_state
from provisioner.providers.ansible.unreachable import why
from provisioner.settings import resolve_secret

HostState = Mapping[str, Sequence[Mapping[str, Any]]]
Questions = Mapping[str, Sequence[str]]
_OBSERVE_SECONDS = 180.0
_APPLY_SECONDS = 1800.0
_ASK_SECONDS = 4 * 3600.0
_TOLD = 6  # failures of a host, in its error


class HostSeen(Struct, frozen=True):
    """What the observing module told of one host.

    `left` are former files that are still there; `untold` files that could not be
    compared, by path, with why.
    """

    facts: dict[str, Any]
    texts: dict[str, str]
    undeclared: dict[str, str]
    left: tuple[str, ...] = ()
    untold: dict[str, str] = {}


class Authority(Struct, frozen=True):
    """Who signs certificates of hosts: paths on this machine, PEM both."""

    certificate: str
    key: str


class Hosts:
    """The hosts that this machine reaches, by name. Not bound to an event loop.

    `may_write` is asked before anything is changed, and raises `WritingStopped` where the
    run was stopped or has lost its lease. `resolve` gives the secret of a reference.
    """

    def __init__(
        self,
        reaches: Mapping[str, Reach],
        authority: Authority | None = None,
        may_write: Callable[[], None] = lambda: None,
        resolve: Resolve = resolve_secret,
    ) -> None:
        self._reaches = dict(reaches)
        self._kept: Set[str] | None = None
        self._resolve = resolve
        self._authority = authority
        self._may_write = may_write

    def keep_to(self, names: Set[str]) -> None:
        """Forget the way to every other host: they are another worker's."""
        self._kept = names
        self._reaches = {
            name: self._reaches[name] for name in names & self._reaches.keys()
        }

    def is_elsewhere(self, name: str) -> bool:
        """Whether a host is another worker's: what is not seen from here tells nothing."""
        return self._kept is not None and name not in self._kept

    async def observe(
        self,
        states: Mapping[str, HostState],
        former: Mapping[str, Mapping[str, str]] | None = None,
    ) -> dict[str, HostSeen | ProviderError]:
        """Each host compared with its state in one task; an error stands for unknown.

        `former` are files that an earlier state of the host had, by path: "", or for one
        with secrets the word to tell instead of its digest. Changes nothing.
        """
        key = secrets.token_hex(32)
        given: dict[str, dict[str, Any]] = {}
        untold = {}
        for name, state in states.items():
            observed, untold[name] = comparable(state, self._resolve, key)
            # One string: Ansible would take seconds to mark every string of it.
            given[name] = {
                "observed": msgspec.json.encode(observed).decode(),
                "former": dict((former or {}).get(name, {})),
                "key": key,
            }
        ended = await self._play("observe-hosts.yml", given, _OBSERVE_SECONDS)
        return {
            name: ended.seen(name, given[name]["former"], untold[name])
            for name in states
        }

    async def ask(
        self, questions: Mapping[str, Questions], *, writes: bool = False
    ) -> dict[str, dict[str, Any] | ProviderError]:
        """What programs on hosts answer, by host and by the name of the question.

        Each answer is `{"answer": JSON}`, or `{"error": why}` where there was none; an
        error stands for a whole host. `writes`: they change something.
        """
        if writes:
            try:
                self._may_write()
            except WritingStopped as stopped:
                return dict.fromkeys(questions, stopped)
        given = {name: {"questions": dict(some)} for name, some in questions.items()}
        ended = await self._play("ask-hosts.yml", given, _ASK_SECONDS)
        told = {name: ended.seen(name) for name in questions}
        return {
            name: one.facts if isinstance(one, HostSeen) else one
            for name, one in told.items()
        }

    async def apply(
        self, states: Mapping[str, HostState]
    ) -> dict[str, ProviderError | None]:
        """Make each host as its state says; None where nothing failed.

        A state may be a part: only what is in it is looked at. One host's failure leaves
        the others alone.
        """
        try:
            self._may_write()
        except WritingStopped as stopped:
            return dict.fromkeys(states, stopped)
        authority = {}
        if self._authority is not None:
            authority = {"authority": msgspec.to_builtins(self._authority)}
        given, lacking = {}, {}
        for name, state in states.items():
            whole, lacking[name] = filled_state(state, self._resolve)
            given[name] = {"state": whole, **authority}
        ended = await self._play("converge-hosts.yml", given, _APPLY_SECONDS)
        return {name: ended.failure(name, lacking[name]) for name in states}

    async def _play(
        self, playbook: str, given: Mapping[str, Mapping[str, Any]], timeout: float
    ) -> _Ended:
        ended = _Ended(self._reaches)
        reached = {name: one for name, one in given.items() if name in self._reaches}
        for name in given.keys() - reached.keys():
            ended.errors[name] = PermanentProviderError(
                "No way to this host is known here.", target=name
            )
        if not reached:
            return ended
        try:
            async for event in play(playbook, self._reaches, reached, timeout=timeout):
                ended.take(event)
        except ProviderError as error:
            for name in reached:
                ended.errors.setdefault(name, error)
        return ended


class _Ended:
    """The verdict of a run, from its events and its statistics and never its code."""

    def __init__(self, reaches: Mapping[str, Reach]) -> None:
        self._reaches = reaches
        self.errors: dict[str, ProviderError] = {}
        self._failed: dict[str, dict[str, list[str]]] = {}
        self._seen: dict[str, HostSeen] = {}
        self._reached: set[str] = set()
        self._whole = False
        self._status = "not run"

    def take(self, event: Event) -> None:
        res = event.res
        if event.event == "runner_on_unreachable":
            reason = why(_message(event), self._reaches.get(event.host))
            self.errors[event.host] = TransientProviderError(
                f"The host cannot be reached: {reason}", target=event.host
            )
        elif event.event in ("runner_on_failed", "runner_item_on_failed"):
            failed = self._failed.setdefault(event.host, {})
            # A loop tells of its items, and then that some of them failed.
            if event.event == "runner_item_on_failed" or event.task not in failed:
                failed.setdefault(event.task, []).append(_message(event))
        elif event.event == "runner_on_ok" and "facts" in res:
            self._seen[event.host] = HostSeen(
                res["facts"], res.get("texts", {}), res.get("undeclared", {})
            )
        elif event.event == "playbook_on_stats":
            self._whole = True
            bad = {*res["dark"], *res["failures"]}
            self._reached = {host for host in res["ok"] if host not in bad}
        elif event.event == "ended":
            self._status = event.status

    def seen(
        self,
        host: str,
        former: Iterable[str] = (),
        untold: Mapping[str, str] | None = None,
    ) -> HostSeen | ProviderError:
        if error := self._error(host):
            return error
        seen = self._seen.get(host)
        if seen is None:
            return self._nothing(host)
        left = (one for one in former if seen.facts.get(f"file {one} content"))
        return msgspec.structs.replace(
            seen, left=tuple(left), untold=dict(untold or {})
        )

    def failure(self, host: str, lacking: Sequence[str] = ()) -> ProviderError | None:
        if error := self._error(host):
            return error
        if lacking:
            return PermanentProviderError(" ".join(lacking), target=host)
        return None if host in self._reached else self._nothing(host)

    def _error(self, host: str) -> ProviderError | None:
        failed = self._failed.get(host)
        if host in self.errors or not failed:
            return self.errors.get(host)
        every = [f"{task}: {one}" for task, some in failed.items() for one in some]
        # The last one only says that there were others.
        told = every[: max(1, min(_TOLD, len(every) - 1))]
        return PermanentProviderError("; ".join(told), target=host)

    def _nothing(self, host: str) -> ProviderError:
        status = "" if self._whole else f" (the run's status: {self._status})"
        return TransientProviderError(
            f"Ansible told nothing of this host{status}.", target=host
        )


def _message(event: Event) -> str:
    text = str(event.res.get("msg") or event.res.get("reason") or "no message")
    item = f" ({event.res['item']})" if "item" in event.res else ""
    return " ".join(text.split()) + item
