"""One Exchange command on its way: its parameters, and the mailboxes it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct, field

from provisioner.sandbox.tenant.account import Account, Mailbox, Office
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.exchange_errors import BINDING, absent, refused
from provisioner.sandbox.tenant.replica import GUID
from provisioner.sandbox.tenant.world import World

_SERVER = "EUR01A001.PROD.OUTLOOK.COM"
UNLIMITED = 1_000_000


class Invocation(Struct):
    """A command with its parameters by lower-case name; `warnings` are told with 200."""

    world: World
    directory: Directory
    now: float
    command: str
    parameters: dict[str, Any]
    warnings: list[str] = field(default_factory=list)

    def text(self, name: str, default: str | None = None) -> str:
        """A parameter that is text; refuses where it is needed and not there."""
        value = self.parameters.get(name.lower(), default)
        if value is None or value == "":
            if default is not None:
                return default
            raise refused(
                f"Cannot bind argument to parameter '{name}' because it is null.",
                BINDING,
            )
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, str | int | bool):
            raise refused(f"Cannot convert the value of parameter '{name}'.", BINDING)
        return str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.parameters.get(name.lower(), default)
        if isinstance(value, str):
            return value.lower() == "true"
        return bool(value)

    def texts(self, name: str) -> list[str]:
        """A parameter of one or several values, as a list."""
        value = self.parameters.get(name.lower(), [])
        return [str(one) for one in value] if isinstance(value, list) else [str(value)]

    def limit(self) -> int:
        """How many objects are wanted at most: 1,000 unless said otherwise."""
        size = self.text("ResultSize", "1000")
        if size.lower() == "unlimited":
            return UNLIMITED
        if not size.isdecimal():
            raise refused(f"Cannot convert '{size}' to ResultSize.", BINDING)
        return int(size)

    def account(self, identity: str) -> Account:
        """The living account that an identity names; refuses where there is none."""
        found = find(self.directory, identity)
        if found is None:
            raise absent(identity, _SERVER)
        return found

    def mailbox(self) -> Account:
        """The account whose mailbox `-Identity` names."""
        identity = self.text("Identity")
        found = self.account(identity)
        if found.mailbox is None or not found.mailbox.ready:
            raise absent(identity, _SERVER)
        return found

    def put(self, old: Account, new: Account, *names: str) -> None:
        """Change what the directory knows too: it shows in Graph after the lag."""
        lag = self.world.conduct.replication_lag
        self.directory.put(old, new, self.now, names=names, lag=lag)

    def keep(self, account: Account, office: Office) -> None:
        """Change what only Exchange knows: no entry in the directory's log, no lag."""
        mailbox = msgspec.structs.replace(mailbox_of(account), office=office)
        new = msgspec.structs.replace(account, mailbox=mailbox)
        self.directory.accounts[account.id] = new


class Shown(Struct, frozen=True):
    """What a command answers, each object described only when its page is asked for."""

    objects: Sequence[Any] = ()
    describe: Callable[[Any], dict[str, Any]] = dict

    @property
    def total(self) -> int:
        return len(self.objects)

    def rows(self, start: int, stop: int) -> list[dict[str, Any]]:
        return [self.describe(one) for one in self.objects[start:stop]]


Command: TypeAlias = Callable[[Invocation], Shown]
NOTHING = Shown()


def mailbox_of(account: Account) -> Mailbox:
    assert account.mailbox is not None  # noqa: S101 - looked up by its mailbox
    return account.mailbox


def find(directory: Directory, identity: str) -> Account | None:
    """The living account with this id, name, address or alias."""
    key = identity.lower().removeprefix("smtp:")
    identifier = key if GUID.match(key) else directory.owner(key)
    found = directory.accounts.get(identifier or "")
    if found is None and "@" not in key:
        found = next((one for one in living(directory) if key in _names(one)), None)
    return found if found is not None and found.deleted is None else None


def living(directory: Directory) -> list[Account]:
    """Accounts that are not deleted, in list order."""
    return [directory.accounts[identifier] for identifier in directory.ids]


def _names(account: Account) -> set[str]:
    names = {str(account.properties.get("mailNickname", "")).lower()}
    if account.mailbox is not None:
        names.add(account.mailbox.office.name.lower())
    return names - {""}
