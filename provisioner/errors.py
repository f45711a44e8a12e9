"""Every error provisioner raises; the docstring of a class is its default message.

ProvisionerError
├── InventoryInvalid            the files are wrong; carries every fault
├── SettingsInvalid             a setting or a secret reference cannot be used
├── PlanChanged                 the approved checksum is not that of the plan made now
├── RunInProgress               another run holds the municipality
├── RunStopped                  somebody asked the run to stop
├── StoreError
│   ├── StoreBusy               locked by another process for too long
│   ├── StoreFull               the disk under the store is full
│   └── AuditBroken             the hash chain of the audit does not hold
├── SecretUnavailable           unknown, spent or expired one-time secret
├── ReportUnavailable           no such report was saved, or it cannot be read
├── PdfUnavailable              this machine lacks the libraries that draw text
├── RequestError                a request of a municipality
│   ├── RequestUnknown          there is none, or it is another municipality's
│   ├── RequestStale            somebody else was faster
│   ├── RequestRefused          not from this state, or not by this person
│   ├── RequestInvalid          what it asks for is wrong; carries every fault
│   └── RecordingHeld           it cannot come into the inventory now; carries the cause
├── AcknowledgementRefused      nothing is in danger there, or the word about it is wrong
├── UploadRefused               a file of people that is not read at all
├── SandboxError                the sandbox cannot be started, found or stopped
└── ProviderError               the outside world did not do what was asked
    ├── TransientProviderError  may succeed when tried again
    │   └── Throttled           asked to wait; carries seconds
    └── PermanentProviderError  will fail again unless a person changes something
        ├── ForeignHost         a link leads to a host that must not get our token
        └── WritingStopped      not sent: the run was stopped or has lost its lease
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ProvisionerError(Exception):
    """provisioner cannot go on; run the command with --help to see what it expects."""

    def __init__(self, message: str | None = None, *, remedy: str = "") -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.remedy = remedy
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()


class InventoryInvalid(ProvisionerError):
    """The inventory has faults; nothing was changed anywhere."""

    def __init__(self, faults: Sequence[object]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            f"The inventory has {len(self.faults)} fault(s); nothing was changed."
        )


class SettingsInvalid(ProvisionerError):
    """A setting or a secret reference cannot be used."""


class PlanChanged(ProvisionerError):
    """The plan is not the one that was approved; make a new plan and approve it."""


class RunInProgress(ProvisionerError):
    """Another run holds this municipality; wait for it or stop it."""


class RunStopped(ProvisionerError):
    """The run was stopped; changes in hand were finished, run it again to go on."""


class StoreError(ProvisionerError):
    """The store cannot be read or written."""


class StoreBusy(StoreError):
    """The store is locked by another process; try again when that run has ended."""


class StoreFull(StoreError):
    """The disk under the store is full; free some space and run again."""


class AuditBroken(StoreError):
    """The audit's hash chain does not hold: a row was changed, added or removed."""


class SecretUnavailable(ProvisionerError):
    """This one-time secret does not exist, was already read, or has expired."""


class ReportUnavailable(ProvisionerError):
    """No such report was saved, or it cannot be read."""


class PdfUnavailable(ProvisionerError):
    """This machine cannot make PDF files: a library that draws text is missing."""

    def __init__(self) -> None:
        super().__init__(remedy="Install it: apt-get install libpangoft2-1.0-0.")


class RequestError(ProvisionerError):
    """Something is wrong with a request."""


class RequestUnknown(RequestError):
    """There is no such request."""


class RequestStale(RequestError):
    """The request has changed since you looked at it; look again."""


class RequestRefused(RequestError):
    """That cannot be done with this request."""


class RequestInvalid(RequestError):
    """What the request asks for is wrong; nothing was sent."""

    def __init__(self, faults: Sequence[object]) -> None:
        self.faults = tuple(faults)
        what = f"What the request asks for has {len(self.faults)} fault(s)."
        super().__init__(what, remedy=str(self.faults[0]) if self.faults else "")


class RecordingHeld(RequestError):
    """The request cannot be written into the inventory now; it stays approved.

    `cause` is a word to tell them apart by: `dirty`, `detached`, `merging`, `behind`,
    `busy`, `conflict`, `taken`, `seat`, `invalid`, `full`, `sample`, `unwritable`.
    """

    def __init__(self, cause: str, message: str, *, remedy: str = "") -> None:
        self.cause = cause
        super().__init__(message, remedy=remedy)


class AcknowledgementRefused(ProvisionerError):
    """No backup is in danger under that key."""


class UploadRefused(ProvisionerError):
    """The file cannot be read as a list of people."""


class SandboxError(ProvisionerError):
    """The sandbox cannot be used; start it with: provisioner sandbox up --detach."""


class ProviderError(ProvisionerError):
    """The outside world did not do what was asked."""

    def __init__(
        self,
        message: str | None = None,
        *,
        remedy: str = "",
        status: int | None = None,
        code: str = "",
        target: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.code = code
        self.target = target


class TransientProviderError(ProviderError):
    """The provider failed in a way that may pass; the next run tries again.

    `retry_after` is how many seconds the provider asked to wait, if it did. `ambiguous`
    is true where the request may have been carried out although it was not answered:
    read back before sending a create again.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        remedy: str = "",
        status: int | None = None,
        code: str = "",
        target: str = "",
        retry_after: float | None = None,
        ambiguous: bool = False,
    ) -> None:
        super().__init__(
            message, remedy=remedy, status=status, code=code, target=target
        )
        self.retry_after = retry_after
        self.ambiguous = ambiguous


class Throttled(TransientProviderError):
    """The provider asked to wait before the next call."""

    def __init__(
        self, message: str | None = None, *, seconds: float = 1.0, code: str = ""
    ) -> None:
        super().__init__(message, status=429, code=code, retry_after=seconds)
        self.seconds = seconds


class PermanentProviderError(ProviderError):
    """The provider refused; it will refuse again until a person changes something."""


class ForeignHost(PermanentProviderError):
    """A link leads to another host; it was not followed and no token was sent."""


class WritingStopped(PermanentProviderError):
    """Not sent: the run was stopped, or has lost its lease to another one."""
