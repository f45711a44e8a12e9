"""How a command ends: the message of an error, in words or JSON, and the exit code."""

from __future__ import annotations

import json
import sys
from typing import NoReturn

from provisioner.errors import InventoryInvalid, ProvisionerError


def explain(error: ProvisionerError) -> None:
    """Say what went wrong and what to do: to people on stderr, with `--json` on stdout."""
    if "--json" in sys.argv[1:]:
        sys.stdout.write(json.dumps(_as_json(error), ensure_ascii=False) + "\n")
        return
    lines = [f"Error: {error.message}"]
    if isinstance(error, InventoryInvalid):
        lines += [f"  {fault}" for fault in error.faults[:50]]
        if len(error.faults) > 50:
            lines.append(f"  … and {len(error.faults) - 50} more: provisioner check")
    if error.remedy:
        lines.append(error.remedy)
    sys.stderr.write("\n".join(lines) + "\n")


def _as_json(error: ProvisionerError) -> dict[str, object]:
    told: dict[str, object] = {
        "error": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy,
    }
    if isinstance(error, InventoryInvalid):
        told["faults"] = [str(fault) for fault in error.faults]
    return told


def end_with(code: int) -> NoReturn:
    """Leave with an exit code, output flushed."""
    sys.stdout.flush()
    sys.stderr.flush()
    raise SystemExit(code)
