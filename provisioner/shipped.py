"""Where the files beside the code lie: in the checkout, or inside an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "_shipped"


def _room(name: str) -> Path:
    installed = _INSTALLED / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def templates() -> Path:
    """The folder of templates and locale catalogues."""
    return _room("templates")


def playbooks() -> Path:
    """The folder of Ansible playbooks."""
    return _room("playbooks")


def sample_inventory() -> Path:
    """The sample cluster."""
    return _room("inventory")
