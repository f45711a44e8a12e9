"""What the global options say, for every command; settings are read when first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.settings import Settings


@dataclass
class Context:
    """The global options; None is "not given on the command line"."""

    inventory: Path | None = None
    config: Path | None = None
    sandbox: bool = False
    json: bool = False
    given: dict[str, object] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        """The settings under these options; raises `SettingsInvalid`."""
        from provisioner.settings import load_settings

        return load_settings(
            self.config,
            inventory=self.inventory,
            profile="sandbox" if self.sandbox else None,
        )
