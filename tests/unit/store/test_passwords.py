"""Initial passwords are strong, readable and free of anybody's name."""

from __future__ import annotations

import string

import pytest

from provisioner.store.passwords import generate_password

# Microsoft's documentation of allowed user principal names: A-Z a-z 0-9 ' . - _ ! # ^ ~ @
IN_A_NAME = set(string.ascii_letters + string.digits + "'.-_!#^~@")


@pytest.fixture(scope="module")
def passwords() -> list[str]:
    return [generate_password() for _ in range(2000)]


def test_they_have_twenty_characters_of_four_kinds(passwords: list[str]) -> None:
    for one in passwords:
        assert len(one) == 20
        assert one.isascii()
        assert one.isprintable()
        assert set(one) & set(string.ascii_uppercase)
        assert set(one) & set(string.ascii_lowercase)
        assert set(one) & set(string.digits)
        assert set(one) & set("%*+=?")


def test_no_two_are_alike(passwords: list[str]) -> None:
    assert len(set(passwords)) == len(passwords)


def test_no_character_is_mistaken_for_another(passwords: list[str]) -> None:
    assert not set("".join(passwords)) & set("0Oo1IiLl5Ss2Zz")


def test_no_three_characters_in_a_row_can_stand_in_a_name(passwords: list[str]) -> None:
    for one in passwords:
        triples = zip(one, one[1:], one[2:], strict=False)
        assert not any(set(triple) <= IN_A_NAME for triple in triples)


def test_a_short_one_is_refused() -> None:
    assert len(generate_password(12)) == 12
    with pytest.raises(ValueError, match="12 characters"):
        generate_password(11)
