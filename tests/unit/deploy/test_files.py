"""The files of an installation name only what there is, and are what their readers take."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.service.metrics import exposition
from provisioner.store import open_store

DEPLOY = Path(__file__).parents[3] / "docs" / "deploy"
UNITS = ("provisioner.service", "provisioner-worker@.service")
METRIC = re.compile(r"provisioner_[a-z_]+")


@pytest.fixture
def metrics(tmp_path: Path) -> set[str]:
    """The names that the service tells of an empty store."""
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        page = exposition(store, lambda: 0)().decode()
    return set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE))


def alerts() -> list[dict[str, Any]]:
    told = yaml.safe_load((DEPLOY / "prometheus-alerts.yml").read_text())
    return [rule for group in told["groups"] for rule in group["rules"]]


def test_every_alert_names_a_metric_that_is_told(metrics: set[str]) -> None:
    for rule in alerts():
        named = set(METRIC.findall(rule["expr"]))
        assert named, rule["alert"]
        assert not named - metrics, rule["alert"]
        assert rule["annotations"].keys() == {"summary", "remedy"}
        assert rule["labels"]["severity"] in ("critical", "warning", "info")


def test_the_dashboard_shows_every_metric_and_no_other(metrics: set[str]) -> None:
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    shown = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in METRIC.findall(target["expr"])
    }
    assert shown == metrics
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd here")
    text = (DEPLOY / unit).read_text()
    # The program, its user and its folder are not on the machine that tests.
    text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text)
    text = re.sub(r"^(User|Group|WorkingDirectory)=.*\n", "", text, flags=re.MULTILINE)
    copy = tmp_path / unit
    copy.write_text(text)
    ended = subprocess.run(
        [verify, "verify", "--man=no", copy],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in ended.stderr.splitlines() if unit in line]
    assert not ours


def test_the_units_differ_only_in_what_they_run() -> None:
    serve, worker = ((DEPLOY / unit).read_text().splitlines() for unit in UNITS)
    assert len(serve) == len(worker)
    differ = [(a, b) for a, b in zip(serve, worker, strict=True) if a != b]
    assert len(differ) == 3
