"""What single pages do beside being there: each as its reader uses it, by HTTP."""

from __future__ import annotations

import re

from portal_world import PortalWorld, Visit


def test_a_log_is_followed_from_where_the_reader_was(
    portal_world: PortalWorld, visit: Visit
) -> None:
    it, path = visit("it"), f"/runs/{portal_world.run.id}/events"
    whole = it.get(path).text
    numbers = [int(one) for one in re.findall(r"^id: (\d+)$", whole, re.MULTILINE)]
    assert numbers == sorted(numbers)
    assert len(numbers) > 1
    assert "event: end" in whole
    last = {"last-event-id": str(numbers[-2])}
    rest = it.http.get(path, headers=last).text
    assert re.findall(r"^id: (\d+)$", rest, re.MULTILINE) == [str(numbers[-1])]
