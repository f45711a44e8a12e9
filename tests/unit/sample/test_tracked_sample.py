"""The tracked sample cluster: fresh, large enough, and nobody's real data."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
import yaml

from provisioner import shipped
from provisioner.inventory import load
from provisioner.sandbox.sample import write_sample
from provisioner.sandbox.sample.jobs import ROLES

HEADER = (
    "address,display_name,given_name,surname,employee_id,department,job_title,role,"
    "license,language,aliases,state"
)

Row = dict[str, str]


@pytest.fixture(scope="module")
def tracked() -> dict[str, tuple[dict[str, object], list[Row]]]:
    found = {}
    for home in sorted((shipped.sample_inventory() / "municipalities").iterdir()):
        about = yaml.safe_load((home / "municipality.yml").read_text("utf-8"))
        with (home / "mailboxes.csv").open(encoding="utf-8", newline="") as file:
            found[home.name] = (about, list(csv.DictReader(file)))
    return found


def _files(folder: Path) -> dict[str, bytes]:
    names = [folder / "cluster.yml", *(folder / "municipalities").rglob("*")]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in names
        if path.is_file()
    }


def test_the_tracked_files_are_what_the_generator_writes_today(tmp_path: Path) -> None:
    write_sample(tmp_path)
    assert _files(shipped.sample_inventory()) == _files(tmp_path)


def test_there_are_twelve_municipalities_and_six_hundred_people(tracked) -> None:
    assert len(tracked) == 12
    assert sum(len(rows) for _, rows in tracked.values()) >= 600
    kinds = Counter(about["type"] for about, _ in tracked.values())
    assert kinds["regional_council"] == 2
    assert {about["language"] for about, _ in tracked.values()} == {"he", "ar"}


def test_every_name_stands_in_three_languages(tracked) -> None:
    for about, _ in tracked.values():
        assert set(about["names"]) == {"he", "ar", "en"}
        assert all(about["names"].values())


def test_domains_and_addresses_are_reserved_ones_and_ascii(tracked) -> None:
    for slug, (about, rows) in tracked.items():
        assert about["domain"] == f"{slug}.example"
        for row in rows:
            assert row["address"].isascii()
            assert row["address"].endswith(f"@{slug}.example")


def test_no_address_or_alias_is_given_twice(tracked) -> None:
    given = Counter(
        address
        for _, rows in tracked.values()
        for row in rows
        for address in [row["address"], *filter(None, row["aliases"].split(";"))]
    )
    assert [address for address, times in given.items() if times > 1] == []


def test_each_municipality_has_one_bearer_of_each_role_and_its_cio_named(
    tracked,
) -> None:
    for about, rows in tracked.values():
        bearers = {row["role"]: row["address"] for row in rows if row["role"]}
        assert Counter(row["role"] for row in rows if row["role"]) == Counter(
            list(ROLES)
        )
        assert about["cios"] == [bearers["cio"]]


def test_seats_cover_the_people_with_a_slack_of_a_few(tracked) -> None:
    for about, rows in tracked.values():
        needed = Counter(row["license"] for row in rows if row["state"] != "leaver")
        slack = {sku: seats - needed[sku] for sku, seats in about["seats"].items()}
        assert all(1 <= free <= 5 for free in slack.values()), slack


def test_the_sample_shows_what_a_real_list_has(tracked) -> None:
    rows = [row for _, people in tracked.values() for row in people]
    assert sum(row["state"] == "leaver" for row in rows) >= 3
    assert sum(bool(row["aliases"]) for row in rows) >= 30
    assert any(row["language"] for row in rows)
    namesakes = Counter((row["display_name"], row["address"][-12:]) for row in rows)
    assert max(namesakes.values()) == 2


def test_the_csv_header_is_the_agreed_one() -> None:
    path = shipped.sample_inventory() / "municipalities" / "karmiel" / "mailboxes.csv"
    assert path.read_text("utf-8").splitlines()[0] == HEADER


def test_the_city_of_its_own_has_a_tenant_of_its_own(tracked) -> None:
    tenants = Counter(about["tenant"] for about, _ in tracked.values())
    assert tenants == {"galil": 11, "nahariya": 1}


def test_the_loader_finds_no_fault_in_it() -> None:
    cluster = load(shipped.sample_inventory())
    assert sum(len(one.people) for one in cluster.municipalities) == 640
