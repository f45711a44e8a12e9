"""Who moved: the inventory, the world, or both."""

from __future__ import annotations

import pytest

from provisioner.model.change import Drift, FieldChange
from provisioner.model.three_way import field_changes, overall


@pytest.mark.parametrize(
    ("want", "have", "last", "drift"),
    [
        pytest.param("a", "b", "a", Drift.DRIFTED, id="the world moved"),
        pytest.param("a", "b", "b", Drift.PENDING, id="the inventory moved"),
        pytest.param("a", "b", "c", Drift.CONFLICT, id="both moved"),
    ],
)
def test_a_difference_tells_who_moved(want: str, have: str, last: str, drift: Drift):
    (found,) = field_changes({"f": want}, {"f": have}, {"f": last}, ["f"])
    assert found == FieldChange("f", have, want, last, drift)


def test_both_moved_to_the_same_value_is_no_difference():
    assert field_changes({"f": "a"}, {"f": "a"}, {"f": "b"}, ["f"]) == ()


def test_without_a_memory_every_difference_is_pending():
    (found,) = field_changes({"f": "a"}, {"f": "b"}, None, ["f"])
    assert found.drift is Drift.PENDING


def test_a_field_the_memory_does_not_know_is_pending():
    (found,) = field_changes({"new": "a"}, {"new": None}, {"old": 1}, ["new"])
    assert found.drift is Drift.PENDING


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([Drift.DRIFTED], Drift.DRIFTED),
        ([Drift.PENDING], Drift.PENDING),
        ([Drift.DRIFTED, Drift.PENDING], Drift.CONFLICT),
        ([Drift.CONFLICT, Drift.PENDING], Drift.CONFLICT),
    ],
)
def test_a_resource_drifts_as_its_fields_do(states: list[Drift], expected: Drift):
    fields = [FieldChange(str(i), 1, 2, drift=one) for i, one in enumerate(states)]
    assert overall(fields) is expected
