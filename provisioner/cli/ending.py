"""How a command ends: the message of an error, in words or JSON, and the exit code."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import typer

from provisioner.errors import InventoryInvalid, ProvisionerError

# `UsageError` of Click, or of the copy of it that newer Typers bring along.
MISUSE: type[Exception] = typer.BadParameter.__mro__[1]


def explain(error: ProvisionerError) -> None:
    """Say what went wrong and what to do: to people on stderr, with `--json` on stdout."""
    if "--json" in sys.argv[1:]:
        import json

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


def explain_misuse(error: Any) -> None:
    """Say how a command was called wrongly, where `explain` would say it."""
    if "--json" not in sys.argv[1:]:
        error.show()
        return
    import json

    command = error.ctx.command_path if error.ctx else "provisioner"
    told = {
        "error": "Misuse",
        "message": error.format_message(),
        "remedy": f"See: {command} --help.",
    }
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


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
