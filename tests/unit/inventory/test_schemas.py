"""Schemas and the reference page are those of the models, and hold for the sample."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from provisioner.inventory.reference import page
from provisioner.inventory.schemas import FOLDER, rendered, schemas
from provisioner.shipped import sample_inventory

ROOT = Path(__file__).parents[3]


def _validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(schemas()[name])


@pytest.mark.parametrize("path", rendered(), ids=lambda path: path.name)
def test_the_schema_files_are_fresh(path: Path) -> None:
    fresh = path.read_text(encoding="utf-8") == rendered()[path]
    assert fresh, "run: python -m provisioner.inventory.schemas"


def test_there_is_no_schema_file_without_a_model() -> None:
    assert set(FOLDER.glob("*.json")) == set(rendered())


def test_the_reference_page_is_fresh() -> None:
    written = (ROOT / "docs/reference/inventory.md").read_text(encoding="utf-8")
    fresh = written == page()
    assert fresh, "run: python -m provisioner.inventory.reference FILE"


def test_the_reference_page_is_written_by_its_module(tmp_path: Path) -> None:
    module = "provisioner.inventory.reference"
    target = tmp_path / "page.md"
    words = [sys.executable, "-W", "error", "-m", module, str(target)]
    subprocess.run(words, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert target.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("name", schemas())
def test_a_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas()[name])


def test_the_sample_fits_the_schemas() -> None:
    sample = sample_inventory()
    files = {sample / "cluster.yml": "cluster"}
    for path in sorted(sample.glob("municipalities/*/municipality.yml")):
        files[path] = "municipality"
    assert len(files) > 10
    for path, name in files.items():
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert not list(_validator(name).iter_errors(value)), path
    row_validator = _validator("mailboxes")
    for path in sample.glob("municipalities/*/mailboxes.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                assert row_validator.is_valid(row), (path, row)


def test_an_editor_refuses_what_the_load_refuses(base: dict[str, str]) -> None:
    value = yaml.safe_load(base["municipalities/yarka/municipality.yml"])
    validator = _validator("municipality")
    assert validator.is_valid(value)
    for wrong in (
        {"phone": "x"},
        {"names": {"he": "\u200f", "ar": "x", "en": "x"}},
        {"type": "village"},
        {"seats": {"SPB": -1}},
        {"language": "fr"},
    ):
        assert not validator.is_valid(value | wrong)
