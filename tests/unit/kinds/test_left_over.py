"""What was made on hosts and is wanted no more is told, and never taken down unasked."""

from __future__ import annotations

from typing import Any

import msgspec

from provisioner.errors import TransientProviderError
from provisioner.kinds.host.differ import Differ
from provisioner.kinds.host.left_over import dropped_parts, former_files, left_of
from provisioner.model.change import Drift
from provisioner.model.host_state import File, HostPart
from provisioner.model.place import Place
from provisioner.model.resource import Observation, Resource
from provisioner.providers.ansible.hosts import HostSeen

OLD = HostPart("web-1", files=(File("/srv/www/a/x", "x"), File("/etc/shared", "s")))
PAGES = tuple(File(f"/srv/{number}", "x") for number in range(5))


class Kept(dict[str, Any]):
    """What was last applied, as the store tells it."""

    def spec_json(self, key: str) -> bytes | None:
        return msgspec.json.encode(self[key]) if key in self else None

    def object_id(self, key: str) -> str:
        return ""


def _last(**parts: HostPart) -> Kept:
    return Kept(
        {f"rameh/website/{n}": msgspec.to_builtins(p) for n, p in parts.items()}
        | {"rameh/mailbox/a@rameh.example": {"address": "a@rameh.example"}}
    )


def _site(name: str, part: HostPart) -> Resource[HostPart]:
    return Resource("rameh", "website", name, part, Place(""))


def test_a_site_that_the_inventory_dropped_is_found_in_what_was_applied() -> None:
    kept = _site("kept", HostPart("web-1"))
    last = _last(kept=kept.spec, old=OLD)
    assert dropped_parts("website", last, [kept]) == {"old": OLD}
    assert dropped_parts("server", last, []) == {}


def test_a_site_that_moved_is_left_over_where_it_was() -> None:
    moved = _site("old", HostPart("web-2"))
    assert dropped_parts("website", _last(old=OLD), [moved]) == {"old on web-1": OLD}


def test_files_that_somebody_still_wants_are_not_left_over() -> None:
    other = _site("other", HostPart("web-1", files=(File("/etc/shared", "s"),)))
    former = former_files(["website"], [other], {"rameh": _last(old=OLD)})
    assert former == {"web-1": {"/srv/www/a/x": ""}}


def test_what_is_left_is_told_until_somebody_took_it_down() -> None:
    there = HostSeen({}, {}, {}, left=("/srv/www/a/x",))
    assert "still on web-1: /srv/www/a/x." in left_of(OLD, there)
    assert left_of(OLD, HostSeen({}, {}, {})) == ""
    many = HostSeen({}, {}, {}, left=tuple(one.path for one in PAGES))
    told = left_of(HostPart("web-1", files=PAGES), many)
    assert "/srv/0, /srv/1, /srv/2 and 2 more" in told


def test_a_host_that_cannot_be_asked_is_no_host_without_leavings() -> None:
    silent = TransientProviderError("no answer", target="web-1")
    assert "cannot be told" in left_of(OLD, silent)
    assert "neither it nor its host web-1" in left_of(OLD, None)


def test_it_is_reported_as_unmanaged_and_nothing_is_planned() -> None:
    seen: Observation[Any] = Observation(left_behind={"old": "still there"})
    found = Differ("website", "rameh", seen, _last(old=OLD)).compare([])
    assert found.changes == ()
    (finding,) = found.findings
    assert (finding.name, finding.drift) == ("old", Drift.UNMANAGED)
