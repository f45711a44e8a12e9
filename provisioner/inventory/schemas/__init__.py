"""JSON Schemas of the inventory's files, for editors; generated from the models.

`python -m provisioner.inventory.schemas` writes them beside this file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from provisioner.inventory.definition.cluster import ClusterFile
from provisioner.inventory.definition.municipality import MailboxRow, MunicipalityFile

FOLDER: Final = Path(__file__).parent
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: dict[str, tuple[type[BaseModel], str]] = {
    "cluster": (ClusterFile, "cluster.yml"),
    "municipality": (MunicipalityFile, "municipality.yml"),
    "mailboxes": (MailboxRow, "One row of mailboxes.csv"),
}


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind of file, by the name of its own file without `.json`."""
    return {
        name: {"$schema": _DIALECT} | model.model_json_schema() | {"title": title}
        for name, (model, title) in _MODELS.items()
    }


def rendered() -> dict[Path, str]:
    """The text that each schema file shall have."""
    return {
        FOLDER / f"{name}.json": json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for name, schema in schemas().items()
    }
