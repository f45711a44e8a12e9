"""The tree as the structure tests see it: its files, and who imports whom."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", ".venvs", "var", "dist", "build", "__pycache__"}
CODE = ("provisioner", "tests", "bench", "playbooks", "inventory", ".ci")


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or path.name.endswith("_cache"):
            continue
        if path.is_dir() and not path.is_symlink():
            found += _files(path)
        elif path.is_file():
            found.append(path)
    return found


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file of the project, without what make and the tools write."""
    return _files(ROOT)


@pytest.fixture(scope="session")
def python_files(files: list[Path]) -> list[Path]:
    """Every Python file that people write; migrations are written once by a tool."""
    return [
        path
        for path in files
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in CODE
        and "versions" not in path.parts
    ]


@pytest.fixture(scope="session")
def imports() -> dict[str, set[str]]:
    """Module → modules of ours it imports, in functions and under TYPE_CHECKING too."""
    graph = grimp.build_graph("provisioner", cache_dir=None)
    return {
        module: graph.find_modules_directly_imported_by(module)
        for module in sorted(graph.modules)
    }
