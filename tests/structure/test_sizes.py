"""A file fits in a head, a function on a screen, and a name says what is inside."""

from __future__ import annotations

import ast
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 60
SAY_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "manager",
    "data",
    "common",
    "misc",
}


def test_no_file_is_longer_than_four_hundred_lines(
    root: Path, python_files: list[Path]
) -> None:
    long = {
        str(path.relative_to(root)): count
        for path in python_files
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
    }
    assert not long


def test_no_function_is_longer_than_sixty_lines(
    root: Path, python_files: list[Path]
) -> None:
    long = [
        f"{path.relative_to(root)}:{node.lineno} {node.name}: {count} lines"
        for path in python_files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (count := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    ]
    assert not long


def test_no_module_has_a_name_that_says_nothing(
    root: Path, python_files: list[Path]
) -> None:
    named = [
        str(path.relative_to(root))
        for path in python_files
        if {path.stem, path.parent.name} & SAY_NOTHING
    ]
    assert not named


def test_every_module_says_what_lives_in_it(
    root: Path, python_files: list[Path]
) -> None:
    silent = [
        str(path.relative_to(root))
        for path in python_files
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_only_the_command_line_prints(root: Path, python_files: list[Path]) -> None:
    printing = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in python_files
        if path.is_relative_to(root / "provisioner")
        and not path.is_relative_to(root / "provisioner" / "cli")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert not printing
