"""Rows of an upload to people, each cell held against the same types as the inventory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from pydantic import ValidationError

from provisioner.errors import UploadRefused
from provisioner.inventory.addresses import propose
from provisioner.inventory.characters import shown
from provisioner.inventory.definition.municipality import MailboxRow
from provisioner.inventory.faults import suggestion
from provisioner.inventory.upload.cells import Cell, Sheet, read_cells
from provisioner.inventory.upload.headings import language_of, plain, read_headings
from provisioner.inventory.wording import worded
from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality
from provisioner.model.upload import CellFault, Preview, PreviewRow, ReadColumn
from provisioner.model.wish import NewPerson, whole

_NAMES = NewPerson.__struct_fields__
_UNUSABLE = {
    "formula": ("{name} holds a formula.", "Write its value in its place."),
    "error": ("{name} holds an error of the spreadsheet.", "Write the value itself."),
}


def read_upload(
    name: str,
    data: bytes,
    cluster: Cluster,
    town: Municipality,
    taken: Collection[str],
) -> Preview:
    """A file as it was understood; `taken` are the whole addresses nobody may get again.

    Raises `UploadRefused` where it is no table of people.
    """
    sheet = read_cells(name, data)
    columns = read_headings([one.text for one in sheet.rows[0][1]])
    fields = {one.field for one in columns}
    if not fields & {"display_name", "given_name", "surname"}:
        raise UploadRefused(
            "No column of names was recognised in the first row.",
            remedy="Name the columns, for example: שם פרטי, שם משפחה, תפקיד.",
        )
    reader = _Reader(cluster, town, columns, taken, sheet)
    rows = tuple(reader.row(line, cells) for line, cells in sheet.rows[1:])
    if not rows:
        raise UploadRefused(
            "The file has no rows of people.",
            remedy="Write a row for each person below the names of the columns.",
        )
    return Preview(name, sheet.encoding, _present(columns, sheet), rows)


def _present(columns: tuple[ReadColumn, ...], sheet: Sheet) -> tuple[ReadColumn, ...]:
    """Without those that have neither a name nor a value: workbooks are wide."""
    used = {
        at
        for _, cells in sheet.rows
        for at, one in enumerate(cells)
        if one.text or one.fault
    }
    return tuple(one for at, one in enumerate(columns) if at in used)


class _Reader:
    """Reads row after row; remembers what those before have taken."""

    def __init__(
        self,
        cluster: Cluster,
        town: Municipality,
        columns: tuple[ReadColumn, ...],
        taken: Collection[str],
        sheet: Sheet,
    ) -> None:
        self._town = town
        self._columns = columns
        self._taken = set(taken)
        self._ids = {one.employee_id for one in town.people if one.employee_id}
        self._offered = cluster.tenant(town.tenant).licenses
        self._license = max(town.seats, key=town.seats.__getitem__, default="")
        self._roles = {
            plain(word): role.name
            for role in cluster.roles
            for word in (role.name, role.names.he, role.names.ar, role.names.en)
        }
        self._lines: dict[str, int] = {}
        # Addresses written anywhere in the file are not proposed to others.
        self._written = set(_addresses(columns, sheet, town.domain))

    def row(self, line: int, cells: list[Cell]) -> PreviewRow:
        """One row as a person with faults."""
        given = {
            column.field: cell
            for column, cell in zip(self._columns, cells, strict=False)
            if column.field
        }
        faults = [
            _unusable(name, one.fault) for name, one in given.items() if one.fault
        ]
        values = dict.fromkeys(_NAMES, "") | {
            name: one.text for name, one in given.items() if not one.fault
        }
        faults += self._left(values.pop("state", ""))
        spoilt = {one.column for one in faults}
        assumed = tuple(self._filled(values, spoilt))
        if spoilt and not values["address"]:
            spoilt.add("address")  # there was nothing to propose one from: told already
        faults += [one for one in self._wrong(values) if one.column not in spoilt]
        self._taken.add(values["address"])
        person = NewPerson(**values)
        name = plain(person.display_name)
        before = self._lines.setdefault(name, line) if name else line
        same = before if before != line else 0
        return PreviewRow(line, person, tuple(faults), assumed, same)

    def _filled(self, values: dict[str, str], spoilt: set[str]) -> Iterator[str]:
        """Fill in what offices leave out; the names of what was."""
        names = [values["given_name"], values["surname"]]
        if not values["display_name"] and any(names):
            values["display_name"] = " ".join(filter(None, names))
            yield "display_name"
        if not any(names) and values["display_name"]:
            first, _, last = values["display_name"].partition(" ")
            values |= {"given_name": first, "surname": last.strip()}
            yield from ("given_name", "surname")
        if not values["license"] and "license" not in spoilt:
            values["license"] = self._license
            yield "license"
        values["role"] = self._roles.get(plain(values["role"]), values["role"])
        values["language"] = language_of(values["language"])
        if values["address"]:
            values["address"] = whole(values["address"], self._town.domain)
        elif "address" not in spoilt and values["display_name"]:
            values["address"] = propose(
                values["given_name"],
                values["surname"],
                self._town.domain,
                self._taken | self._written,
            )
            yield "address"

    def _wrong(self, values: Mapping[str, str]) -> Iterator[CellFault]:
        """The same faults as `provisioner check` has for a row, and who else has it."""
        broken = set()
        try:
            MailboxRow.model_validate({**values, "state": ""})
        except ValidationError as error:
            for one in error.errors(include_url=False):
                name = str(one["loc"][0])
                broken.add(name)
                code, what, remedy = worded(one, name, values[name])
                yield CellFault(name, what, remedy, code)
        for fault in self._out_of_place(values):
            if fault.column not in broken:
                yield fault

    def _out_of_place(self, values: Mapping[str, str]) -> Iterator[CellFault]:
        role, license_name = values["role"], values["license"]
        if role and role not in self._roles.values():
            known = list(dict.fromkeys(self._roles.values()))
            remedy = suggestion(role, known, f"Known roles: {', '.join(known)}.")
            what = f"The cluster has no role {role!r}."
            yield CellFault("role", what, remedy, "unknown-role")
        if license_name not in self._offered:
            otherwise = f"It offers: {', '.join(self._offered)}."
            remedy = suggestion(license_name, self._offered, otherwise)
            what = f"The tenant does not offer {license_name!r}."
            yield CellFault("license", what, remedy, "license-not-offered")
        address = values["address"]
        if not address.endswith(f"@{self._town.domain}"):
            domain, local = self._town.domain, address.partition("@")[0]
            what = f"{shown(address)} is not in the municipality's domain {domain}."
            remedy = f"Write for example {local}."
            yield CellFault("address", what, remedy, "foreign-address")
        elif address in self._taken:
            what = f"The address {address} is taken already."
            remedy = "Leave the cell empty to have one proposed."
            yield CellFault("address", what, remedy, "duplicate-address")
        number = values["employee_id"]
        if number and number in self._ids:
            what = f"The employee id {number!r} is that of another person."
            remedy = "Each person has an id of their own."
            yield CellFault("employee_id", what, remedy, "duplicate-employee")
        self._ids.add(number)

    def _left(self, state: str) -> list[CellFault]:
        if state in ("", "active"):
            return []
        what = f"A list of new people has nobody whose state is {state!r}."
        remedy = "Take the row out; who leaves is a request of its own."
        return [CellFault("", what, remedy, "unknown-value")]


def _unusable(name: str, fault: str) -> CellFault:
    what, remedy = _UNUSABLE[fault]
    return CellFault(name, what.format(name=name), remedy, "formula")


def _addresses(
    columns: tuple[ReadColumn, ...], sheet: Sheet, domain: str
) -> Iterable[str]:
    fields = [one.field for one in columns]
    if "address" not in fields:
        return
    at = fields.index("address")
    for _, cells in sheet.rows[1:]:
        if at < len(cells) and cells[at].text:
            yield whole(cells[at].text, domain)
