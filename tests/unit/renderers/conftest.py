"""Reports as runs leave them: Hebrew and Arabic names, every state, every misfortune."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from provisioner.model.change import Action, Change, Drift, FieldChange, Finding
from provisioner.model.drift_item import DriftItem, Life
from provisioner.model.municipality import Names
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.place import Place
from provisioner.model.plan import Plan, Refusal, total_checksum
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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write golden files anew."
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a tracked file, or write that file with --update-golden."""
    update = request.config.getoption("--update-golden", default=False)

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


def _rosh_changes() -> tuple[Change, ...]:
    mx = "0 rosh-example.mail.example"
    return (
        change(
            "rosh.example",
            Action.UPDATE,
            Drift.DRIFTED,
            FieldChange("mx", ["10 old.example"], [mx], [mx], Drift.DRIFTED),
            kind="domain",
            writes=0,
            by_hand=(
                f"rosh.example. 3600 IN MX {mx}.",
                'rosh.example. 3600 IN TXT "v=spf1 include:spf.mail.example -all"',
            ),
            reason="only DNS differs: a person enters the records",
        ),
        creation("yael@rosh.example"),
        change(
            "omar@rosh.example",
            Action.UPDATE,
            Drift.DRIFTED,
            FieldChange("job_title", "Boss", "مهندس", "مهندس", Drift.DRIFTED),
            FieldChange("licenses", [], [SKU], [SKU], Drift.DRIFTED),
            object_id="u-2",
            seats={SKU: 1},
            writes=2,
            reason="2 field(s) differ",
        ),
        change(
            "noa@rosh.example",
            Action.UPDATE,
            Drift.CONFLICT,
            FieldChange("department", "לשכה", "כספים", "הנדסה", Drift.CONFLICT),
            FieldChange("given_name", "Noa", "נועה", "Noa", Drift.PENDING),
            object_id="u-3",
            reason="2 field(s) differ",
        ),
        change(
            "gadi@rosh.example",
            Action.RESTORE,
            Drift.MISSING,
            FieldChange("enabled", False, True, True, Drift.DRIFTED),
            object_id="u-4",
            seats={SKU: 1},
            reason="deleted, and still in the recycle bin",
        ),
        change(
            "miri@rosh.example",
            Action.UPDATE,
            Drift.PENDING,
            FieldChange("enabled", True, False, True),
            object_id="u-5",
            reason=SWITCHED_OFF,
        ),
        change(
            "head@rosh.example",
            Action.ADOPT,
            Drift.UNMANAGED,
            FieldChange("display_name", "Head", "ראש המועצה"),
            object_id="u-6",
            reason="exists in the tenant and bears no mark of ours",
        ),
    )


def _rosh_plan() -> Plan:
    return Plan(
        "rosh",
        _rosh_changes(),
        findings=(
            Finding(
                "rosh",
                "mailbox",
                "stranger@rosh.example",
                Drift.UNMANAGED,
                "is in the municipality's domain and nobody declared it",
                "u-9",
                {"display_name": "Stranger", "enabled": True},
            ),
        ),
        refusals=(
            Refusal(
                "unmanaged",
                "rosh",
                "rosh/mailbox/head@rosh.example",
                "head@rosh.example exists and bears no mark of ours.",
                "If it is this person's, run: provisioner adopt"
                " rosh/mailbox/head@rosh.example",
            ),
            Refusal(
                "seats",
                "rosh",
                "rosh/mailbox/yael@rosh.example",
                f"yael@rosh.example waits for a seat of {SKU}: this run needs 3,"
                " 2 of 60 are free.",
                f"Buy 1 seat(s) of {SKU}, or free some.",
                waits=True,
            ),
        ),
        managed={"domain": 1, "mailbox": 48},
        in_sync={"mailbox": 43},
    )


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


def _resolved() -> tuple[DriftItem, ...]:
    return (
        DriftItem(
            "rosh",
            "mailbox",
            "tal@rosh.example",
            Drift.DRIFTED,
            (FieldChange("surname", "Cohen", "כהן", "כהן", Drift.DRIFTED),),
            BEGAN - timedelta(days=3),
            BEGAN,
            Life.RESOLVED,
        ),
    )


def _outcomes() -> tuple[Outcome, ...]:
    def ended(name: str, action: Action, status: Status, **more: Any) -> Outcome:
        return Outcome("rosh", "mailbox", name, action, status, **more)

    return (
        ended(
            "yael@rosh.example",
            Action.CREATE,
            Status.WAITING,
            reason=f"waiting for a seat: {SKU} has 60 seats and 60 are taken",
            transient=True,
            next_look=BEGAN + timedelta(hours=1),
        ),
        ended("omar@rosh.example", Action.UPDATE, Status.DONE, secret_id="s-1"),
        ended(
            "noa@rosh.example",
            Action.UPDATE,
            Status.FAILED,
            reason="updating the user: 400 Request_BadRequest on department",
        ),
        ended("gadi@rosh.example", Action.RESTORE, Status.DONE),
        ended(
            "miri@rosh.example",
            Action.UPDATE,
            Status.SKIPPED,
            reason="waits for domain rosh.example: the mailbox is not there yet",
        ),
        ended(
            "head@rosh.example",
            Action.ADOPT,
            Status.REFUSED,
            reason="head@rosh.example exists and bears no mark of ours.",
        ),
    )


def _proofs() -> tuple[Proof, ...]:
    held = Check("user exists", holds=True)
    broken = Check("licence assigned", holds=False, detail="no licence")
    at = BEGAN + timedelta(minutes=2)
    return (
        Proof("rosh", "mailbox", "omar@rosh.example", at, (held,)),
        Proof("rosh", "mailbox", "gadi@rosh.example", at, (held, broken)),
    )


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
        slug, _NAMES[slug], f"{slug}.example", plan, plan.checksum, **more
    )


def make_report(mode: Mode) -> Report:
    """A report of a cluster in which about everything has happened."""
    plans = (_rosh_plan(), _wadi_plan(), _tavor_plan(), _quiet_plan(), Plan("har"))
    more: dict[str, dict[str, Any]] = {one.municipality: {} for one in plans}
    more["har"]["error"] = "inventory/municipalities/har: nobody may read the tenant"
    if mode == "drift":
        for one in plans:
            more[one.municipality]["drift"] = drift_of(one)
        more["rosh"]["resolved"] = _resolved()
    if mode == "apply":
        more["rosh"] |= {"outcomes": _outcomes(), "proofs": _proofs()}
    return Report(
        f"20260308-0630-{mode}",
        mode,
        Names(he="אשכול הגליל", ar="عنقود الجليل", en="Galilee Cluster"),
        "4f1c2d9e",
        BEGAN,
        BEGAN + timedelta(minutes=3),
        total_checksum(plans),
        tuple(_municipality(one, **more[one.municipality]) for one in plans),
        (TenantSeats("shared", (Seats(SKU, 60, 58),)),),
    )


def make_quiet(mode: Mode) -> Report:
    """A report of a cluster in which everything is as it should be."""
    plan = _quiet_plan()
    name = Names(he="אשכול", ar="عنقود", en="Cluster")
    checksum = total_checksum([plan])
    run = "20260308-0700-quiet"
    emek = (_municipality(plan),)
    return Report(run, mode, name, "", BEGAN, BEGAN, checksum, emek)


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
