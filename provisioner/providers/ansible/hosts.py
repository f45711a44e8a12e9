"""All hosts of a run: observed at once, and made as wanted at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    TransientProviderError,
    WritingStopped,
)
from provisioner.model.host_state import SECRET, digest
from provisioner.providers.ansible.reach import Reach
from provisioner.providers.ansible.run import Event, play

HostState = Mapping[str, Sequence[Mapping[str, Any]]]
_OBSERVE_SECONDS = 180.0
_APPLY_SECONDS = 1800.0
_TOLD = 6  # failures of a host, in its error


class HostSeen(Struct, frozen=True):
    """What the observing module told of one host; `left` are former files still there."""

    facts: dict[str, Any]
    texts: dict[str, str]
    undeclared: dict[str, str]
    left: tuple[str, ...] = ()


class Authority(Struct, frozen=True):
    """Who signs certificates of hosts: paths on this machine, PEM both."""

    certificate: str
    key: str


class Hosts:
    """The hosts that this machine reaches, by name. Not bound to an event loop.

    `may_write` is asked before anything is changed, and raises `WritingStopped` where the
    run was stopped or has lost its lease.
    """

    def __init__(
        self,
        reaches: Mapping[str, Reach],
        authority: Authority | None = None,
        may_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._reaches = dict(reaches)
        self._authority = authority
        self._may_write = may_write

    def keep_to(self, names: Set[str]) -> None:
        """Forget the way to every other host: they are another worker's."""
        self._reaches = {
            name: self._reaches[name] for name in names & self._reaches.keys()
        }

    async def observe(
        self,
        states: Mapping[str, HostState],
        former: Mapping[str, Sequence[str]] | None = None,
    ) -> dict[str, HostSeen | ProviderError]:
        """Each host compared with its state in one task; an error stands for unknown.

        `former` are files that an earlier state of the host had. Changes nothing.
        """
        paths = {name: list((former or {}).get(name, ())) for name in states}
        given = {
            name: {"observed": _without_contents(state), "former": paths[name]}
            for name, state in states.items()
        }
        ended = await self._play("observe-hosts.yml", given, _OBSERVE_SECONDS)
        return {name: ended.seen(name, paths[name]) for name in states}

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
        given = {name: {"state": state, **authority} for name, state in states.items()}
        ended = await self._play("converge-hosts.yml", given, _APPLY_SECONDS)
        return {name: ended.failure(name) for name in states}

    async def _play(
        self, playbook: str, given: Mapping[str, Mapping[str, Any]], timeout: float
    ) -> _Ended:
        ended = _Ended()
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

    def __init__(self) -> None:
        self.errors: dict[str, ProviderError] = {}
        self._failed: dict[str, dict[str, list[str]]] = {}
        self._seen: dict[str, HostSeen] = {}
        self._reached: set[str] = set()
        self._whole = False
        self._status = "not run"

    def take(self, event: Event) -> None:
        res = event.res
        if event.event == "runner_on_unreachable":
            self.errors[event.host] = TransientProviderError(
                f"The host cannot be reached: {_message(event)}", target=event.host
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

    def seen(self, host: str, former: Sequence[str]) -> HostSeen | ProviderError:
        if error := self._error(host):
            return error
        seen = self._seen.get(host)
        if seen is None:
            return self._nothing(host)
        left = (one for one in former if seen.facts.get(f"file {one} content"))
        return msgspec.structs.replace(seen, left=tuple(left))

    def failure(self, host: str) -> ProviderError | None:
        if error := self._error(host):
            return error
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
        why = "" if self._whole else f" (the run's status: {self._status})"
        return TransientProviderError(
            f"Ansible told nothing of this host{why}.", target=host
        )


def _message(event: Event) -> str:
    text = str(event.res.get("msg") or event.res.get("reason") or "no message")
    item = f" ({event.res['item']})" if "item" in event.res else ""
    return " ".join(text.split()) + item


def _without_contents(state: HostState) -> str:
    """The state as the module needs it: no content leaves this machine to be compared.

    As JSON in one string: Ansible would take seconds to mark every string of it.
    """
    files = [
        {
            **{key: value for key, value in one.items() if key != "content"},
            "digest": digest(one["content"]),
            "secret": SECRET in one["content"],
        }
        for one in state["files"]
    ]
    return msgspec.json.encode({**state, "files": files}).decode()
