"""Tenants of the sandbox are derived from the inventory."""

from __future__ import annotations

import pytest

from provisioner.errors import SandboxError
from provisioner.model.cluster import Cluster, Defaults, GuardLimits, Tenant
from provisioner.model.municipality import Municipality, Names
from provisioner.sandbox.seeding import domains_of, seeds_of

NAMES = Names("גליל", "الجليل", "Galilee")


def municipality(slug: str, tenant: str, seats: dict[str, int]) -> Municipality:
    return Municipality(
        slug=slug,
        names=NAMES,
        cbs_code="1",
        type="city",
        tenant=tenant,
        domain=f"{slug}.example",
        language="he",
        seats=seats,
        cios=(),
        people=(),
        file="",
        people_file="",
    )


def cluster(*licenses: str) -> Cluster:
    tenants = tuple(
        Tenant(
            name=name,
            tenant_id=f"tenant-{name}",
            client_id=f"client-{name}",
            client_secret="env/SECRET",
            certificate="",
            licenses=licenses,
        )
        for name in ("galil", "carmel")
    )
    members = (
        municipality("nof", "galil", {"EXCHANGESTANDARD": 30, "SPB": 3}),
        municipality("oren", "galil", {"EXCHANGESTANDARD": 11}),
        municipality("alon", "carmel", {"EXCHANGESTANDARD": 5}),
    )
    return Cluster("galil", NAMES, tenants, (), GuardLimits(), Defaults(), members)


def test_each_tenant_has_the_seats_of_its_municipalities_and_some_to_spare() -> None:
    galil, carmel = seeds_of(cluster("EXCHANGESTANDARD", "SPB"))
    bought = {one.part_number: one.enabled for one in galil.skus}
    assert bought == {"EXCHANGESTANDARD": 44, "SPB": 4}
    assert {one.part_number: one.enabled for one in carmel.skus} == {
        "EXCHANGESTANDARD": 6,
        "SPB": 0,
    }
    assert galil.initial_domain == "galil.onmicrosoft.example"
    assert galil.administrators == ("admin", "breakglass")


def test_secrets_are_made_anew_and_not_those_of_the_inventory() -> None:
    one, other = seeds_of(cluster("SPB"))
    assert one.client_secret != other.client_secret
    assert len(one.client_secret) >= 30
    assert one.client_secret not in repr(one)


def test_a_licence_the_sandbox_has_no_product_for_is_named() -> None:
    with pytest.raises(SandboxError, match="galil: the sandbox has no product MOON"):
        seeds_of(cluster("MOON"))


def test_every_domain_of_the_cluster_is_hosted() -> None:
    assert domains_of(cluster()) == ("nof.example", "oren.example", "alon.example")
