"""The command line starts at once: what only some commands need is imported by them."""

from __future__ import annotations

import json
import subprocess
import sys

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
    "weasyprint",
)
HELP = """
import json, sys
from provisioner.cli.main import main
sys.argv = ["provisioner", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
LIBRARIES = "import json, sys, typer, rich"


def test_help_imports_nothing_heavy() -> None:
    loaded = {name.partition(".")[0] for name in _loaded(HELP)}
    assert "typer" in loaded
    assert not loaded & set(HEAVY)


def test_help_loads_little_beyond_its_libraries() -> None:
    """How long it takes is measured by `make bench`; what it loads can be counted."""
    ours, libraries = _loaded(HELP), _loaded(LIBRARIES)
    assert len(ours) <= 1.25 * len(libraries), sorted(ours - libraries)


def test_the_portal_loads_nothing_of_its_api_before_somebody_calls() -> None:
    loaded = _loaded("import json, sys, provisioner.portal.app")
    assert "provisioner.portal.app" in loaded
    assert not [one for one in loaded if one.startswith("provisioner.portal.api")]


def test_the_service_loads_nothing_of_the_portal_before_somebody_comes() -> None:
    loaded = _loaded("import json, sys, provisioner.portal.on_demand")
    assert not {name.partition(".")[0] for name in loaded} & {"fastapi", "authlib"}


def _loaded(program: str) -> set[str]:
    """The modules that a process of its own has loaded at its end."""
    counted = program + "\nprint(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", counted], capture_output=True, text=True, check=True
    )
    return set(json.loads(ended.stdout.splitlines()[-1]))
