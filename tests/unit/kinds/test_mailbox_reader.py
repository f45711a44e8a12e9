"""Whose is a user? By our mark first, then by its domain; never by a mark of others."""

from __future__ import annotations

import pytest

from provisioner.kinds.mailbox.observe import Reader, sort_deleted, sort_present
from provisioner.model.cluster import Tenant
from provisioner.model.municipality import Municipality, Names
from provisioner.providers.graph.wire import ExtensionAttributes, User


def municipality(slug: str) -> Municipality:
    return Municipality(
        slug=slug,
        names=Names(slug, slug, slug),
        cbs_code="1",
        type="city",
        tenant="galil",
        domain=f"{slug}.example",
        language="he",
        seats={},
        cios=(),
        people=(),
        file="",
        people_file="",
    )


@pytest.fixture
def reader() -> Reader:
    """Rameh is in the scope; sakhnin is of the cluster and outside it."""
    tenant = Tenant(
        "galil", "t", "c", "env/X", "", ("SPB",), protected=("Boss@Rameh.example",)
    )
    everyone = frozenset({"rameh", "sakhnin"})
    return Reader(
        tenant, [municipality("rameh")], everyone, [], {"id-admin": "Reader"}, {}
    )


def user(address: str, mark: str = "", **fields: object) -> User:
    attributes = ExtensionAttributes(extensionAttribute15=mark) if mark else None
    given = {"id": f"id-{address.partition('@')[0]}"} | fields
    return User(
        user_principal_name=address,
        on_premises_extension_attributes=attributes,
        **given,  # type: ignore[arg-type]
    )


def names(reader: Reader, *users: User) -> dict[str, str]:
    found = sort_present(reader, users)
    return {name: one.mark for name, one in found.get("rameh", {}).items()}


def test_our_mark_names_the_resource_whatever_the_address(reader: Reader) -> None:
    mark = "provisioner:rameh:old@rameh.example"
    assert names(reader, user("new@rameh.example", mark)) == {"old@rameh.example": mark}


def test_a_mark_of_a_municipality_outside_the_scope_keeps_the_user_out(
    reader: Reader,
) -> None:
    moved = user("noa@rameh.example", "provisioner:sakhnin:noa@sakhnin.example")
    assert names(reader, moved) == {}


@pytest.mark.parametrize(
    "mark",
    [
        "",
        "x",
        "provisioner:",
        "provisioner:nowhere:noa@rameh.example",
        "Provisioner:rameh:x",
    ],
)
def test_what_is_no_mark_of_this_cluster_makes_nobody_ours(
    mark: str, reader: Reader
) -> None:
    assert names(reader, user("Noa@Rameh.example", mark)) == {"noa@rameh.example": ""}


def test_other_domains_are_no_business_of_ours(reader: Reader) -> None:
    assert names(reader, user("noa@elsewhere.example")) == {}


def test_of_two_bearers_of_one_mark_the_one_it_names_is_ours(reader: Reader) -> None:
    mark = "provisioner:rameh:noa@rameh.example"
    thief, rightful = user("thief@rameh.example", mark), user("noa@rameh.example", mark)
    for order in ([thief, rightful], [rightful, thief]):
        found = sort_present(reader, order)["rameh"]
        assert found["noa@rameh.example"].object_id == "id-noa"
        (other,) = (one for one in found.values() if one.object_id == "id-thief")
        assert other.mark == ""


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (user("admin@rameh.example"), "holds the role Reader"),
        (user("sync@rameh.example", on_premises_sync_enabled=True), "synchronised"),
        (user("boss@rameh.example"), "list of protected accounts"),
    ],
)
def test_protected_accounts_say_why(one: User, why: str, reader: Reader) -> None:
    (found,) = sort_present(reader, [one])["rameh"].values()
    assert why in found.protected


def test_a_deleted_user_is_known_by_mark_and_without_the_vendors_prefix(
    reader: Reader,
) -> None:
    prefix = "0a" * 16
    mark = "provisioner:rameh:noa@rameh.example"
    gone = user(f"{prefix}noa@rameh.example", mark, deleted_date_time="2026-01-01")
    newer = user(
        f"{prefix}noa@rameh.example", mark, id="newer", deleted_date_time="2026-02-01"
    )
    stranger = user(f"{prefix}eve@rameh.example")
    found = sort_deleted(reader, [newer, gone, stranger])["rameh"]
    assert list(found) == ["noa@rameh.example"]
    assert found["noa@rameh.example"].object_id == "newer"
    assert found["noa@rameh.example"].spec.address == "noa@rameh.example"
