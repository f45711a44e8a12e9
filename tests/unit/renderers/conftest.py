"""Reports as runs leave them: Hebrew and Arabic names, every state, every misfortune."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct, yaml

from provisioner.model.change import Action, Change, Drift, FieldChange, Finding
from provisioner.model.drift_item import DriftItem, Life
from provisioner.model.municipality import Names
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.place import Place
from provisioner.model.plan import Plan, Refusal
from provisioner.model.report import Mode, MunicipalityReport, Report, TenantSeats
from provisioner.model.resource import Seats

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases" / "renderers"
BEGAN = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)
SKU = "EXCHANGESTANDARD"
SWITCHED_OFF = "no longer in the inventory: switched off, not deleted"

_PEOPLE = {
    "yael@rosh.example": ("יעל בן־דוד", "מנהלת אגף", "הנדסה"),
    "omar@rosh.example": ("عمر حدّاد", "مهندس", "الهندسة"),
    "noa@rosh.example": ("נועה כץ", "גזברית", "כספים"),
    "layla@wadi.example": ("ليلى خوري", "مديرة قسم", "التعليم"),
}


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a tracked file, or write that file with --update-golden."""
    update = request.config.getoption("--update-golden")

    def compare(file: Path, text: str) -> None:
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        assert file.is_file(), f"{file.name}: run pytest with --update-golden"
        assert text == file.read_bytes().decode(), f"{file.name} is stale"

    return compare


def change(
    name: str,
    action: Action,
    drift: Drift,
    *fields: FieldChange,
    municipality: str = "rosh",
    **more: Any,
) -> Change:
    """A change of a mailbox, or of what `more` says."""
    more = {"kind": "mailbox", "spec": None, "writes": 1} | more
    return Change(municipality, more.pop("kind"), name, action, drift, fields, **more)


def creation(name: str, municipality: str = "rosh") -> Change:
    """A mailbox that is to be made."""
    display_name, title, department = _PEOPLE.get(name, ("דנה לוי", "פקידה", "רווחה"))
    values = {
        "display_name": display_name,
        "job_title": title,
        "department": department,
        "enabled": True,
        "licenses": [SKU],
        "working_days": ["sunday", "monday"],
    }
    return change(
        name,
        Action.CREATE,
        Drift.PENDING,
        *(FieldChange(field, None, value) for field, value in values.items()),
        municipality=municipality,
        place=Place(f"inventory/municipalities/{municipality}/mailboxes.csv", 7),
        seats={SKU: 1},
        writes=3,
        reason="new in the inventory",
    )


