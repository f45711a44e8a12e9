"""Query options of collections: `$select`, `$top`, page tokens, and pages themselves.

`listing.answer_list` puts these together with `$filter`, `$search`, `$orderby`,
`$expand` and `$count` for any collection.
"""

from __future__ import annotations

import base64
from typing import TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.collection import Collection
from provisioner.sandbox.tenant.properties import DEFAULT_SET
from provisioner.sandbox.tenant.refusal import BAD_REQUEST, Refusal, unsupported
from provisioner.sandbox.tenant.user_collection import USERS

PAGE, LARGEST_PAGE = 100, 999
_FOREIGN = "https://graph.elsewhere.example"
_PLAIN = "$,'()/:"
_OPTIONS = ("filter", "select", "expand", "top", "count", "orderby", "search")

Token = TypeVar("Token", bound=Struct)


class PageToken(Struct, frozen=True):
    """`$skiptoken`: the sequence number of the last object given out."""

    after: int


def seal(token: Struct) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def unseal(text: str, kind: type[Token]) -> Token:
    """The token a link carried; refuses one that is none of ours."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(raw, type=kind)
    except (ValueError, msgspec.DecodeError):
        raise Refusal(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included"
            " in your request.",
        ) from None


def refuse_options(call: Call, *names: str) -> None:
    """Refuse what the service does not offer here, instead of answering wrongly."""
    for name in names:
        if name in call.options:
            raise unsupported(
                f"The query parameter '${name}' is not supported for this resource."
            )


def refuse_unknown_options(call: Call) -> None:
    """Refuse `$`-options the service does not know at all."""
    for name in call.options:
        if name.startswith("$"):
            raise Refusal(
                400,
                "BadRequest",
                f"The query parameter '{name}' is not supported.",
            )


def selected(
    text: str | None,
    default: tuple[str, ...] = DEFAULT_SET,
    collection: Collection = USERS,
) -> tuple[str, ...]:
    """Canonical names of `$select`, each once; the default set where it is absent."""
    if text is None:
        return default
    names: dict[str, None] = {}
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name == "*":
            names |= dict.fromkeys(default)
            continue
        known = collection.field(name)
        if known is not None:
            names[known.name] = None
        elif name.lower() in collection.elsewhere:
            raise Refusal(
                501, "NotImplemented", f"'{name}' is not kept in the sandbox."
            )
        elif name.lower() not in collection.relations:
            raise unknown_property(name, collection)
    return tuple(names) or default


def unknown_property(name: str, collection: Collection) -> Refusal:
    """400 for a name in `$select` or `$expand` that the type does not have."""
    return Refusal(
        400,
        "BadRequest",
        f"Parsing OData Select and Expand failed: Could not find a property named"
        f" '{name}' on type 'microsoft.graph.{collection.type}'.",
    )


def page_size(text: str | None) -> int:
    if text is None:
        return PAGE
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_PAGE:
        raise Refusal(
            400,
            BAD_REQUEST,
            f"Invalid page size specified: '{text}'. Must be between 1 and"
            f" {LARGEST_PAGE} inclusive.",
        )
    return int(text)


def page_start(call: Call) -> int:
    token = call.options.get("skiptoken")
    return unseal(token, PageToken).after if token else 0


def link(call: Call, path: str, after: int) -> str:
    """The absolute link to the page behind `after`, with the caller's own options."""
    kept = [
        f"${name}={quote(call.options[name], safe=_PLAIN)}"
        for name in _OPTIONS
        if name in call.options
    ]
    kept.append(f"$skiptoken={seal(PageToken(after))}")
    return f"{call.origin}/v1.0/{path}?{'&'.join(kept)}"


def page(
    call: Call,
    what: str,
    rows: list[bytes],
    *,
    here: str,
    following: str | None,
    relation: str = "nextLink",
    count: int | None = None,
) -> Answer:
    """A page of rows that are JSON already; `here` is the link to this same page."""
    struck = call.rule.action if call.rule else None
    if struck == "empty_page":
        rows, following, relation = [], here, "nextLink"
    if struck == "duplicate_page":
        following, relation = here, "nextLink"
    if struck == "poisoned_link":
        following = (following or here).replace(call.origin, _FOREIGN, 1)
        relation = "nextLink"
    head = {"@odata.context": call.context(what)}
    if following:
        head[f"@odata.{relation}"] = following
    start = msgspec.json.encode(head)[:-1]
    if count is not None:
        start += b',"@odata.count":%d' % count
    start += b',"value":['
    if not rows:
        return Answer(200, start + b"]}")
    # One join over everything: a page of 999 users is most of a megabyte to copy.
    parts = [*rows]
    parts[0] = start + parts[0]
    parts[-1] += b"]}"
    return Answer(200, b",".join(parts))
