"""The generator of made-up clusters, small and large."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from provisioner.inventory import load
from provisioner.sandbox.sample import write_large, write_sample


def _people(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for path in sorted(folder.glob("municipalities/*/mailboxes.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += csv.DictReader(file)
    return found


def _bytes(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    tmp_path: Path,
) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        write_sample(tmp_path / name, municipalities=2, people=60, seed=seed)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "again")
    assert _bytes(tmp_path / "one") != _bytes(tmp_path / "other")


def test_a_small_sample_names_only_the_tenants_it_uses(tmp_path: Path) -> None:
    write_sample(tmp_path, municipalities=1, people=11)
    cluster = yaml.safe_load((tmp_path / "cluster.yml").read_text("utf-8"))
    assert [tenant["name"] for tenant in cluster["tenants"]] == ["galil"]


def test_a_large_cluster_has_the_asked_number_of_active_people(tmp_path: Path) -> None:
    write_large(tmp_path, municipalities=25, people=10_000)
    people = _people(tmp_path)
    assert len(people) == 10_000
    assert len({row["address"] for row in people}) == 10_000
    assert {row["state"] for row in people} == {""}


def test_a_crowded_town_still_gives_each_person_an_address(tmp_path: Path) -> None:
    write_large(tmp_path, municipalities=1, people=4_000)
    assert len({row["address"] for row in _people(tmp_path)}) == 4_000


def test_too_few_people_for_the_roles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot bear 11 roles"):
        write_sample(tmp_path, municipalities=2, people=21)


def test_more_places_than_the_sample_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="use write_large"):
        write_sample(tmp_path, municipalities=13)


def test_times_of_day_are_strings_to_every_reader(tmp_path: Path) -> None:
    write_sample(tmp_path, municipalities=1, people=11)
    text = (tmp_path / "cluster.yml").read_text("utf-8")
    assert 'start: "08:00"' in text
    assert 'end: "16:00"' in text


def test_the_loader_finds_no_fault_in_a_large_cluster(tmp_path: Path) -> None:
    write_large(tmp_path, municipalities=5, people=8_000)
    cluster = load(tmp_path)
    assert sum(len(one.people) for one in cluster.municipalities) == 8_000
