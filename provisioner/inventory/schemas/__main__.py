"""Write the schema files: `python -m provisioner.inventory.schemas`."""

from __future__ import annotations

from provisioner.inventory.schemas import rendered

for path, text in rendered().items():
    path.write_text(text, encoding="utf-8")
