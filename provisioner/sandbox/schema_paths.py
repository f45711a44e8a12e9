"""From a request path or an `@odata.context` to the type of its answer."""

from __future__ import annotations

import re

from msgspec import Struct

from provisioner.sandbox.schema_types import PREFIX, Property, Types


class Answer(Struct, frozen=True):
    """What a path answers with: `type` of each item, in a `value` list or alone.

    `form` is `object`, `value` (a primitive or its list inside `value`), `count` (plain
    text), `reference` (`$ref`), `file` (a report, no JSON) or `nothing`.
    """

    type: str = ""
    collection: bool = False
    form: str = "object"


_ROOTS = {
    "users": Answer(PREFIX + "user", True),
    "me": Answer(PREFIX + "user"),
    "groups": Answer(PREFIX + "group", True),
    "domains": Answer(PREFIX + "domain", True),
    "subscribedSkus": Answer(PREFIX + "subscribedSku", True),
    "organization": Answer(PREFIX + "organization", True),
    "servicePrincipals": Answer(PREFIX + "servicePrincipal", True),
    "applications": Answer(PREFIX + "application", True),
    "invitations": Answer(PREFIX + "invitation", True),
    "scopedRoleMemberships": Answer(PREFIX + "scopedRoleMembership", True),
    "directoryRoles": Answer(PREFIX + "directoryRole", True),
    "directoryObjects": Answer(PREFIX + "directoryObject", True),
    "administrativeUnits": Answer(PREFIX + "administrativeUnit", True),
    "directory/administrativeUnits": Answer(PREFIX + "administrativeUnit", True),
    "directory/deletedItems": Answer(PREFIX + "directoryObject", True),
    "auditLogs/directoryAudits": Answer(PREFIX + "directoryAudit", True),
    "reports/getMailboxUsageDetail": Answer(form="file"),
    "solutions/backupRestore": Answer(PREFIX + "backupRestoreRoot"),
}
# What answers with the very thing it stands behind: a user or group that was changed;
# the type of `authentication` is not in the excerpt, its methods follow.
_ITSELF = frozenset({"delta", "assignLicense", "authentication"})
_METHODS = "temporaryAccessPassMethods"
_OPERATIONS = {
    "reprocessLicenseAssignment": Answer(PREFIX + "user"),
    "restore": Answer(PREFIX + "directoryObject"),
    "verify": Answer(PREFIX + "domain"),
    "promote": Answer("Edm.Boolean", form="value"),
    "forceDelete": Answer(form="nothing"),
    "sendMail": Answer(form="nothing"),
    "activate": Answer(PREFIX + "protectionPolicyBase"),
    "deactivate": Answer(PREFIX + "protectionPolicyBase"),
    "changePassword": Answer(form="nothing"),
    "revokeSignInSessions": Answer("Edm.Boolean", form="value"),
    "getByIds": Answer(PREFIX + "directoryObject", True),
    "checkMemberGroups": Answer("Edm.String", True, "value"),
    "getMemberGroups": Answer("Edm.String", True, "value"),
    "getMemberObjects": Answer("Edm.String", True, "value"),
}
_KEY = re.compile(r"\([^()]*\)")


def answer_of(types: Types, path: str) -> Answer | None:
    """The answer of `/users/{id}/mailboxSettings` and the like, None if unknown.

    `path` is relative to the version (`/v1.0`), without the query; double slashes count
    once.
    """
    segments = [one for one in path.split("/") if one]
    keyed = [bool(_KEY.search(one)) for one in segments]
    names = [_KEY.sub("", one) for one in segments]
    for length in (2, 1):
        root = _ROOTS.get("/".join(names[:length]))
        if root is not None and len(names) >= length:
            break
    else:
        return None
    answer: Answer | None = _alone(root) if keyed[length - 1] else root
    for name, has_key in zip(names[length:], keyed[length:], strict=True):
        answer = _step(types, answer, name) if answer is not None else None
        if has_key and answer is not None:
            answer = _alone(answer)
    return answer


def answer_of_context(types: Types, context: str) -> Answer | None:
    """The answer an `@odata.context` announces, None where it names nothing known."""
    fragment = context.partition("#")[2]
    if fragment.startswith("Collection("):
        name = fragment.removeprefix("Collection(").rstrip(")")
        return _of(types, Property(name, collection=True))
    # `users(id,displayName)/$entity`: the parentheses list what was selected.
    parts = re.sub(r"\([^'()]*\)", "", fragment).split("/")
    alone = "$entity" in parts
    parts = [one for one in parts if not one.startswith("$")]
    if not parts or not parts[0]:
        return None
    if len(parts) == 1 and types.known(parts[0]):
        return _of(types, Property(parts[0]))
    found = answer_of(types, "/".join(parts))
    return _alone(found) if found is not None and alone else found


def _step(types: Types, answer: Answer, name: str) -> Answer | None:
    if answer.form != "object":
        return answer if answer.form == "file" else None
    if name == "$count":
        return Answer(form="count") if answer.collection else None
    if name == "$ref":
        return Answer(collection=answer.collection, form="reference")
    if name in _ITSELF:
        return answer
    if cast := _cast(types, name):
        return Answer(cast, answer.collection)
    if name in _OPERATIONS and (name in ("getByIds",) or not answer.collection):
        return _OPERATIONS[name]
    if answer.collection:
        return _alone(answer)
    if name == _METHODS:
        return Answer(PREFIX + "temporaryAccessPassAuthenticationMethod", True)
    member = types.member(answer.type, name) if answer.type in types.declared else None
    return _of(types, member) if member is not None else None


def _of(types: Types, one: Property) -> Answer | None:
    if not types.known(one.type):
        return None
    form = "object" if one.type in types.declared else "value"
    return Answer(one.type, one.collection, form)


def _alone(answer: Answer) -> Answer:
    return Answer(answer.type, form=answer.form)


def _cast(types: Types, name: str) -> str:
    """Both `microsoft.graph.user` and the SDK's `graph.user` are casts."""
    full = name if name.startswith(PREFIX) else "microsoft." + name
    return full if full in types.declared else ""
