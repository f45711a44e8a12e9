"""A fault plan: one YAML file that says how the tenants of a sandbox behave and fail.

Its schema is the models here; `docs/reference/faults.md` is made from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Struct
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from provisioner.errors import SandboxError
from provisioner.inventory.definition.words import Entry
from provisioner.inventory.documents import check, find_stains
from provisioner.inventory.encoding import decode
from provisioner.inventory.faults import Faults
from provisioner.inventory.yaml_tree import parse
from provisioner.sandbox.tenant.faults import Action, Edit, Rule
from provisioner.sandbox.tenant.seed import Conduct

_VALUES = {"true": True, "false": False}
_LARGEST = 1 << 20
ACTIONS: tuple[str, ...] = get_args(Action)


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        told = {
            "what": f"{value!r} is no regular expression ({error}).",
            "remedy": "Write for example ^/v1.0/users$.",
        }
        raise PydanticCustomError("bad-pattern", "{what}", told) from None
    return value


class EditEntry(Entry):
    """What another administrator does once a struck call is served."""

    method: str = "PATCH"
    """`POST`, `PATCH`, `PUT` or `DELETE`."""
    url: str = "/users/{user}"
    """Below `/v1.0`; `{user}` is the user of the struck call, else one the seed draws."""
    body: dict[str, Any] = Field(default_factory=lambda: dict(Edit().body))
    """What is sent; `true` and `false` are truth values, everything else is text."""


class FaultEntry(Entry):
    """One fault: which calls it strikes, and how."""

    action: Action
    """What happens to a call that is struck."""
    id: str = ""
    """Names the fault where it is listed or lifted; without one it gets a number."""
    method: str = ""
    """Only calls of this method; empty is any."""
    path: Annotated[str, AfterValidator(_pattern)] = ""
    """Only paths, with their `/v1.0`, in which this regular expression is found."""
    skip: Annotated[int, Field(ge=0)] = 0
    """So many fitting calls pass first."""
    count: Annotated[int, Field(ge=0)] | None = None
    """So many calls are struck at most; without it, all."""
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    """The share of fitting calls that is struck; the seed decides which."""
    seconds: Annotated[float, Field(ge=0)] = 0.0
    """How long `slow` and `slow_body` take, in real seconds."""
    retry_after: Annotated[float, Field(ge=0)] = 1.0
    """`Retry-After` of `throttle` and `unavailable`, in real seconds; 0 is without."""
    status: Annotated[int, Field(ge=500, le=599)] = 502
    """Status of `server_error_html`."""
    edit: EditEntry | None = None
    """What `second_administrator` does; without it, a job title is changed."""


class PlanEntry(Entry):
    """A fault plan."""

    seed: int = 1
    """Decides which replica answers, which call an improbable fault strikes, and whom."""
    quotas: bool | None = None
    """Throttle by the vendor's resource units and writes, inside `$batch` too."""
    replication_lag: Annotated[float, Field(ge=0)] | None = None
    """Seconds until every replica shows a write."""
    mailbox_delay: Annotated[float, Field(ge=0)] | None = None
    """Seconds from a licence to a mailbox."""
    licence_lag: Annotated[float, Field(ge=0)] | None = None
    """Seconds until an assigned licence shows in reads and in consumed units."""
    clock_scale: Annotated[float, Field(gt=0)] | None = None
    """Sandbox seconds per real second."""
    faults: list[FaultEntry] = Field(default_factory=list)
    """The faults; of those that fit a call the first strikes."""


class FaultPlan(Struct, frozen=True):
    """A plan that was read: its faults, and what it says of the tenants' conduct."""

    seed: int
    conduct: dict[str, Any]
    faults: tuple[Rule, ...]

    def over(self, conduct: Conduct) -> Conduct:
        """A conduct with what the plan says about it put in."""
        return msgspec.structs.replace(conduct, seed=self.seed, **self.conduct)


def read_plan(path: Path) -> FaultPlan:
    """The plan in a file; raises `SandboxError` that names every fault of the file."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise SandboxError(f"{path}: {error.strerror}.") from None
    if len(data) > _LARGEST:
        raise SandboxError(f"{path} is larger than a megabyte.")
    faults = Faults()
    text = decode(data, path.name, faults)
    document = None
    if text is not None:
        find_stains(text, path.name, faults)
        document = parse(text, path.name, faults)
    plan = check(document, PlanEntry, faults).entry if document is not None else None
    if plan is not None:
        _repeated(plan.faults, path.name, faults)
    if faults.count or plan is None:
        told = [str(one) for one in faults.kept(path.name)]
        raise SandboxError(
            f"The fault plan has {len(told)} fault(s):\n" + "\n".join(told),
            remedy="\nNothing was started. What may stand there: docs/reference/faults.md.",
        )
    return _read(plan)


def _repeated(entries: Iterable[FaultEntry], file: str, faults: Faults) -> None:
    """Two faults of one name could not be told apart where they are lifted."""
    from provisioner.model.place import Place

    seen: set[str] = set()
    for one in entries:
        if one.id and one.id in seen:
            what = f"Two faults have the id {one.id!r}."
            faults.add(Place(file), "duplicate-id", what, "Rename one of them.")
        seen.add(one.id)


def _read(plan: PlanEntry) -> FaultPlan:
    given = plan.model_dump(exclude={"seed", "faults"}, exclude_none=True)
    if "quotas" in given:
        given["enforce_quotas"] = given.pop("quotas")
    rules = (one.model_dump(exclude_none=True) for one in plan.faults)
    return FaultPlan(plan.seed, given, tuple(map(_rule, rules)))


def _rule(given: dict[str, Any]) -> Rule:
    edit = given.get("edit")
    if edit is not None:
        edit["body"] = {k: _VALUES.get(v, v) for k, v in edit["body"].items()}
    return msgspec.convert(given, Rule)
