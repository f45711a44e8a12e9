"""`/directoryObjects`: objects of any type by their ids."""

from __future__ import annotations

from provisioner.sandbox.tenant.call import Answer, Call, reply
from provisioner.sandbox.tenant.objects import Objects, Rows, kind_of, selected_any
from provisioner.sandbox.tenant.refusal import Refusal, bad_request, not_found
from provisioner.sandbox.tenant.replica import GUID
from provisioner.sandbox.tenant.users import entity

_MOST_ASKED = 1000
_TYPES = frozenset(
    {
        "user",
        "group",
        "administrativeunit",
        "directoryrole",
        "serviceprincipal",
        "device",
        "application",
        "contact",
        "directoryobject",
    }
)


def read_object(call: Call) -> Answer:
    found = Objects(call.reader).find(call.params[0])
    if found is None:
        raise not_found(call.params[0])
    rows = Rows(call.directory, selected_any(call.options.get("select")))
    what = "directoryObjects/$entity"
    return Answer(200, entity(call, what, rows.plain(found), kind_of(found)))


def get_by_ids(call: Call) -> Answer:
    """Up to a thousand objects at once; those that are not there are left out."""
    body = {name.lower(): value for name, value in call.document().items()}
    ids, types = body.get("ids"), body.get("types")
    if not isinstance(ids, list) or not ids or len(ids) > _MOST_ASKED:
        raise bad_request(
            f"The 'ids' collection must have between 1 and {_MOST_ASKED} identifiers."
        )
    if not all(isinstance(one, str) and GUID.match(one) for one in ids):
        raise bad_request("Invalid object identifier in the 'ids' collection.")
    wanted = {str(one).lower() for one in types or ()}
    if wanted - _TYPES:
        raise bad_request(f"Invalid resource type '{min(wanted - _TYPES)}'.")
    objects = Objects(call.reader)
    found = [one for one in map(objects.find, dict.fromkeys(ids)) if one is not None]
    if wanted and "directoryobject" not in wanted:
        found = [one for one in found if kind_of(one).lower() in wanted]
    rows = Rows(call.directory, selected_any(call.options.get("select"))).many(found)
    head = reply(call, "directoryObjects", {}).body[:-1]
    return Answer(200, head + b',"value":[' + b",".join(rows) + b"]}")


def list_objects(call: Call) -> Answer:
    """Not offered without ids, as with the service."""
    raise Refusal(
        400,
        "Request_UnsupportedQuery",
        "Searches against this resource are not supported. Only specific instances can be"
        " queried.",
    )
