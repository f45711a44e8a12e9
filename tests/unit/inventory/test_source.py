"""Files that must not be read: links out of the tree, pipes, giants."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.inventory import load, source
from provisioner.model.place import Fault

PEOPLE = "municipalities/yarka/mailboxes.csv"
Writer = Callable[..., Path]
Finder = Callable[[Path], tuple[Fault, ...]]


def _told(faults: tuple[Fault, ...]) -> list[tuple[str, str]]:
    return [(str(one.place), one.code) for one in faults]


def test_a_link_out_of_the_tree_is_not_followed(
    written: Writer, faults_of: Finder, tmp_path: Path, base: dict[str, str]
) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(base[PEOPLE] + "secret,x,x,x,,,,,NONE,,,\n", encoding="utf-8")
    root = written({PEOPLE: None})
    (root / PEOPLE).symlink_to(outside)
    assert _told(faults_of(root)) == [(f"inventory/{PEOPLE}", "symlink-outside")]


def test_a_linked_folder_out_of_the_tree_is_not_followed(
    written: Writer, faults_of: Finder, tmp_path: Path
) -> None:
    root = written()
    (root / "municipalities/tamra").symlink_to(tmp_path)
    assert _told(faults_of(root)) == [
        ("inventory/municipalities/tamra", "symlink-outside")
    ]


def test_the_cluster_file_may_not_be_a_link_out_either(
    written: Writer, faults_of: Finder, tmp_path: Path
) -> None:
    root = written({"cluster.yml": None})
    (tmp_path / "cluster.yml").write_text("slug: x\n", encoding="utf-8")
    (root / "cluster.yml").symlink_to(tmp_path / "cluster.yml")
    assert _told(faults_of(root)) == [("inventory/cluster.yml", "symlink-outside")]


def test_a_link_within_the_tree_is_followed(
    written: Writer, base: dict[str, str]
) -> None:
    root = written({PEOPLE: None, "people/yarka.csv": base[PEOPLE]})
    (root / PEOPLE).symlink_to(root / "people/yarka.csv")
    assert len(load(root).municipality("yarka").people) == 1


def test_a_loop_of_links_is_a_fault(written: Writer, faults_of: Finder) -> None:
    root = written({PEOPLE: None})
    (root / PEOPLE).symlink_to(root / PEOPLE)
    assert _told(faults_of(root)) == [(f"inventory/{PEOPLE}", "unreadable-file")]


def test_a_pipe_does_not_hang_the_load(written: Writer, faults_of: Finder) -> None:
    root = written({PEOPLE: None})
    os.mkfifo(root / PEOPLE)
    assert _told(faults_of(root)) == [(f"inventory/{PEOPLE}", "unreadable-file")]


def test_a_folder_in_the_place_of_a_file_is_a_fault(
    written: Writer, faults_of: Finder
) -> None:
    root = written({PEOPLE: None})
    (root / PEOPLE).mkdir()
    assert _told(faults_of(root)) == [(f"inventory/{PEOPLE}", "unreadable-file")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission_is_a_fault(
    written: Writer, faults_of: Finder
) -> None:
    root = written()
    (root / PEOPLE).chmod(0)
    assert _told(faults_of(root)) == [(f"inventory/{PEOPLE}", "unreadable-file")]


def test_a_file_that_is_too_large_is_not_read(
    written: Writer, faults_of: Finder
) -> None:
    root = written()
    with (root / PEOPLE).open("r+b") as file:
        file.truncate(source.CSV_LIMIT + 1)
    with (root / "cluster.yml").open("r+b") as file:
        file.truncate(source.YAML_LIMIT + 1)
    assert _told(faults_of(root)) == [
        ("inventory/cluster.yml", "file-too-large"),
        (f"inventory/{PEOPLE}", "file-too-large"),
    ]
