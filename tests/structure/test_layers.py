"""Which room may import from which, and that no two modules import each other."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

# Room → the rooms it imports from, beside itself. Ordered from the ground up: whoever
# adds a word sees at once whether it points downwards.
ROOMS: dict[str, str] = {
    "errors": "",
    "model": "",
    "shipped": "",
    "process": "",
    "settings": "errors shipped",
    "inventory": "errors model shipped",
    "providers": "errors model shipped settings",
    "kind": "errors model providers",
    "kinds": "errors model shipped providers kind",
    "renderers": "errors model shipped",
    "store": "errors model settings process",
    "engine": "errors model providers kind kinds",
    "service": "errors model settings inventory store engine renderers",
    "sandbox": "errors model shipped settings inventory process",
    "portal": "errors model shipped settings inventory service store renderers",
    "bootstrap": "errors model settings inventory providers kind kinds store engine"
    " sandbox portal",
    "cli": "errors model shipped settings inventory renderers store engine service"
    " sandbox portal bootstrap",
}


def room_of(module: str) -> str:
    """`provisioner.store.runs` lives in `store`; the package itself in none."""
    return [*module.split("."), ""][1]


def test_every_room_is_in_the_table(imports: dict[str, set[str]]) -> None:
    unlisted = {room_of(module) for module in imports} - set(ROOMS) - {""}
    assert not unlisted, f"add to ROOMS, in its place from the ground up: {unlisted}"


def test_the_table_points_downwards() -> None:
    order = list(ROOMS)
    upwards = [
        f"{room} → {one}"
        for room, allowed in ROOMS.items()
        for one in allowed.split()
        if order.index(one) >= order.index(room)
    ]
    assert not upwards


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_table_allows(
    room: str, imports: dict[str, set[str]]
) -> None:
    allowed = {*ROOMS[room].split(), room, ""}
    wrong = [
        f"{module} imports {target}"
        for module, targets in imports.items()
        if room_of(module) == room
        for target in sorted(targets)
        if room_of(target) not in allowed
    ]
    assert not wrong


def test_only_the_command_line_and_bootstrap_reach_the_whole_house(
    imports: dict[str, set[str]],
) -> None:
    importers = {
        room_of(module)
        for module, targets in imports.items()
        if any(room_of(target) == "bootstrap" for target in targets)
    }
    assert importers <= {"bootstrap", "cli", "portal"}


def test_no_import_goes_in_a_circle(imports: dict[str, set[str]]) -> None:
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle


def test_only_one_place_imports_ansible_runner_and_the_graph_sdk(root: object) -> None:
    import grimp

    graph = grimp.build_graph(
        "provisioner", include_external_packages=True, cache_dir=None
    )
    homes = {"ansible_runner": "provisioner.providers.ansible"}
    homes |= dict.fromkeys(
        ("msgraph", "azure", "kiota_http"), "provisioner.providers.graph"
    )
    wrong = [
        f"{importer} imports {package}"
        for package, home in homes.items()
        if package in graph.modules
        for importer in sorted(graph.find_modules_that_directly_import(package))
        if not importer.startswith(home)
    ]
    assert not wrong
