"""The command line starts at once: what only some commands need is imported by them."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

HEAVY = (
    "alembic",
    "ansible",
    "ansible_runner",
    "azure",
    "dns",
    "fastapi",
    "httpx",
    "jinja2",
    "kiota_http",
    "msgraph",
    "pydantic",
    "pydantic_settings",
    "sqlalchemy",
    "uvicorn",
)
HELP = """
import json, sys
from provisioner.cli.main import main
sys.argv = ["provisioner", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_help_imports_nothing_heavy() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HELP], capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(ended.stdout.splitlines()[-1]))
    assert "typer" in loaded
    assert not loaded & set(HEAVY)


def test_help_takes_at_most_half_again_as_long_as_its_libraries() -> None:
    """Processor time, the least of several turns each: a busy machine does not decide."""
    program = [Path(sys.executable).with_name("provisioner"), "--help"]
    libraries = [sys.executable, "-c", "import typer, rich"]
    turns = [(_seconds(program), _seconds(libraries)) for _ in range(11)]
    ours, floor = map(min, zip(*turns, strict=True))
    assert ours <= 1.5 * floor, f"{ours * 1000:.0f} ms against {floor * 1000:.0f} ms"


def _seconds(command: list[str | Path]) -> float:
    """Processor seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
