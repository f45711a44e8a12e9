"""How a request moves: every act in every state, as a table."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from provisioner.model.request import (
    NEEDS_REASON,
    Act,
    Request,
    State,
    WaitsFor,
    WrongStep,
    acts,
    move,
    submitted,
)
from provisioner.model.wish import PersonLeaves

AT = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
NEW = Request("R1", "rameh", PersonLeaves("huda"), "sami", AT, AT, "key")

BEFORE = """
submitted: approve=approved reject=rejected withdraw=withdrawn
approved:  reject=rejected withdraw=withdrawn hold=approved wait=waiting record=recorded
waiting:   reject=rejected withdraw=withdrawn hold=approved wait=waiting record=recorded
rejected:
withdrawn:
"""
AFTER = """
recorded:     begin=provisioning wait=waiting ready=ready fail=failed
provisioning: begin=provisioning wait=waiting ready=ready fail=failed
waiting:      begin=provisioning wait=waiting ready=ready fail=failed close=closed
failed:       begin=provisioning wait=waiting ready=ready fail=failed close=closed
ready:        close=closed
closed:
"""


def table() -> list[tuple[bool, State, Act, State | None]]:
    """Each (recorded, state, act) with the state it leads to, None where it must not."""
    rows: list[tuple[bool, State, Act, State | None]] = []
    for recorded, text in ((False, BEFORE), (True, AFTER)):
        for line in text.strip().splitlines():
            state, _, rest = line.partition(":")
            leads = dict(word.split("=") for word in rest.split())
            for act in Act:
                to = leads.get(act.value)
                rows.append((recorded, State(state), act, State(to) if to else None))
    return rows


def standing(state: State, *, recorded: bool) -> Request:
    return msgspec.structs.replace(
        NEW, state=state, version=4, recorded=AT if recorded else None
    )


@pytest.mark.parametrize(("recorded", "state", "act", "to"), table())
def test_each_act_leads_where_the_table_says(
    recorded: bool, state: State, act: Act, to: State | None
) -> None:
    request = standing(state, recorded=recorded)
    waits = WaitsFor.SEAT if act is Act.WAIT else WaitsFor.NOTHING
    assert (act in acts(request)) == (to is not None)
    if to is None:
        with pytest.raises(WrongStep, match=f"is {state}; nobody can {act}"):
            move(request, act, "noa", AT, "why", waits_for=waits)
        return
    moved, step = move(request, act, "noa", AT, " why ", waits_for=waits)
    assert (moved.state, moved.version, moved.reason) == (to, 5, "why")
    assert (step.number, step.who, step.act, step.state) == (5, "noa", act, to)
    assert (step.at, step.reason, step.waits_for) == (AT, "why", waits)
    assert (moved.recorded is not None) == (recorded or act is Act.RECORD)
    decides = act in (Act.APPROVE, Act.REJECT)
    assert moved.decided_by == ("noa" if decides else "")


@pytest.mark.parametrize("act", sorted(NEEDS_REASON))
def test_some_acts_take_a_reason(act: Act) -> None:
    request = standing(State.PROVISIONING, recorded=True)
    if act not in acts(request):
        request = standing(State.APPROVED, recorded=False)
    waits = WaitsFor.SEAT if act is Act.WAIT else WaitsFor.NOTHING
    with pytest.raises(WrongStep, match="takes a reason"):
        move(request, act, "noa", AT, " \n", waits_for=waits)


def test_only_who_waits_says_for_what() -> None:
    request = standing(State.PROVISIONING, recorded=True)
    with pytest.raises(WrongStep, match="waits for something"):
        move(request, Act.WAIT, "noa", AT, "why")
    with pytest.raises(WrongStep, match="waits for something"):
        move(request, Act.READY, "noa", AT, waits_for=WaitsFor.SEAT)


def test_the_time_line_begins_with_who_submitted() -> None:
    step = submitted(NEW)
    assert (step.number, step.who, step.act) == (1, "sami", Act.SUBMIT)
    assert step.state is State.SUBMITTED


def test_final_states_are_those_without_a_way_out() -> None:
    for recorded, state, _, _ in table():
        assert state.is_final == (not acts(standing(state, recorded=recorded)))
