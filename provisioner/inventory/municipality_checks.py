"""What must hold within one municipality beyond the form of its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from provisioner.inventory.characters import shown
from provisioner.inventory.draft import Draft
from provisioner.inventory.faults import Faults, suggestion
from provisioner.inventory.people import WRONG, People
from provisioner.inventory.shared_mailboxes import KEY, check_members
from provisioner.model.place import Place

_MANY = 3  # fewer foreign addresses are told one by one


class Rules:
    """What the cluster allows; a part is None when its own entry is wrong."""

    def __init__(self, parts: dict[str, Any], faults: Faults) -> None:
        self._faults = faults
        tenants = parts.get("tenants")
        self.licenses: dict[str, tuple[str, ...]] | None = None
        if tenants is not None and len({one.name for one in tenants}) == len(tenants):
            self.licenses = {one.name: one.licenses for one in tenants}
        self.roles: set[str] | None = None
        if "roles" in parts:
            self.roles = {one.name for one in parts["roles"]}

    def check(self, draft: Draft, people: People | None) -> None:
        """Every fault of one municipality that its files show together."""
        offered = self._tenant(draft)
        if draft.domain:
            self._addresses_of_cios(draft)
            self._addresses_of_shared_mailboxes(draft)
        if offered is not None:
            self._seats_offered(draft, offered)
        if people is None:
            return
        if draft.domain:
            elsewhere = self._addresses(draft, people)
            if not elsewhere and WRONG not in draft.addresses:
                self._people_named(draft)
        self._employee_ids(people)
        if self.roles is not None:
            self._roles(people, self.roles)
        if offered is not None:
            self._licenses(draft, people, offered)
        self._budget(draft, people, offered)

    def _tenant(self, draft: Draft) -> Collection[str] | None:
        """The licences of the municipality's tenant, None when that is unknown."""
        name = draft.parts.get("tenant")
        if self.licenses is None or name is None:
            return None
        if name not in self.licenses:
            otherwise = f"Known tenants: {', '.join(self.licenses)}."
            self._faults.add(
                draft.place("tenant"),
                "unknown-tenant",
                f"The cluster has no tenant {shown(name)}.",
                suggestion(name, self.licenses, otherwise),
            )
        return self.licenses.get(name)

    def _seats_offered(self, draft: Draft, offered: Collection[str]) -> None:
        for license_name in draft.parts.get("seats", {}):
            if license_name not in offered and draft.checked:
                place = draft.checked.document.place_of_key("seats", license_name)
                self._not_offered(place, draft, license_name, offered)

    def _licenses(self, draft: Draft, people: People, offered: Collection[str]) -> None:
        for row in _rows_beyond(people, "license", {*offered}):
            license_name = people.columns["license"][row]
            place = people.place(row, "license")
            self._not_offered(place, draft, license_name, offered)

    def _not_offered(
        self, place: Place, draft: Draft, name: str, offered: Collection[str]
    ) -> None:
        otherwise = f"It offers: {', '.join(offered)}."
        what = f"The tenant {draft.parts['tenant']} does not offer {shown(name)}."
        remedy = suggestion(name, offered, otherwise)
        self._faults.add(place, "license-not-offered", what, remedy)

    def _roles(self, people: People, roles: set[str]) -> None:
        for row in _rows_beyond(people, "role", roles | {""}):
            role = people.columns["role"][row]
            otherwise = f"Known roles: {', '.join(sorted(roles))}."
            self._faults.add(
                people.place(row, "role"),
                "unknown-role",
                f"The cluster has no role {shown(role)}.",
                suggestion(role, roles, otherwise),
            )

    def _people_named(self, draft: Draft) -> None:
        """Members of shared mailboxes and managers are people of the municipality."""
        entries = draft.parts.get(KEY, ())
        managers = draft.parts.get("managers", {})
        if not entries and not managers:
            return
        known, suffix = {*draft.addresses}, f"@{draft.domain}"
        check_members(entries, suffix, known, draft.place, self._faults)
        for department, given in managers.items():
            manager = given if "@" in given else given + suffix
            if manager not in known:
                otherwise = "Name people of its mailboxes.csv by their primary address."
                self._faults.add(
                    draft.place("managers", department),
                    "unknown-manager",
                    f"No person of the municipality has the address {shown(manager)}.",
                    suggestion(manager, known, otherwise),
                )

    def _addresses_of_cios(self, draft: Draft) -> None:
        for number, address in enumerate(draft.parts.get("cios", ())):
            if "@" in address and not address.endswith(f"@{draft.domain}"):
                self._foreign(address, draft, draft.place("cios", number))

    def _addresses_of_shared_mailboxes(self, draft: Draft) -> None:
        for address, place in draft.shared_addresses:
            if not address.endswith(f"@{draft.domain}"):
                self._foreign(address, draft, place)

    def _addresses(self, draft: Draft, people: People) -> bool:
        """Tell of those in another domain; whether most of them are."""
        suffix = f"@{draft.domain}"
        if self._most_are_foreign(draft, people, suffix):
            return True
        for row, (address, aliases) in enumerate(
            zip(draft.addresses, draft.aliases, strict=True)
        ):
            if address is not WRONG and not address.endswith(suffix):
                self._foreign(address, draft, people.place(row, "address"))
            if not aliases or aliases is WRONG:
                continue
            for alias in aliases:
                if not alias.endswith(suffix):
                    self._foreign(alias, draft, people.place(row, "aliases"))
        return False

    def _most_are_foreign(self, draft: Draft, people: People, suffix: str) -> bool:
        """Tell once of a file most of whose people are elsewhere: it has one cause."""
        known = [one for one in draft.addresses if one is not WRONG]
        rows = [
            row
            for row, one in enumerate(draft.addresses)
            if one is not WRONG and not one.endswith(suffix)
        ]
        if len(rows) < _MANY or len(rows) * 2 <= len(known):
            return False
        what = (
            f"{len(rows)} of {len(known)} addresses are not in the municipality's domain"
            f" {draft.domain}; this is the first."
        )
        remedy = f"Was the domain changed? See {draft.place('domain')}."
        self._faults.add(
            people.place(rows[0], "address"), "foreign-address", what, remedy
        )
        return True

    def _foreign(self, address: str, draft: Draft, place: Place) -> None:
        local = address.partition("@")[0]
        what = f"{shown(address)} is not in the municipality's domain {draft.domain}."
        remedy = f"Write {local} or {local}@{draft.domain}."
        self._faults.add(place, "foreign-address", what, remedy)

    def _employee_ids(self, people: People) -> None:
        ids = [one for one in people.columns["employee_id"] if one and one is not WRONG]
        if len(set(ids)) == len(ids):
            return
        first: dict[str, int] = {}
        for row, number in enumerate(people.columns["employee_id"]):
            if not number or number is WRONG or first.setdefault(number, row) == row:
                continue
            other = people.place(first[number], "employee_id")
            self._faults.add(
                people.place(row, "employee_id"),
                "duplicate-employee",
                f"The employee id {shown(number)} is that of another person ({other}).",
                "Each person has an id of their own; leave it empty if unknown.",
            )

    def _budget(
        self, draft: Draft, people: People, offered: Collection[str] | None
    ) -> None:
        budget = draft.parts.get("seats")
        if budget is None:
            return
        columns = people.columns
        needed: Counter[Any] = Counter(
            license_name
            for license_name, state in zip(
                columns["license"], columns["state"], strict=True
            )
            if state != "leaver" and license_name is not WRONG
        )
        for license_name, count in sorted(needed.items()):
            seats = budget.get(license_name, 0)
            # One that nobody offers and nobody budgets for is told where it stands.
            meant = offered is None or license_name in {*offered, *budget}
            if count > seats and meant:
                self._over_budget(draft, license_name, count, seats)

    def _over_budget(self, draft: Draft, name: str, count: int, seats: int) -> None:
        what = f"Active people need {count} seats of {name}; the budget has {seats}."
        remedy = f"Raise seats.{name} to {count}, or free {count - seats}."
        self._faults.add(draft.place("seats", name), "over-budget", what, remedy)


def _rows_beyond(people: People, column: str, allowed: set[str]) -> Sequence[int]:
    """The rows whose value is none of the allowed ones."""
    values = people.columns[column]
    strange = set(values) - allowed - {WRONG}
    if not strange:
        return ()
    return [row for row, value in enumerate(values) if value in strange]
