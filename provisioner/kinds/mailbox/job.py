"""One mailbox on its way through an apply: what it still needs and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from provisioner.errors import ProviderError, TransientProviderError
from provisioner.kinds.mailbox.handover import is_step
from provisioner.kinds.mailbox.leavers import SIGNED_IN
from provisioner.kinds.mailbox.spec import DIRECTORY_FIELDS, SETTINGS_FIELDS
from provisioner.model.change import Action, Change
from provisioner.model.outcome import Outcome, Status


@dataclass
class Job:
    """A change being made; `user_id` is "" until the user exists.

    `held` are the SKU ids that a restored user came back with.
    """

    change: Change
    user_id: str
    fields: frozenset[str]
    fresh: bool = False
    secret_id: str = ""
    held: frozenset[str] = frozenset()
    outcome: Outcome | None = field(default=None)

    @classmethod
    def of(cls, change: Change) -> Job:
        names = frozenset(one.field for one in change.fields)
        return cls(change, change.object_id, names)

    @property
    def key(self) -> str:
        return self.change.key

    @property
    def directory_fields(self) -> set[str]:
        return {name for name in self.fields if name in DIRECTORY_FIELDS}

    @property
    def needs_account(self) -> bool:
        return not self.user_id

    @property
    def needs_licenses(self) -> bool:
        wanted = bool(getattr(self.change.spec, "licenses", ()))
        return "licenses" in self.fields or (self.restores and wanted)

    @property
    def restores(self) -> bool:
        return self.change.action is Action.RESTORE

    @property
    def signs_out(self) -> bool:
        return SIGNED_IN in self.fields

    @property
    def hands_over(self) -> frozenset[str]:
        """Steps to be taken in Exchange, not those to be undone."""
        return frozenset(
            one.field for one in self.change.fields if is_step(one.field) and one.after
        )

    @property
    def deletes(self) -> bool:
        return self.change.action is Action.DELETE

    @property
    def comes_back(self) -> bool:
        """True where the mailbox has to come alive again before it answers."""
        return self.restores or {"enabled", "licenses"} <= self.fields

    @property
    def needs_settings(self) -> bool:
        """True where the mailbox must answer before this change has ended."""
        spec = self.change.spec
        if spec is None or not getattr(spec, "enabled", False):
            return False
        if not getattr(spec, "licenses", ()):
            return False
        if not self.change.object_id or self.comes_back:
            return True
        return bool(self.fields & set(SETTINGS_FIELDS))

    @property
    def open(self) -> bool:
        return self.outcome is None

    def done(self) -> None:
        self._end(Status.DONE)

    def wait(self, reason: str, next_look: datetime | None = None) -> None:
        self._end(Status.WAITING, reason, transient=True, next_look=next_look)

    def fail(self, error: ProviderError, doing: str) -> None:
        """End as failed; what may pass by itself is marked transient."""
        transient = isinstance(error, TransientProviderError)
        self._end(Status.FAILED, f"{doing}: {error}", transient=transient)

    def fail_for_good(self, reason: str) -> None:
        self._end(Status.FAILED, reason)

    def _end(
        self,
        status: Status,
        reason: str = "",
        *,
        transient: bool = False,
        next_look: datetime | None = None,
    ) -> None:
        one = self.change
        self.outcome = Outcome(
            one.municipality,
            one.kind,
            one.name,
            one.action,
            status,
            reason,
            transient,
            next_look,
            self.user_id,
            self.secret_id,
        )


def later(now: datetime, minutes: float) -> datetime:
    """When to look again, in UTC."""
    return now + timedelta(minutes=minutes)