class Case(Struct):
    """A municipality as `tests/cases/renderers/rosh.yml` describes it."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    proofs: tuple[Proof, ...]
    resolved: tuple[DriftItem, ...]


@lru_cache(maxsize=1)
def rosh() -> Case:
    """The municipality in which about everything has happened."""
    return yaml.decode((CASES / "rosh.yml").read_bytes(), type=Case)


def _wadi_plan() -> Plan:
    leavers = tuple(
        change(
            f"person{number}@wadi.example",
            Action.UPDATE,
            Drift.PENDING,
            FieldChange("enabled", True, False, True),
            municipality="wadi",
            object_id=f"w-{number}",
            reason=SWITCHED_OFF,
        )
        for number in range(12)
    )
    return Plan(
        "wadi",
        leavers,
        refusals=(
            Refusal(
                "removals",
                "wadi",
                "",
                "12 of 30 mailboxes (40%) would be switched off or deleted,"
                " more than 10%.",
                "Look at the plan; if it is meant, apply it with "
                "--checksum SUM --release removals.",
            ),
        ),
        managed={"domain": 1, "mailbox": 30},
        in_sync={"domain": 1, "mailbox": 18},
    )


def _tavor_plan() -> Plan:
    unread = "GET /users: 503 serviceNotAvailable after 5 tries."
    return Plan(
        "tavor",
        findings=(Finding("tavor", "mailbox", "", Drift.UNKNOWN, unread),),
        managed={"domain": 1, "mailbox": 20},
        in_sync={"domain": 1},
    )


def _quiet_plan() -> Plan:
    counts = {"domain": 1, "mailbox": 1204}
    return Plan("emek", managed=counts, in_sync=counts)


_AUTHOR: dict[str, Any] = {
    "who": "dana@rosh.example",
    "when": BEGAN - timedelta(hours=14),
    "activity": "Update user",
}


def drift_of(plan: Plan) -> tuple[DriftItem, ...]:
    """The drift items that the engine keeps of a plan."""
    lives = [Life.NEW, Life.PERSISTING, Life.ACKNOWLEDGED]
    changed = [
        DriftItem(
            one.municipality,
            one.kind,
            one.name,
            one.drift,
            one.fields if one.object_id else (),
            BEGAN - timedelta(days=number),
            BEGAN,
            lives[number % 3],
            one.reason,
            one.by_hand,
            **(_AUTHOR if one.drift is Drift.DRIFTED else {}),
        )
        for number, one in enumerate(plan.changes)
    ]
    found = [
        DriftItem(
            one.municipality,
            one.kind,
            one.name,
            one.drift,
            (),
            BEGAN,
            BEGAN,
            reason=one.reason,
        )
        for one in plan.findings
    ]
    return (*changed, *found)


_NAMES = {
    "rosh": Names(he="ראש הגליל", ar="رأس الجليل", en="Rosh HaGalil"),
    "wadi": Names(he="ואדי א־זיתון", ar="وادي الزيتون", en="Wadi az-Zaytun"),
    "tavor": Names(he="עמק תבור", ar="مرج طابور", en="Tavor Valley"),
    "emek": Names(he="עמק השקט", ar="وادي السكون", en="Quiet Valley"),
    "har": Names(he="הר הכרמל", ar="جبل الكرمل", en="Carmel Ridge"),
}


def _municipality(plan: Plan, **more: Any) -> MunicipalityReport:
    slug = plan.municipality
    return MunicipalityReport(
        slug, _NAMES[slug], f"{slug}.example", plan, "decade" * 10, **more
    )


def make_report(mode: Mode) -> Report:
    """A report of a cluster in which about everything has happened."""
    plans = (rosh().plan, _wadi_plan(), _tavor_plan(), _quiet_plan(), Plan("har"))
    more: dict[str, dict[str, Any]] = {one.municipality: {} for one in plans}
    more["har"]["error"] = "inventory/municipalities/har: nobody may read the tenant"
    if mode == "drift":
        for one in plans:
            more[one.municipality]["drift"] = drift_of(one)
        more["rosh"]["resolved"] = rosh().resolved
    if mode == "apply":
        more["rosh"] |= {
            "outcomes": rosh().outcomes,
            "proofs": rosh().proofs,
        }
    return Report(
        f"20260308-0630-{mode}",
        mode,
        Names(he="אשכול הגליל", ar="عنقود الجليل", en="Galilee Cluster"),
        "4f1c2d9e",
        BEGAN,
        BEGAN + timedelta(minutes=3),
        "facade" * 10,
        tuple(_municipality(one, **more[one.municipality]) for one in plans),
        (TenantSeats("shared", (Seats(SKU, 60, 58),)),),
        remarks=(
            "Who changed what in tenant wadi is not known: the permission"
            " AuditLog.Read.All would tell.",
        )
        if mode == "drift"
        else (),
    )


def make_quiet(mode: Mode) -> Report:
    """A report of a cluster in which everything is as it should be."""
    plan = _quiet_plan()
    name = Names(he="אשכול", ar="عنقود", en="Cluster")
    run = "20260308-0700-quiet"
    emek = (_municipality(plan),)
    return Report(run, mode, name, "", BEGAN, BEGAN, "facade" * 10, emek)


@lru_cache(maxsize=2)
def make_large(mode: Mode, municipalities: int, each: int) -> Report:
    """A report with many creations."""
    reports = []
    for number in range(municipalities):
        slug = f"town{number}"
        changes = tuple(
            creation(f"person{one}@{slug}.example", slug) for one in range(each)
        )
        plan = Plan(slug, changes, managed={"mailbox": each})
        names = Names(he=f"עיר {number}", ar=f"مدينة {number}", en=f"Town {number}")
        reports.append(
            MunicipalityReport(slug, names, f"{slug}.example", plan, "c" * 64)
        )
    name = Names(he="אשכול", ar="عنقود", en="Cluster")
    return Report("large", mode, name, "", BEGAN, BEGAN, "c" * 64, tuple(reports))


@pytest.fixture(scope="session", params=["plan", "apply", "drift"])
def report(request: pytest.FixtureRequest) -> Report:
    """The rich report in each mode."""
    return make_report(request.param)


@pytest.fixture(scope="session")
def reports() -> dict[str, Report]:
    """The rich reports by mode, and a quiet one."""
    modes: tuple[Mode, ...] = ("plan", "apply", "drift")
    return {mode: make_report(mode) for mode in modes} | {"quiet": make_quiet("plan")}


@pytest.fixture(scope="session")
def large() -> Callable[[Mode, int, int], Report]:
    """Reports of any size."""
    return make_large


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of the golden files."""
    return CASES


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT
