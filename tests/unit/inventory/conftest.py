"""A small valid inventory, and a hand that writes it with what a test changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from provisioner.errors import InventoryInvalid
from provisioner.inventory import load
from provisioner.model.place import Fault

HEADER = (
    "address,display_name,given_name,surname,employee_id,department,job_title,role,"
    "license,language,aliases,state\n"
)
CLUSTER = """\
slug: eshkol
names: {he: אשכול, ar: عنقود, en: Cluster}
tenants:
  - name: galil
    tenant_id: 6f2b0000-0000-4000-8000-000000000001
    client_id: 6f2b0000-0000-4000-8000-000000000002
    client_secret: env/GALIL_SECRET
    licenses: [EXCHANGESTANDARD, SPB]
roles:
  - {name: head, names: {he: ראש, ar: رئيس, en: Head}}
  - {name: treasurer, names: {he: גזבר, ar: أمين, en: Treasurer}}
"""
RAMEH = """\
names: {he: ראמה, ar: الرامة, en: Rameh}
cbs_code: 0543
type: local_council
tenant: galil
domain: rameh.example
language: ar
seats: {EXCHANGESTANDARD: 4, SPB: 1}
cios: [samir.khoury@rameh.example]
"""
YARKA = """\
names: {he: ירכא, ar: يركا, en: Yarka}
cbs_code: "0502"
type: local_council
tenant: galil
domain: yarka.example
language: he
seats: {EXCHANGESTANDARD: 3}
"""
RAMEH_PEOPLE = (
    HEADER + "samir.khoury,سمير خوري,سمير,خوري,1001,إدارة,رئيس,head,SPB,,samir,\n"
    'huda@rameh.example,هدى حنا,هدى,حنا,1002,إدارة,"מנכ""ל",,EXCHANGESTANDARD,he,,active\n'
    "salim,سليم نصر,سليم,نصر,,,,,EXCHANGESTANDARD,,,leaver\n"
)
YARKA_PEOPLE = (
    HEADER + "Yael.Perets,יעל פרץ,יעל,פרץ,2001,גזברות,גזברית,treasurer,"
    "EXCHANGESTANDARD,,,\n"
)
BASE = {
    "cluster.yml": CLUSTER,
    "municipalities/rameh/municipality.yml": RAMEH,
    "municipalities/rameh/mailboxes.csv": RAMEH_PEOPLE,
    "municipalities/yarka/municipality.yml": YARKA,
    "municipalities/yarka/mailboxes.csv": YARKA_PEOPLE,
}
Files = Mapping[str, str | bytes | None]
Writer = Callable[..., Path]


@pytest.fixture
def base() -> dict[str, str]:
    """The text of each file of the valid inventory."""
    return dict(BASE)


@pytest.fixture
def header() -> str:
    return HEADER


@pytest.fixture
def written(tmp_path: Path) -> Writer:
    """Write the valid inventory with some files changed; None leaves one out."""

    def write(changed: Files | None = None) -> Path:
        root = tmp_path / "inventory"
        files: dict[str, str | bytes | None] = {**BASE, **(changed or {})}
        for name, content in files.items():
            if content is None:
                continue
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            data = content.encode("utf-8") if isinstance(content, str) else content
            path.write_bytes(data)
        root.mkdir(exist_ok=True)
        return root

    return write


@pytest.fixture
def faults_of() -> Callable[[Path], tuple[Fault, ...]]:
    """The faults of the inventory in a folder; none when it is valid."""

    def find(root: Path) -> tuple[Fault, ...]:
        try:
            load(root)
        except InventoryInvalid as invalid:
            faults: tuple[Fault, ...] = invalid.faults  # type: ignore[assignment]
            return faults
        return ()

    return find
