"""Writes a made-up cluster as inventory files."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from provisioner.sandbox.sample.desks import shared_mailboxes
from provisioner.sandbox.sample.jobs import DESK, FIELD, LICENSES, PREMIUM, ROLES
from provisioner.sandbox.sample.machines import Clock, cluster_machines, machines_of
from provisioner.sandbox.sample.people import Row, rows
from provisioner.sandbox.sample.places import CURATED, Place, numbered

_SLACK = {DESK: 3, FIELD: 2, PREMIUM: 1}
_HEADER = "# Sample data, made up and generated (provisioner.sandbox.sample).\n"

_TENANTS: dict[str, dict[str, Any]] = {
    name: {
        "name": name,
        "tenant_id": tenant_id,
        "client_id": client_id,
        "client_secret": f"env/{name.upper()}_CLIENT_SECRET",
        "licenses": list(LICENSES),
        "exchange": "invoke_command",
        "protected": [f"breakglass@{name}.onmicrosoft.example"],
    }
    for name, tenant_id, client_id in (
        (
            "galil",
            "7a1c0de0-0000-4000-8000-000000000001",
            "7a1c0de0-0000-4000-8000-0000000000a1",
        ),
        (
            "nahariya",
            "7a1c0de0-0000-4000-8000-000000000002",
            "7a1c0de0-0000-4000-8000-0000000000a2",
        ),
    )
}


def write_sample(
    folder: Path, *, municipalities: int = 12, people: int = 640, seed: int = 7
) -> None:
    """Write the sample cluster into `folder`: at most 12 places of the Galilee.

    Raises `ValueError` for more places than there are, or fewer people than roles.
    """
    if not 1 <= municipalities <= len(CURATED):
        raise ValueError(
            f"The sample has 1 to {len(CURATED)} municipalities, not {municipalities};"
            " use write_large for more."
        )
    places = CURATED[:municipalities]
    _write(folder, places, people, seed, cluster_machines(), desks=True)


def write_large(
    folder: Path, *, municipalities: int, people: int, seed: int = 7
) -> None:
    """Write a cluster of numbered towns of equal size in one tenant, for measuring.

    100,000 people in 250 municipalities take a few seconds. Raises `ValueError` when a
    town has fewer people than there are roles.
    """
    _write(folder, tuple(numbered(municipalities)), people, seed, desks=False)


def _write(
    folder: Path,
    places: Sequence[Place],
    people: int,
    seed: int,
    machines: dict[str, Any] | None = None,
    *,
    desks: bool = False,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _write_yaml(folder / "cluster.yml", _cluster(places) | (machines or {}))
    for place, count in zip(places, _shares(places, people), strict=True):
        home = folder / "municipalities" / place.slug
        home.mkdir(parents=True, exist_ok=True)
        staff = list(rows(place, count, seed))
        about = _municipality(place, staff, desks)
        about |= machines_of(place) if machines else {}
        _write_yaml(home / "municipality.yml", about)
        _write_people(home / "mailboxes.csv", staff)


def _shares(places: Sequence[Place], people: int) -> list[int]:
    """`people` split by weight; what rounding leaves goes one by one to the first."""
    total = sum(place.weight for place in places)
    counts = [people * place.weight // total for place in places]
    for index in range(people - sum(counts)):
        counts[index] += 1
    return counts


def _cluster(places: Iterable[Place]) -> dict[str, Any]:
    used = {place.tenant for place in places}
    return {
        "slug": "eshkol-galil",
        "names": {
            "he": "אשכול רשויות לדוגמה, גליל",
            "ar": "عنقود السلطات التجريبي، الجليل",
            "en": "Sample cluster of the Galilee",
        },
        "tenants": [tenant for name, tenant in _TENANTS.items() if name in used],
        "roles": [
            {"name": name, "names": msgspec.to_builtins(names)}
            for name, (names, _) in ROLES.items()
        ],
        "guards": {"removals_number": 20, "removals_share": 0.10},
        "defaults": {
            "time_zone": "Israel Standard Time",
            "locales": {"he": "he-IL", "ar": "ar-IL", "en": "en-US"},
            "working_week": {
                "days": ["sunday", "monday", "tuesday", "wednesday", "thursday"],
                "start": Clock("08:00"),
                "end": Clock("16:00"),
            },
        },
    }


def _municipality(place: Place, staff: Sequence[Row], desks: bool) -> dict[str, Any]:
    taken = Counter(row.license for row in staff if row.state != "leaver")
    shared = shared_mailboxes(staff) if desks else []
    return {
        "names": msgspec.to_builtins(place.names),
        "cbs_code": place.cbs_code,
        "type": place.type,
        "tenant": place.tenant,
        "domain": place.domain,
        "language": place.language,
        "seats": {sku: taken[sku] + _SLACK[sku] for sku in LICENSES},
        "cios": [row.address for row in staff if row.role == "cio"],
        **({"shared_mailboxes": shared} if shared else {}),
    }


class _Dumper(yaml.SafeDumper):
    """Indents the items of a list, as yamllint wants it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_representer(
    Clock,
    lambda dumper, clock: dumper.represent_scalar(
        "tag:yaml.org,2002:str", clock, style='"'
    ),
)


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    text = yaml.dump(
        content,
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=None,
        explicit_start=True,
        sort_keys=False,
        width=120,
    )
    path.write_text(_HEADER + text, encoding="utf-8", newline="\n")


def _write_people(path: Path, staff: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows(staff)
