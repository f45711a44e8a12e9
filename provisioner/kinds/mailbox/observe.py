"""Reading every mailbox of a tenant in bulk and sorting them by municipality."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from provisioner.errors import ProviderError
from provisioner.kind import Observed as KindObserved
from provisioner.kind import Providers, Scope
from provisioner.kinds.mailbox.departures import observe_departures
from provisioner.kinds.mailbox.observe_handover import observe_left_behind
from provisioner.kinds.mailbox.settings_read import read_answers
from provisioner.kinds.mailbox.spec import (
    SETTINGS_ASPECT,
    SETTINGS_FIELDS,
    MailboxSpec,
    Seen,
    read_mark,
    read_settings,
)
from provisioner.model.cluster import Tenant
from provisioner.model.mark import SHARED_MARK_PREFIX
from provisioner.model.municipality import Municipality
from provisioner.model.resource import (
    Observation,
    Observed,
    Resource,
    Seats,
    Unknown,
    key_of,
)
from provisioner.providers.graph.directory import Directory, Sku
from provisioner.providers.graph.exchange_wire import secondary
from provisioner.providers.graph.wire import User

# Entra prefixes the UPN of a deleted user with its object id, dashes removed.
_DELETED_PREFIX = re.compile(r"^[0-9a-f]{32}(?=.+@)")
_NOT_SEEN: Seen = (None, None, None, None, None)


class Reader:
    """Turns users of one tenant into observed mailboxes.

    `everyone` are the slugs of the whole cluster, in the scope or not. `part_numbers`
    maps the SKU ids offered to municipalities to part numbers; other licences (a Visio
    somebody bought) are not ours to compare.
    """

    def __init__(
        self,
        tenant: Tenant,
        municipalities: Sequence[Municipality],
        everyone: frozenset[str],
        skus: Sequence[Sku],
        privileged: Mapping[str, str],
        seen: Mapping[str, bytes],
    ) -> None:
        self._attribute = tenant.mark_attribute
        self._protected = {address.lower() for address in tenant.protected}
        self._by_domain = {one.domain: one.slug for one in municipalities}
        self._slugs = {one.slug for one in municipalities}
        self._everyone = everyone
        self._shared = {
            shared.address for one in municipalities for shared in one.shared_mailboxes
        }
        self._privileged = privileged
        self._seen = seen
        self.part_numbers = {
            sku.sku_id: sku.part_number
            for sku in skus
            if sku.part_number in tenant.licenses
        }

    def mark(self, user: User) -> str:
        attributes = user.on_premises_extension_attributes
        return attributes.number(self._attribute) if attributes else ""

    def home(self, address: str, mark: str) -> tuple[str, str, str] | None:
        """Municipality, name and mark of a user: by our mark first, then by its domain.

        The mark is "" where it is not ours. A user that bears the mark of a municipality
        outside the scope is that one's, wherever its address lies; the user behind a
        shared mailbox is of another kind and has no home here.
        """
        if mark.startswith(SHARED_MARK_PREFIX) or address in self._shared:
            return None
        marked = read_mark(mark) if mark else None
        if marked is not None and marked[0] in self._everyone:
            return (*marked, mark) if marked[0] in self._slugs else None
        slug = self._by_domain.get(address.rpartition("@")[2])
        return (slug, address, "") if slug else None

    def observed(self, user: User, slug: str, name: str, mark: str) -> Observed[Any]:
        body = self._seen.get(key_of(slug, "mailbox", name))
        spec = self._spec(user, read_settings(body) if body else _NOT_SEEN)
        return Observed(name, user.id, spec, mark, self._protection(user, spec.address))

    def _spec(self, user: User, seen: Seen) -> MailboxSpec:
        offered = self.part_numbers
        return MailboxSpec(
            user.user_principal_name.lower(),
            user.display_name or "",
            user.given_name or "",
            user.surname or "",
            user.employee_id or "",
            user.department or "",
            user.job_title or "",
            bool(user.account_enabled),
            user.usage_location or "",
            tuple(
                sorted(
                    offered[one.sku_id]
                    for one in user.assigned_licenses
                    if one.sku_id in offered
                )
            ),
            *seen,
            secondary(
                user.proxy_addresses,
                user.user_principal_name.lower().rpartition("@")[2],
            ),
        )

    def _protection(self, user: User, address: str) -> str:
        if role := self._privileged.get(user.id):
            return f"holds the role {role}"
        if user.on_premises_sync_enabled:
            return "is synchronised from an on-premises directory"
        if address in self._protected:
            return "is on the tenant's list of protected accounts"
        return ""


def slugs(scope: Scope) -> frozenset[str]:
    """All municipalities of the cluster, in the scope or not."""
    return frozenset(one.slug for one in scope.cluster.municipalities)


def sort_present(reader: Reader, users: Iterable[User]) -> dict[str, dict[str, Any]]:
    """Users by municipality and resource name; ours win over namesakes."""
    sorted_users: dict[str, dict[str, Any]] = defaultdict(dict)
    for user in users:
        home = reader.home(user.user_principal_name.lower(), reader.mark(user))
        if home is not None:
            _place(sorted_users[home[0]], reader.observed(user, *home))
    return sorted_users


def _place(bucket: dict[str, Observed[Any]], one: Observed[Any]) -> None:
    """Put `one` under its name; a copied mark or a namesake goes under its own address.

    The real bearer of a mark is the one whose address it names.
    """
    held = bucket.get(one.name)
    if held is None:
        bucket[one.name] = one
        return
    stays, moves = (held, one)
    if _claim(one) > _claim(held):
        stays, moves = one, held
    bucket[one.name] = stays
    other = f"{moves.spec.address}#{moves.object_id}"
    bucket[other] = Observed(other, moves.object_id, moves.spec, "", moves.protected)


def _claim(one: Observed[Any]) -> tuple[bool, bool]:
    return bool(one.mark), one.spec.address == one.name


def sort_deleted(reader: Reader, users: Iterable[User]) -> dict[str, dict[str, Any]]:
    """Deleted users that bear our mark, by municipality and name; the newest wins."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    newest_last = sorted(users, key=lambda user: user.deleted_date_time or "")
    for user in newest_last:
        address = _DELETED_PREFIX.sub("", user.user_principal_name.lower())
        home = reader.home(address, reader.mark(user))
        if home is not None and home[2]:
            named = msgspec.structs.replace(user, user_principal_name=address)
            found[home[0]][home[1]] = reader.observed(named, *home)
    return found


