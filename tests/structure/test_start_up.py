"""The command line starts at once: what only some commands need is imported by them."""

from __future__ import annotations

import json
import subprocess
import sys
import time

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
    """The quickest of several turns each, so that a busy machine does not decide."""
    ours, floor = [], []
    for _ in range(7):
        floor.append(_seconds("import typer, rich"))
        ours.append(_seconds(HELP))
    assert min(ours) <= 1.5 * min(floor), (
        f"{min(ours):.3f} s against {min(floor):.3f} s"
    )


def _seconds(program: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return time.perf_counter() - started
