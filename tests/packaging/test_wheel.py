"""What the wheel carries, and that it works where there is no checkout."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import provisioner

pytestmark = pytest.mark.packaging

ROOT = Path(__file__).parents[2]
SHIPPED = ("templates", "playbooks", "inventory")
NOT_SHIPPED = re.compile(r"__pycache__|\.pyc$|(^|/)(tests|bench|var|\.ci|\.git)/")


@pytest.fixture(scope="module")
def carried(wheel: Path) -> frozenset[str]:
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


def tracked(*folders: str) -> list[str]:
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--", *folders],
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]


def test_every_file_of_the_package_is_carried(carried: frozenset[str]) -> None:
    assert not set(tracked("provisioner")) - carried


def test_templates_playbooks_and_the_sample_cluster_are_carried(
    carried: frozenset[str],
) -> None:
    wanted = {f"provisioner/_shipped/{name}" for name in tracked(*SHIPPED)}
    assert not wanted - carried
    assert "provisioner/_shipped/inventory/cluster.yml" in wanted


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"_shipped/templates/.+\.html", id="report templates"),
        pytest.param(
            r"_shipped/templates/.*locale/.+\.(po|mo|yml|json)", id="catalogues"
        ),
        pytest.param(r"inventory/schemas/.+\.json", id="inventory schemas"),
        pytest.param(r"sandbox/graph-schema\.json", id="the vendor's schema"),
        pytest.param(r"store/migrations/versions/.+\.py", id="migrations"),
        pytest.param(r"dist-info/licenses/LICENSE", id="the licence"),
        pytest.param(r"provisioner/py\.typed", id="the mark of types"),
    ],
)
def test_what_is_read_at_run_time_is_carried(
    pattern: str, carried: frozenset[str]
) -> None:
    assert [name for name in carried if re.search(pattern, name)]


def test_nothing_else_is_carried(carried: frozenset[str]) -> None:
    assert not [name for name in carried if NOT_SHIPPED.search(name)]
    assert {name.partition("/")[0].partition("-")[0] for name in carried} == {
        "provisioner"
    }


def test_the_lock_satisfies_what_the_wheel_requires(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(one for one in archive.namelist() if one.endswith("/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    requirements = [Requirement(one) for one in metadata.get_all("Requires-Dist", [])]
    pins = _pins(ROOT / ".ci" / "runtime.lock")
    unmet = [
        str(one)
        for one in requirements
        if one.marker is None
        and not any(
            one.specifier.contains(version) for version in pins.get(one.name, [])
        )
    ]
    assert len(requirements) > 10
    assert not unmet


def _pins(lock: Path) -> dict[str, list[Version]]:
    pins: dict[str, list[Version]] = {}
    text = lock.read_text(encoding="utf-8")
    for name, version in re.findall(r"^([a-z0-9._-]+)[^=\n]*==([^\s;]+)", text, re.M):
        pins.setdefault(name, []).append(Version(version))
    return pins


def test_the_installed_program_is_the_wheel(
    elsewhere: Path, stranger: dict[str, str], tmp_path: Path
) -> None:
    said = _run(elsewhere, stranger, tmp_path, "python", "-c", WHERE)
    assert Path(said.stdout.strip()).is_relative_to(elsewhere.parent)


WHERE = "import provisioner.shipped as s; print(s.sample_inventory())"


def test_the_installed_program_tells_its_version_and_helps(
    elsewhere: Path, stranger: dict[str, str], tmp_path: Path
) -> None:
    version = _run(elsewhere, stranger, tmp_path, "provisioner", "--version")
    assert provisioner.__version__ in version.stdout
    usage = _run(elsewhere, stranger, tmp_path, "provisioner", "--help")
    assert "plan" in usage.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_plans_the_shipped_cluster_in_the_sandbox(
    elsewhere: Path, stranger: dict[str, str], tmp_path: Path
) -> None:
    program = "provisioner"
    up = _run(elsewhere, stranger, tmp_path, program, "sandbox", "up", "--detach")
    try:
        assert up.returncode == 0, up.stderr
        plan = _run(
            elsewhere, stranger, tmp_path, program, "--sandbox", "plan", "--json"
        )
        assert plan.returncode == 2, plan.stdout + plan.stderr
        report = json.loads(plan.stdout)
        assert len(report["municipalities"]) >= 10
    finally:
        down = _run(
            elsewhere, stranger, tmp_path, program, "sandbox", "down", "--purge"
        )
    assert down.returncode == 0, down.stderr
    assert {one.name for one in tmp_path.iterdir()} == {"var"}


def _run(
    bin_folder: Path, environment: dict[str, str], folder: Path, *command: str
) -> subprocess.CompletedProcess[str]:
    program, *rest = command
    return subprocess.run(
        [bin_folder / program, *rest],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_supported_pythons_are_those_of_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == ">=3.11,<3.14"
    named = re.findall(r"3\.\d\d", "".join(project["project"]["classifiers"]))
    assert named == ["3.11", "3.12", "3.13"]
