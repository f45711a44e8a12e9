"""Addresses proposed from names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.inventory.addresses import proposals, propose
from provisioner.inventory.definition.words import ADDRESS_PATTERN, LOCAL_PART_MAX

DOMAIN = "rameh.example"
_NAMES = st.text(
    st.one_of(st.characters(), st.sampled_from("אבגדהכךםןףץאעַָּ׳״־-' '`דוד عبدالله")),
    max_size=90,
)


@pytest.mark.parametrize(
    ("given_name", "surname", "local"),
    [
        ("דוד", "לוי", "dvd.lvy"),
        ("שָׁלוֹם", "כֹּהֵן", "slvm.khn"),
        ("שלום", "כהן", "slvm.khn"),
        ("פנינה", "פרץ", "pnynh.prts"),
        ("אבי", "ביטון", "avy.bytvn"),
        ("סוף", "מלך", "svf.mlkh"),
        ("צ'ארלי", "ז׳בוטינסקי", "tsarly.zvvtynsky"),
        ("נועה", "כהן-לוי", "nvah.khn-lvy"),
        ("נועה", "כהן־לוי", "nvah.khn-lvy"),
        ("אנה מריה", "לוי", "anh-mryh.lvy"),
        ("محمد", "الخطيب", "mhmd.alkhtyb"),
        ("أَحْمَد", "عبد الرحمن", "ahmd.abd-alrhmn"),
        ("José", "O’Brien", "jose.obrien"),
        ("יעל", "", "yal"),
        ("", "לוי", "lvy"),
        ("", "", "person"),
        ("'", "״", "person"),
    ],
)
def test_a_name_is_written_in_ascii(given_name: str, surname: str, local: str) -> None:
    assert propose(given_name, surname, DOMAIN, ()) == f"{local}@{DOMAIN}"


def test_a_taken_address_gets_the_next_number() -> None:
    taken = {f"dvd.lvy@{DOMAIN}", f"dvd.lvy2@{DOMAIN}"}
    assert propose("דוד", "לוי", DOMAIN, taken) == f"dvd.lvy3@{DOMAIN}"


def test_people_of_one_name_get_addresses_in_their_order() -> None:
    names = [("דוד", "לוי"), ("יעל", "לוי"), ("דוד", "לוי")]
    assert proposals(names, DOMAIN, [f"yal.lvy@{DOMAIN}"]) == [
        f"dvd.lvy@{DOMAIN}",
        f"yal.lvy2@{DOMAIN}",
        f"dvd.lvy2@{DOMAIN}",
    ]


def test_a_long_name_is_cut_and_leaves_room_for_the_number() -> None:
    first = propose("א" * 80, "ב", DOMAIN, ())
    second = propose("א" * 80, "ב", DOMAIN, {first})
    assert [len(one.partition("@")[0]) for one in (first, second)] == [64, 64]
    assert second.endswith(f"a2@{DOMAIN}")


@given(names=st.lists(st.tuples(_NAMES, _NAMES), max_size=6))
def test_every_proposal_is_a_legal_address_and_none_comes_twice(
    names: list[tuple[str, str]],
) -> None:
    found = proposals(names, DOMAIN)
    assert len(set(found)) == len(names)
    for address in found:
        assert re.fullmatch(ADDRESS_PATTERN, address)
        assert address == address.lower()
        local = address.partition("@")[0]
        assert 1 <= len(local) <= LOCAL_PART_MAX
        assert not local.endswith((".", "-"))
