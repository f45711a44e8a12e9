"""An empty host that becomes four WordPress sites and a static one, served and proven."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from bench.row import Figure
from bench.world import serving
from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.image import image_of
from provisioner.sandbox.lab.state import lab_folder
from provisioner.sandbox.sample import write_sample
from provisioner.settings import load_settings

_HOST = "web-1"
_WORDPRESS = 4
_LIMIT = 120.0
# Packages stay in a folder of the host, which is its mirror: no download is measured.
_EMPTY = """
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -y purge 'mariadb-*' 'nginx*' 'php*' wordpress wordpress-l10n
rm -rf /var/lib/mysql
"""


def from_nothing(folder: Path) -> Figure:
    """`apply` as a person runs it, on a host without any of the packages; ends proven."""
    settings = load_settings()
    image = image_of(settings.lab_images_dir, settings.lab_debian)
    inventory, var = folder / "inventory", folder / "var"
    write_sample(inventory, municipalities=1, people=12)
    (town,) = inventory.glob("municipalities/*/municipality.yml")
    content = yaml.safe_load(town.read_text(encoding="utf-8"))
    content["websites"] = list(_sites(content["websites"][0]))
    town.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with serving(inventory, var, None) as one:
        lab = lab_folder(var / "sandbox")
        try:
            state = process.up(lab, [_HOST], image)
            subprocess.run(
                ["ssh", "-F", state.ssh_config, _HOST, "sudo sh -eu"],
                input=_EMPTY.encode(),
                stdout=subprocess.DEVNULL,
                check=True,
            )
            ended = one.provisioner("apply", "--kind", "website", "--yes")
        finally:
            process.down(lab, purge=True)
    return Figure(
        "hosts_empty_to_five_sites",
        ended.seconds,
        limit=_LIMIT,
        unit="s",
        detail=f"{_WORDPRESS} of WordPress, a static one, packages installed",
    )


def _sites(first: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The town's site of WordPress, others like it, and a static one."""
    for number in range(_WORDPRESS + 1):
        kind = "wordpress" if number < _WORDPRESS else "static"
        name = f"site{number}" if number else first["name"]
        # Copied whole: what stands in two places would be written once, as an alias.
        one = {**deepcopy(first), "name": name, "type": kind, "aliases": []}
        yield {**one, "domain": f"{name}.example"}
