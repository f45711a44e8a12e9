"""Hosts are not changed by a run that was stopped or has lost its lease."""

from __future__ import annotations

import pytest

from provisioner.errors import WritingStopped
from provisioner.providers.ansible.hosts import Hosts
from provisioner.providers.ansible.reach import Reach

pytestmark = pytest.mark.anyio


async def test_a_run_that_may_not_write_starts_no_ansible() -> None:
    def refused() -> None:
        raise WritingStopped("Not done: run 1 lost its lease.")

    way: dict[str, Reach] = {}
    ended = await Hosts(way, may_write=refused).apply({"web-1": {}, "web-2": {}})
    assert ended.keys() == {"web-1", "web-2"}
    for one in ended.values():
        assert isinstance(one, WritingStopped)
        assert "lost its lease" in str(one)


async def test_a_host_that_nobody_knows_a_way_to_is_an_error_of_its_own() -> None:
    (error,) = (await Hosts({}).apply({"web-1": {}})).values()
    assert "No way to this host is known here." in str(error)
