"""What a second person is asked, and how a plan differs from the one they saw."""

from __future__ import annotations

from provisioner.engine.approval import asked, order_of, what_changed
from provisioner.engine.scope import Order
from provisioner.model.approval import PlannedChange


def planned(**digests: str) -> list[PlannedChange]:
    return [
        PlannedChange(f"rameh/mailbox/{k}", "delete", v) for k, v in digests.items()
    ]


def test_an_order_survives_being_written_down() -> None:
    order = Order(
        "apply",
        ("rameh",),
        ("mailbox",),
        checksum="c",
        release=frozenset({"removals"}),
        only=frozenset({"a"}),
        adopt=frozenset({"b"}),
        refresh=None,
        full=True,
        actor="dana",
        approved_by="noa",
    )
    assert order_of(asked(order)) == order


def test_new_gone_and_different_changes_are_named() -> None:
    told = what_changed(planned(a="1", b="1", c="1"), planned(a="1", b="2", d="1"))
    assert told == (
        "new: rameh/mailbox/d; no longer planned: rameh/mailbox/c;"
        " different: rameh/mailbox/b"
    )


def test_the_same_plan_says_nothing_and_a_long_list_is_cut() -> None:
    assert what_changed(planned(a="1"), planned(a="1")) == ""
    many = planned(**{f"p{n}": "1" for n in range(9)})
    assert what_changed([], many).endswith("rameh/mailbox/p4 and 4 more")
