"""The files of an installation name only what there is, and are what their readers take."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from provisioner.cli.main import app
from provisioner.service.metrics import exposition
from provisioner.store import open_store

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "docs" / "deploy"
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


def test_the_image_copies_what_there_is_and_starts_what_the_program_has() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    paths = [path for words in copied for path in words.split()]
    assert not [path for path in paths if not (ROOT / path).exists()]
    assert "." not in paths, "a checkout may hold a store and keys"
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    assert set(packed["build"]["targets"]["wheel"]["only-include"]) <= set(paths)
    lock = re.search(r"-r /src/(\S+)", text)
    assert lock is not None
    assert lock[1] in paths
    (volume,) = re.findall(r"^VOLUME (\S+)$", text, re.MULTILINE)
    assert f"install -d -o provisioner -g provisioner -m 700 {volume}" in text
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    (entry,) = re.findall(r'^ENTRYPOINT \["\S+/bin/(\S+)"\]$', text, re.MULTILINE)
    assert entry in scripts
    (given,) = re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)
    command = get_command(app)
    words = json.loads(given)
    with command.make_context(entry, words, resilient_parsing=True) as context:
        assert command.get_command(context, words[0]) is not None  # type: ignore[attr-defined]
    serve = command.commands[words[0]]  # type: ignore[attr-defined]
    options = {name: one for one in serve.params for name in one.opts}
    assert set(words[1::2]) <= set(options)
    (exposed,) = re.findall(r"^EXPOSE (\d+)$", text, re.MULTILINE)
    assert options["--port"].default == int(exposed)
    bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert len(bases) == 1, "what was built on one Python runs on the same"
    assert not re.findall(r"(?i)^(?:ENV|ARG) .*(?:secret|password|token)", text, re.M)
