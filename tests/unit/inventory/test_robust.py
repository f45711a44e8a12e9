"""Whatever the bytes are, a load ends in a cluster or in faults with places."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.errors import InventoryInvalid
from provisioner.inventory import load
from provisioner.inventory.characters import NAME_PATTERN, TEXT_PATTERN
from provisioner.inventory.codes import CODES
from provisioner.inventory.faults import Faults
from provisioner.inventory.yaml_tree import parse
from provisioner.model.place import Fault

CLUSTER = "cluster.yml"
FILES = (
    CLUSTER,
    "municipalities/yarka/municipality.yml",
    "municipalities/yarka/mailboxes.csv",
)
_SCRAPS = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            ":",
            "- ",
            "\n",
            "\t",
            '"',
            "'",
            "#",
            "&a ",
            "*a",
            "!!t ",
        ),
        *("---", "...", ",", ";", "|", ">", "?", "\x00", "\ufeff", "ש", "م", "{{"),
    ]
)


def _broken(text: str, at: int, scrap: str, cut: int) -> str:
    at %= len(text)
    return text[:at] + scrap + text[at + cut :]


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.sampled_from(FILES),
    at=st.integers(0, 2000),
    scrap=st.one_of(_SCRAPS, st.text(max_size=3)),
    cut=st.integers(0, 5),
)
def test_a_damaged_file_never_breaks_the_load(
    name: str,
    at: int,
    scrap: str,
    cut: int,
    base: dict[str, str],
) -> None:
    text = _broken(base[name], at, scrap, cut)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "inventory"
        for file, content in {**base, name: text}.items():
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8", "surrogatepass"))
        try:
            load(root)
        except InventoryInvalid as invalid:
            faults: tuple[Fault, ...] = invalid.faults  # type: ignore[assignment]
            assert faults
            for fault in faults:
                assert fault.code in CODES
                assert fault.place.file.startswith("inventory")
                assert fault.remedy


@given(data=st.binary(max_size=200))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_bytes_as_a_list_of_people_are_faults(
    data: bytes, written: Callable[..., Path]
) -> None:
    with pytest.raises(InventoryInvalid):
        load(written({FILES[2]: data}))


@pytest.mark.parametrize("bracket", ["[", "{a: ", "- ", "? "])
def test_a_hundred_thousand_brackets_are_one_fault(bracket: str) -> None:
    faults = Faults()
    assert parse(bracket * 100_000, "x.yml", faults) is None
    assert [one.code for one in faults.kept("")] == ["yaml-syntax"]


def test_aliases_do_not_multiply() -> None:
    text = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n"
        for n in range(20)
    )
    faults = Faults()
    document = parse(text, "x.yml", faults)
    assert document is not None
    assert document.value["u"] == [None, None]
    assert {one.code for one in faults.kept("")} == {"yaml-anchor"}


def test_a_secret_beside_a_broken_line_is_not_echoed(
    written: Callable[..., Path],
    faults_of: Callable[[Path], tuple[Fault, ...]],
    base: dict[str, str],
) -> None:
    pasted = "hunter2~Tr0ub4dor"
    for broken in (f"*{pasted}", f"[{pasted}", f"{{a: {pasted}}}", f"@{pasted}"):
        text = base[CLUSTER].replace("env/GALIL_SECRET", broken)
        faults = faults_of(written({CLUSTER: text}))
        assert faults
        assert pasted not in "".join(map(str, faults))


def test_a_name_has_no_two_question_marks_and_else_what_a_text_has() -> None:
    for length in range(7):
        for letters in product("?{%a", repeat=length):
            text = "".join(letters)
            whole = re.search(TEXT_PATTERN, text) is not None
            allowed = whole and "??" not in text
            assert (re.search(NAME_PATTERN, text) is not None) is allowed, text
