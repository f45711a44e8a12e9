"""Reports as the engine keeps them, so that they can be rendered again later."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from provisioner.errors import ReportUnavailable
from provisioner.model.report import MunicipalityReport, Report
from provisioner.renderers.written import write_whole

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")
_SUFFIX = ".msgpack"
_REMEDY = "Make one with: provisioner plan, apply or drift."


def save(report: Report, folder: Path) -> Path:
    """Keep a report as `<run id>.msgpack`; what was desired (`spec`) is not kept.

    Raises `ValueError` for a run id that is no plain file name.
    """
    if not _RUN_ID.fullmatch(report.run_id):
        raise ValueError(f"{report.run_id!r} cannot name a file.")
    municipalities = tuple(_without_specs(one) for one in report.municipalities)
    kept = msgspec.structs.replace(report, municipalities=municipalities)
    target = folder / f"{report.run_id}{_SUFFIX}"
    write_whole(target, msgspec.msgpack.encode(kept))
    return target


def load(folder: Path, run_id: str | None = None) -> Report:
    """The report of a run, or the one saved last.

    Raises `ReportUnavailable` when there is none, or when its file cannot be read.
    """
    source = _last(folder) if run_id is None else _of(folder, run_id)
    try:
        return msgspec.msgpack.decode(source.read_bytes(), type=Report)
    except (msgspec.MsgspecError, OSError) as error:
        raise ReportUnavailable(
            f"{source}: cannot be read as a report: {error}."
        ) from None


def _last(folder: Path) -> Path:
    found = list(folder.glob(f"[!.]*{_SUFFIX}"))
    if not found:
        raise ReportUnavailable(f"{folder}: no report was saved yet.", remedy=_REMEDY)
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def _of(folder: Path, run_id: str) -> Path:
    source = folder / f"{run_id}{_SUFFIX}"
    if not _RUN_ID.fullmatch(run_id) or not source.is_file():
        raise ReportUnavailable(
            f"There is no report of run {run_id!r}.", remedy=_REMEDY
        )
    return source


def _without_specs(one: MunicipalityReport) -> MunicipalityReport:
    changes = tuple(
        msgspec.structs.replace(change, spec=None) for change in one.changes
    )
    plan = msgspec.structs.replace(one.plan, changes=changes)
    return msgspec.structs.replace(one, plan=plan)
