"""Whom a person can be at the sign-in page: those of a tenant who may sign in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.signin_page import Person, choice_page

_SHOWN = 50
_OWN = frozenset({"user", "sought", "decline"})


def choice(
    directory: Directory, wishes: dict[str, str], *, declines: bool = False
) -> Answer:
    """The page to choose on; the wishes come back with the choice, or with `decline`."""
    sought = wishes.get("sought", wishes.get("login_hint", ""))
    found = list(islice(_people(directory, sought.lower()), _SHOWN + 1))
    kept = {name: value for name, value in wishes.items() if name not in _OWN}
    return choice_page(
        directory.display_name or directory.name,
        found[:_SHOWN],
        wishes=kept,
        sought=sought,
        more=len(found) > _SHOWN,
        declines=declines,
    )


def _people(directory: Directory, sought: str) -> Iterator[Person]:
    """Those who can sign in, who bear an app role first, with `sought` in their name."""
    bearers = directory.app_roles
    for identifier in (*bearers, *(one for one in directory.ids if one not in bearers)):
        account = directory.accounts[identifier]
        name = str(account.properties.get("displayName") or account.name)
        roles = ", ".join(bearers.get(identifier, ()))
        hit = any(sought in one.lower() for one in (name, account.name, roles))
        if hit and can_sign_in(account):
            yield Person(account.id, name, account.name, roles)


def can_sign_in(account: Account) -> bool:
    enabled = account.properties.get("accountEnabled", True)
    return account.deleted is None and bool(enabled)
