"""What we made on hosts and the inventory no longer wants: told, and left to a person.

Files that a resource itself no longer wants go with its next apply. A resource that is
dropped as a whole is not taken down: nobody said so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from provisioner.errors import ProviderError
from provisioner.kind import LastApplied
from provisioner.model.host_state import HostPart, part_of
from provisioner.model.resource import Resource
from provisioner.providers.ansible.hosts import HostSeen

_TOLD = 3
Resources = Sequence[Resource[HostPart]]


def dropped_parts(
    kind: str, last: LastApplied, desired: Resources
) -> dict[str, HostPart]:
    """By name, what was last applied of one owner and kind and is wanted no more.

    What has moved to another host is dropped where it was.
    """
    wanted = {one.name: one.spec.host for one in desired}
    found = {}
    for name, part in _remembered(last, (kind,)):
        if wanted.get(name) != part.host:
            there = f"{name} on {part.host}"
            found[there if name in wanted else name] = part
    return found


def _remembered(
    last: LastApplied, kinds: Collection[str]
) -> Iterator[tuple[str, HostPart]]:
    """What was last applied of these kinds, by name."""
    for key in last:
        _, kind, name = key.split("/", 2)
        stored = last.get(key) if kind in kinds else None
        part = None if stored is None else part_of(stored)
        if part is not None:
            yield name, part


def former_files(
    kinds: Collection[str], wanted: Resources, last: Mapping[str, LastApplied]
) -> dict[str, dict[str, str]]:
    """By host, files of ours that nobody there wants any more: they are looked for.

    By path: "", or for one with secrets the word to tell instead of its digest.
    """
    known: dict[str, set[str]] = {}
    for one in wanted:
        known.setdefault(one.spec.host, set()).update(f.path for f in one.spec.files)
    former: dict[str, dict[str, str]] = {}
    for owned in last.values():
        for _, part in _remembered(owned, kinds):
            wished = known.get(part.host, set())
            former.setdefault(part.host, {}).update(
                {
                    file.path: file.digest if file.secret else ""
                    for file in part.files
                    if file.path not in wished
                }
            )
    return former


def left_of(part: HostPart, seen: HostSeen | ProviderError | None) -> str:
    """What is left of a dropped part, as a sentence; "" where its files are gone.

    `seen` is None for a host that the inventory no longer has.
    """
    if seen is None:
        return (
            f"The inventory has neither it nor its host {part.host} any more; what was"
            " made there is left as it is."
        )
    if isinstance(seen, ProviderError):
        return f"Nobody wants it any more; what is left of it cannot be told: {seen}"
    left = [file.path for file in part.files if file.path in seen.left]
    if not left:
        return ""
    more = f" and {len(left) - _TOLD} more" if len(left) > _TOLD else ""
    return (
        f"Nobody wants it any more; still on {part.host}:"
        f" {', '.join(left[:_TOLD])}{more}. Take it down by hand."
    )