async def observe_mailboxes(
    scope: Scope,
    tenant: Tenant,
    desired: Mapping[str, Sequence[Resource[Any]]],
    providers: Providers,
) -> KindObserved:
    """All mailboxes of the tenant's municipalities in the scope.

    Raises `ProviderError` when users, licences or role holders cannot be read: without
    any one of them nothing may be decided.
    """
    municipalities = scope.in_tenant(tenant)
    directory = providers.directory
    skus = await directory.skus()
    privileged = await directory.privileged()
    read = await directory.users(full=scope.full)
    deleted, lost = await _deleted(directory)
    seen = providers.sightings.read(SETTINGS_ASPECT)
    reader = Reader(tenant, municipalities, slugs(scope), skus, privileged, seen)
    present = sort_present(reader, read.users.values())
    gone = sort_deleted(reader, deleted)
    away = observe_departures(desired, present, providers.sightings, providers.now())
    left = await observe_left_behind(scope, tenant, desired, present, away, providers)
    unknown = await _look_at_settings(scope, desired, present, providers)
    for one in municipalities:
        if lost:
            unknown[one.slug].extend(_unknown_absentees(one, desired, present, lost))
    return KindObserved(
        {
            one.slug: Observation(
                present.get(one.slug, {}),
                gone.get(one.slug, {}),
                tuple(unknown.get(one.slug, ())),
                away.get(one.slug, {}),
                left.get(one.slug, {}),
            )
            for one in municipalities
        },
        tuple(Seats(s.part_number, s.enabled, s.consumed, s.warning) for s in skus),
    )


async def _deleted(directory: Directory) -> tuple[list[User], str]:
    """The recycle bin, or why it could not be read."""
    try:
        return await directory.deleted_users(), ""
    except ProviderError as error:
        return [], f"the recycle bin could not be read: {error}"


def _unknown_absentees(
    municipality: Municipality,
    desired: Mapping[str, Sequence[Resource[Any]]],
    present: Mapping[str, Mapping[str, Any]],
    reason: str,
) -> list[Unknown]:
    """Who is not there may be in the bin we could not read; nobody may create them."""
    here = present.get(municipality.slug, {})
    return [
        Unknown(municipality.slug, "mailbox", one.name, reason)
        for one in desired.get(municipality.slug, ())
        if one.name not in here
    ]


async def _look_at_settings(
    scope: Scope,
    desired: Mapping[str, Sequence[Resource[Any]]],
    present: dict[str, dict[str, Any]],
    providers: Providers,
) -> dict[str, list[Unknown]]:
    """Read the settings never seen, and those longest unseen as far as the scope asks.

    Settings live outside the directory, one call each; plan compares with what was last
    seen (docs/decisions/0002).
    """
    held = _holders(desired, present)
    unseen = [key for key, one in held.items() if one.spec.locale is None]
    again = (
        providers.sightings.oldest(
            SETTINGS_ASPECT,
            list(held),
            len(held) if scope.refresh is None else scope.refresh,
        )
        if scope.refresh != 0
        else []
    )
    wanted = dict.fromkeys([*unseen, *again])
    answers = await read_answers(
        {key: held[key].object_id for key in wanted}, providers
    )
    unknown: dict[str, list[Unknown]] = defaultdict(list)
    for key, answer in answers.items():
        slug, _, name = key.split("/", 2)
        one = present[slug][name]
        if answer.reason:
            unknown[slug].append(Unknown(slug, "mailbox", name, answer.reason))
            continue
        seen = read_settings(answer.body) if answer.body else _NOT_SEEN
        present[slug][name] = Observed(
            name, one.object_id, _with_settings(one.spec, seen), one.mark, one.protected
        )
    return unknown


def _holders(
    desired: Mapping[str, Sequence[Resource[Any]]],
    present: Mapping[str, Mapping[str, Observed[Any]]],
) -> dict[str, Observed[Any]]:
    """Mailboxes of ours that should answer: wanted, enabled, licensed and there."""
    held = {}
    for slug, resources in desired.items():
        here = present.get(slug, {})
        for resource in resources:
            one = here.get(resource.name)
            if (
                one is not None
                and resource.spec.enabled
                and one.spec.licenses
                and one.mark
            ):
                held[resource.key] = one
    return held


def _with_settings(spec: MailboxSpec, seen: Seen) -> MailboxSpec:
    return msgspec.structs.replace(
        spec, **dict(zip(SETTINGS_FIELDS, seen, strict=True))
    )
