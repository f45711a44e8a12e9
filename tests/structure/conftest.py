"""The tree as the structure tests see it: its files, and who imports whom."""

from __future__ import annotations

import subprocess
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
CODE = ("provisioner", "tests", "bench", "playbooks", "inventory", ".ci")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file of the project, tracked or not yet, without what git ignores."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "-co", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


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
