"""What a valid inventory becomes."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from provisioner.errors import InventoryInvalid
from provisioner.inventory import load
from provisioner.inventory.definition.cluster import (
    DefaultsEntry,
    GuardsEntry,
    TenantEntry,
    WorkingWeekEntry,
)
from provisioner.model.cluster import (
    Defaults,
    GuardLimits,
    Tenant,
    WorkingWeek,
)
from provisioner.model.municipality import Person
from provisioner.shipped import sample_inventory

Writer = Callable[..., Path]


def test_the_sample_cluster_is_valid() -> None:
    cluster = load(sample_inventory())
    assert len(cluster.municipalities) >= 10
    assert sum(len(one.people) for one in cluster.municipalities) >= 600


def test_a_person_is_completed_from_the_municipality(written: Writer) -> None:
    rameh = load(written()).municipality("rameh")
    assert rameh.people[0] == Person(
        address="samir.khoury@rameh.example",
        display_name="سمير خوري",
        given_name="سمير",
        surname="خوري",
        employee_id="1001",
        department="إدارة",
        job_title="رئيس",
        role="head",
        license="SPB",
        language="ar",
        aliases=("samir@rameh.example",),
        state="active",
        line=2,
    )
    second, third = rameh.people[1:]
    assert (second.job_title, second.language) == ('מנכ"ל', "he")
    assert (third.state, third.line) == ("leaver", 4)
    assert str(rameh.place_of(third)) == (
        "inventory/municipalities/rameh/mailboxes.csv:4"
    )


def test_a_municipality_knows_its_files_and_the_line_of_its_domain(
    written: Writer,
) -> None:
    rameh = load(written()).municipality("rameh")
    assert rameh.file == "inventory/municipalities/rameh/municipality.yml"
    assert rameh.people_file == "inventory/municipalities/rameh/mailboxes.csv"
    assert rameh.domain_line == 5
    assert rameh.cbs_code == "0543"
    assert rameh.seats == {"EXCHANGESTANDARD": 4, "SPB": 1}
    assert rameh.cios == ("samir.khoury@rameh.example",)


def test_capital_letters_in_an_address_become_small(written: Writer) -> None:
    assert load(written()).municipality("yarka").people[0].address == (
        "yael.perets@yarka.example"
    )


def test_a_word_that_yaml_takes_for_a_boolean_stays_a_word(
    written: Writer, base: dict[str, str]
) -> None:
    text = base["cluster.yml"].replace("en: Cluster", "en: no")
    assert load(written({"cluster.yml": text})).names.en == "no"


def test_what_is_left_out_is_the_default_of_the_model(written: Writer) -> None:
    cluster = load(written())
    assert cluster.guards == GuardLimits()
    assert cluster.defaults == Defaults()
    assert cluster.tenants == (
        Tenant(
            name="galil",
            tenant_id="6f2b0000-0000-4000-8000-000000000001",
            client_id="6f2b0000-0000-4000-8000-000000000002",
            client_secret="env/GALIL_SECRET",
            certificate="",
            licenses=("EXCHANGESTANDARD", "SPB"),
        ),
    )


def test_what_is_given_replaces_the_default(
    written: Writer, base: dict[str, str]
) -> None:
    text = base["cluster.yml"] + (
        "guards: {removals_number: 3, removals_share: 0.5}\n"
        "defaults:\n"
        "  time_zone: Egypt Standard Time\n"
        "  locales: {ar: ar-EG}\n"
        "  working_week: {days: [monday], start: 07:30, end: 15:00}\n"
        "  secret_days: 3\n"
    )
    cluster = load(written({"cluster.yml": text}))
    assert cluster.guards == GuardLimits(removals_number=3, removals_share=0.5)
    assert cluster.defaults == Defaults(
        time_zone="Egypt Standard Time",
        locales={"he": "he-IL", "ar": "ar-EG", "en": "en-US"},
        working_week=WorkingWeek(("monday",), "07:30", "15:00"),
        secret_days=3,
    )


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        (TenantEntry, Tenant),
        (GuardsEntry, GuardLimits),
        (WorkingWeekEntry, WorkingWeek),
        (DefaultsEntry, Defaults),
    ],
)
def test_a_file_has_the_keys_and_defaults_of_its_value(
    entry: type, value: type[msgspec.Struct]
) -> None:
    fields = {one.name: one for one in msgspec.structs.fields(value)}
    assert entry.model_fields.keys() == fields.keys()  # type: ignore[attr-defined]
    for name, one in fields.items():
        default = entry.model_fields[name].default  # type: ignore[attr-defined]
        if isinstance(one.default, int | float | str | tuple) and one.default != "":
            assert default == one.default


def test_the_digest_changes_with_every_byte_and_is_the_same_again(
    written: Writer, base: dict[str, str]
) -> None:
    first = load(written()).digest
    assert len(first) == hashlib.sha256().digest_size * 2
    assert load(written()).digest == first
    people = "municipalities/yarka/mailboxes.csv"
    assert load(written({people: base[people] + "\n"})).digest != first


def test_a_relative_folder_bears_its_own_name_in_places(
    written: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(written())
    assert load(Path()).municipality("rameh").file.startswith("inventory/")


def test_the_collector_runs_again_after_a_load(written: Writer) -> None:
    assert gc.isenabled()
    load(written())
    assert gc.isenabled()
    with pytest.raises(InventoryInvalid):
        load(written({"cluster.yml": ""}))
    assert gc.isenabled()


def test_a_folder_that_is_not_there_is_one_fault_with_its_path(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    with pytest.raises(InventoryInvalid) as invalid:
        load(nowhere)
    (fault,) = invalid.value.faults
    assert str(fault).startswith(f"{nowhere}: The inventory's folder is not there.")
