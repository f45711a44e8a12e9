"""Faults on demand: rules that say which calls go wrong, how, and how often."""

from __future__ import annotations

import random
import re
from typing import Any, Literal

from msgspec import Struct, field

Action = Literal[
    "throttle",
    "unavailable",
    "unavailable_after_commit",
    "server_error_html",
    "cut",
    "slow",
    "slow_body",
    "empty_page",
    "duplicate_page",
    "truncated",
    "expired_delta",
    "expired_token",
    "claims_challenge",
    "concurrency",
    "forbidden",
    "take_seat",
    "second_administrator",
    "poisoned_link",
]


class Edit(Struct, frozen=True, forbid_unknown_fields=True):
    """What another administrator does behind our back, as a call of Graph.

    `{user}` in `url` is the user of the struck call, by id or name in its path or made by
    it, else one that the seed draws.
    """

    method: str = "PATCH"
    url: str = "/users/{user}"
    body: dict[str, Any] = field(
        default_factory=lambda: {"jobTitle": "Changed by another administrator"}
    )


class Rule(Struct, kw_only=True, omit_defaults=False, forbid_unknown_fields=True):
    """One fault. It strikes calls whose method and path fit, inside `$batch` too.

    `method` empty means any; `path` is a regular expression searched in the path with
    its `/v1.0`; the first `skip` fitting calls pass, then `count` are struck (none: all)
    with `probability`. `seconds` is how long `slow` and `slow_body` take, in real
    seconds; `retry_after` goes out with throttle and unavailable, in real seconds (0:
    without); `status` is that of server_error_html; `edit` is what second_administrator
    does once the struck call is served. `hits` counts the strikes, `draws` the calls that
    `probability` decided on.
    """

    id: str = ""
    action: Action
    method: str = ""
    path: str = ""
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    seconds: float = 0.0
    retry_after: float = 1.0
    status: int = 502
    edit: Edit = Edit()
    hits: int = 0
    draws: int = 0


class Faults:
    """The rules in force, in the order in which they were added.

    What `seed` decides hangs on the rule and on how many calls fitted it before, never on
    other rules or other calls: the same calls are struck in every rehearsal.
    """

    def __init__(self, seed: int) -> None:
        self.rules: list[Rule] = []
        self.seed = seed
        self._added = 0

    def add(self, rule: Rule) -> Rule:
        """Put a rule in force; raises `re.error` for a faulty path."""
        re.compile(rule.path)
        self._added += 1
        rule.id = rule.id or f"fault-{self._added}"
        self.rules.append(rule)
        return rule

    def remove(self, identifier: str | None = None) -> int:
        """Lift one rule, or all; how many were lifted."""
        before = len(self.rules)
        self.rules = [
            rule
            for rule in self.rules
            if identifier is not None and rule.id != identifier
        ]
        return before - len(self.rules)

    def strike(self, method: str, path: str) -> Rule | None:
        """The rule that strikes this call, if one does."""
        for rule in self.rules:
            if rule.method and rule.method.upper() != method:
                continue
            if rule.count is not None and rule.hits >= rule.count:
                continue
            if not re.search(rule.path, path):
                continue
            if rule.skip > 0:
                rule.skip -= 1
                continue
            if rule.probability < 1.0 and not self._drawn(rule):
                continue
            rule.hits += 1
            return rule
        return None

    def _drawn(self, rule: Rule) -> bool:
        rule.draws += 1
        return self.chance(rule, rule.draws).random() < rule.probability

    def chance(self, rule: Rule, turn: int) -> random.Random:
        """The chance of one turn of a rule: the same in every rehearsal of this seed."""
        return random.Random(f"{self.seed}/{rule.id}/{turn}")  # noqa: S311
