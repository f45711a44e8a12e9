"""`/users`: list, read, create, change and delete."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from itertools import islice
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.filtering import Filter, parse_filter
from provisioner.sandbox.tenant.mailbox_life import licensed
from provisioner.sandbox.tenant.properties import DEFAULT_SET, SENSITIVE
from provisioner.sandbox.tenant.query import (
    link,
    page,
    page_size,
    page_start,
    refuse_options,
    selected,
)
from provisioner.sandbox.tenant.refusal import (
    Refusal,
    bad_request,
    conflict,
    forbidden,
    not_found,
)
from provisioner.sandbox.tenant.replica import Reader
from provisioner.sandbox.tenant.validation import read_password, read_user, require_all

EVERYTHING = ("*",)
_CLOUD_OWNED = frozenset({"usageLocation", "otherMails", "passwordProfile"})


def found_user(call: Call, key: str | None = None) -> Account:
    """The live user of the path as a replica shows it; refuses with 404."""
    key = call.params[0] if key is None else key
    account = call.reader.find(key)
    if account is None:
        raise not_found(key)
    return account


def current(call: Call, account: Account) -> Account:
    """The newest version of what a replica showed, for writing."""
    newest = call.directory.accounts.get(account.id)
    if newest is None or newest.deleted is not None:
        raise not_found(account.id)
    return newest


def list_users(call: Call) -> Answer:
    refuse_options(call, "expand", "orderby", "search", "skip")
    names = selected(call.options.get("select"))
    size = page_size(call.options.get("top"))
    after = page_start(call)
    reader = call.reader
    projection = call.directory.projection(names)
    matches: Callable[[Account], bool] | None = None
    if "filter" in call.options:
        chosen = parse_filter(call.options["filter"], eventual=call.eventual)
        matches = chosen.matches
        accounts, more = _matching(reader, chosen, after, size)
        rows = reader.rows(accounts, projection)
        last = accounts[-1].seq if accounts else after
    else:
        rows, last, more = reader.page(after, size, projection)
    counted = call.eventual and not after
    return page(
        call,
        _users_context(call, names),
        rows,
        here=link(call, "users", after),
        following=link(call, "users", last) if more else None,
        count=_count(reader, matches) if counted else None,
    )


def _count(reader: Reader, matches: Callable[[Account], bool] | None) -> int:
    return sum(1 for account in reader.live(0) if matches is None or matches(account))


def _matching(
    reader: Reader, chosen: Filter, after: int, size: int
) -> tuple[list[Account], bool]:
    if chosen.names is not None:
        named = {a.id: a for a in map(reader.find, chosen.names) if a is not None}
        candidates = sorted(
            (a for a in named.values() if a.seq > after), key=lambda a: a.seq
        )
    else:
        candidates = reader.live(after)  # type: ignore[assignment]
    found = list(islice(filter(chosen.matches, candidates), size + 1))
    return found[:size], len(found) > size


def _users_context(call: Call, names: tuple[str, ...]) -> str:
    return f"users({','.join(names)})" if "select" in call.options else "users"


def count_users(call: Call) -> Answer:
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise bad_request("$count is not currently supported.")
    text = call.options.get("filter")
    matches = parse_filter(text, eventual=True).matches if text is not None else None
    number = _count(call.reader, matches)
    return Answer(200, str(number).encode(), content_type="text/plain")


def read_one(call: Call) -> Answer:
    refuse_options(call, "expand")
    names = selected(call.options.get("select"))
    account = found_user(call)
    row = call.directory.projection(names).fresh(account)
    return Answer(200, entity(call, f"{_users_context(call, names)}/$entity", row))


def entity(call: Call, what: str, row: bytes, kind: str = "") -> bytes:
    """One object that is JSON already, with its context and, if given, its type."""
    head = {"@odata.context": call.context(what)}
    if kind:
        head["@odata.type"] = f"#microsoft.graph.{kind}"
    return msgspec.json.encode(head)[:-1] + b"," + row[1:]


def create_user(call: Call) -> Answer:
    given = read_user(call.document())
    require_all(given)
    profile = given.pop("passwordProfile")
    directory = call.directory
    _check_names(directory, given, None)
    name = given["userPrincipalName"]
    properties = {
        "userType": "Member",
        **{k: v for k, v in given.items() if v is not None},
    }
    account = Account(
        id=str(uuid.uuid4()),
        seq=directory.next_seq(),
        created=call.now,
        properties=_without_gaps(properties),
        password=read_password(profile, name, None, call.now),
        proxies=_proxies((), given.get("mail")),
    )
    directory.put(
        None,
        account,
        call.now,
        names=EVERYTHING,
        lag=call.world.conduct.replication_lag,
    )
    row = directory.projection(DEFAULT_SET).fresh(account)
    location = f"{call.origin}/v1.0/users/{account.id}"
    return Answer(201, entity(call, "users/$entity", row), {"Location": location})


def _without_gaps(properties: dict[str, Any]) -> dict[str, Any]:
    """Without what was given as null inside complex properties."""
    return {
        name: {k: v for k, v in value.items() if v is not None}
        if isinstance(value, dict)
        else value
        for name, value in properties.items()
    }


def _check_names(
    directory: Directory, given: dict[str, Any], owner: str | None
) -> None:
    """Refuse names of foreign domains and names somebody else has."""
    name = given.get("userPrincipalName")
    if name is not None:
        domain = directory.domain_of(name)
        if domain is None or not domain.verified:
            raise bad_request(
                "The domain portion of the userPrincipalName property is invalid. You"
                " must use one of the verified domain names in your organization.",
                "InvalidValue",
                "userPrincipalName",
            )
        if directory.by_name.get(name.lower(), owner) != owner:
            raise conflict("userPrincipalName")
    for address in filter(None, (name, given.get("mail"))):
        if (directory.owner(address) or owner) != owner:
            raise conflict("proxyAddresses")


def _proxies(old: tuple[str, ...], mail: str | None) -> tuple[str, ...]:
    """The addresses once `mail` is the first of them; the former ones stay."""
    if mail is None:
        return old
    rest = [p for p in old if p.partition(":")[2].lower() != mail.lower()]
    return f"SMTP:{mail}", *(p.replace("SMTP:", "smtp:", 1) for p in rest)


def change_user(call: Call) -> Answer:
    account = current(call, found_user(call))
    given = read_user(call.document())
    directory = call.directory
    if SENSITIVE & given.keys() and directory.is_administrator(account.id):
        raise forbidden()
    if account.properties.get("onPremisesSyncEnabled") and given.keys() - _CLOUD_OWNED:
        raise mastered_elsewhere()
    _check_names(directory, given, account.id)
    profile = given.pop("passwordProfile", None)
    properties = _merged(account.properties, given)
    changed = {k for k in given if properties.get(k) != account.properties.get(k)}
    new = msgspec.structs.replace(account, properties=properties)
    if "mail" in changed and properties.get("mail"):
        changed.add("proxyAddresses")
        new = msgspec.structs.replace(
            new, proxies=_proxies(account.proxies, properties["mail"])
        )
    if profile:
        password = read_password(profile, new.name, account.password, call.now)
        new = msgspec.structs.replace(new, password=password)
        changed.add("passwordProfile")
    if changed:
        directory.put(
            account,
            new,
            call.now,
            names=tuple(sorted(changed)),
            lag=call.world.conduct.replication_lag,
        )
    return Answer(204)


def _merged(old: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Properties after a change: null clears, parts of complex ones are kept."""
    new = dict(old)
    for name, value in given.items():
        if isinstance(value, dict):
            value = {**old.get(name, {}), **value}
            value = {part: text for part, text in value.items() if text is not None}
        if value is None or value == {}:
            new.pop(name, None)
        else:
            new[name] = value
    return new


def mastered_elsewhere() -> Refusal:
    return bad_request(
        "Unable to update the specified properties for on-premises mastered Directory"
        " Sync objects or objects currently undergoing migration."
    )


def delete_user(call: Call) -> Answer:
    account = current(call, found_user(call))
    if call.directory.is_administrator(account.id):
        raise forbidden()
    if account.properties.get("onPremisesSyncEnabled"):
        raise mastered_elsewhere()
    call.directory.put(
        account,
        put_in_bin(call, account),
        call.now,
        lag=call.world.conduct.replication_lag,
    )
    return Answer(204)


def put_in_bin(call: Call, account: Account) -> Account:
    """The account as the recycle bin keeps it.

    Its licences are free for others; its name bears the id without dashes in front, so
    that the name can be given to somebody else meanwhile.
    """
    emptied = licensed(account, (), call.now, call.world.conduct)
    prefix = account.id.replace("-", "")
    return msgspec.structs.replace(
        emptied,
        deleted=call.now,
        licences_lost=account.licences,
        properties={**account.properties, "userPrincipalName": prefix + account.name},
    )
