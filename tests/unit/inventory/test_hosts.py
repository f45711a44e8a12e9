"""Hosts, servers, websites and backups as the loaded inventory has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from provisioner.inventory import load
from provisioner.inventory.definition.host_words import (
    AbsolutePath,
    AccountName,
    HostName,
    NetAddress,
    PublicKey,
)
from provisioner.sandbox.sample import write_sample
from provisioner.sandbox.sample.machines import public_key


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    folder = tmp_path / "inventory"
    write_sample(folder, municipalities=3, people=40)
    return folder


def test_the_sample_has_three_hosts_each_with_a_server(sample: Path) -> None:
    cluster = load(sample)
    assert [one.name for one in cluster.hosts] == ["web-1", "backup-1", "manage-1"]
    own = [one.host for one in cluster.servers]
    theirs = [one.host for town in cluster.municipalities for one in town.servers]
    assert own + theirs == ["web-1", "backup-1", "manage-1"]


def test_an_entry_knows_its_line_and_its_owner(sample: Path) -> None:
    town = load(sample).municipality("sakhnin")
    (site,) = town.websites
    text = (sample / "municipalities" / "sakhnin" / "municipality.yml").read_text()
    assert text.splitlines()[site.line - 1].strip() == "- name: learning"
    assert site.language == "ar"
    assert site.accessibility.email == "access@sakhnin.example"


def test_what_nobody_wrote_has_its_default(sample: Path) -> None:
    job = load(sample).municipality("karmiel").backups[0]
    assert (job.at, job.keep.days, job.recovery_point) == ("02:00", 14, 26)
    server = load(sample).servers[0]
    assert (server.time_zone, server.reboot_at) == ("Asia/Jerusalem", "")


def test_a_key_loses_its_comment() -> None:
    key = public_key("dana")
    assert TypeAdapter(PublicKey).validate_python(f"{key} dana@home") == key


@pytest.mark.parametrize("word", [HostName, NetAddress, AccountName, AbsolutePath])
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200)
@given(text=st.text(alphabet="-ab/.:{}% ;$'\n,=@_0", min_size=1, max_size=12))
def test_no_word_of_hosts_is_an_option_or_a_template(word: object, text: str) -> None:
    try:
        kept = TypeAdapter[str](word).validate_python(text)
    except ValidationError:
        return
    assert not kept.startswith("-")
    assert not set(kept) & set("{}% ;$'\n,=")
    assert "/.." not in kept


def test_a_host_names_nothing_that_ansible_would_take_for_its_own(
    base: dict[str, str], written: Callable[..., Path]
) -> None:
    """Connection words are models' fields: no key of a file becomes a variable."""
    from provisioner.errors import InventoryInvalid

    hosts = (
        "zones:\n  - {name: galil, key: file/k}\nhosts:\n  - {name: web-1, zone: galil,"
        f" address: 10.0.0.1, host_keys: [{public_key('a')}], ansible_connection: local}}\n"
    )
    folder = written({"cluster.yml": base["cluster.yml"] + hosts})
    with pytest.raises(InventoryInvalid) as caught:
        load(folder)
    assert [fault.code for fault in caught.value.faults] == ["unknown-key"]  # type: ignore[attr-defined]
