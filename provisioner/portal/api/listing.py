"""Lists in pages: where one goes on is an opaque cursor, and the way there a `Link`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query, Request
from fastapi.responses import Response

from provisioner.portal.api.problems import Problem, Wrong
from provisioner.portal.api.shapes.base import Page, Shape

MOST = 200
Item = TypeVar("Item")
Key = tuple[str | int, ...]

Limit = Annotated[int, Query(ge=1, le=MOST, description="Most items of this page.")]
Cursor = Annotated[
    str | None,
    Query(
        max_length=2000,
        description="`next` of the page before, with the same filters; left out, the first.",
    ),
]


def key_of(request: Request, cursor: str | None) -> Key | None:
    """The key of the last item before; None at the beginning. Raises 422."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        decoded = base64.b64decode(padded, b"-_", validate=True)
        of, key = msgspec.json.decode(decoded, type=tuple[str, list[str | int]])
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError, ValueError):
        of, key = "", []
    nul = any("\0" in one for one in key if isinstance(one, str))
    if of != request.url.path or not key or nul:
        wrong = Wrong("This is no cursor of this list.", parameter="cursor")
        raise Problem(422, "invalid", wrong=[wrong])
    return tuple(key)


def text_key(request: Request, cursor: str | None) -> str:
    """The key of a list that goes by one text; "" at the beginning. Raises 422."""
    (found,) = _single(request, cursor) or ("",)
    return str(found)


def number_key(request: Request, cursor: str | None) -> int:
    """The key of a list that goes by one number; 0 at the beginning. Raises 422."""
    (found,) = _single(request, cursor) or (0,)
    if not isinstance(found, int) or not 0 <= found < 1 << 63:
        wrong = Wrong("This is no cursor of this list.", parameter="cursor")
        raise Problem(422, "invalid", wrong=[wrong])
    return found


def _single(request: Request, cursor: str | None) -> Key | None:
    key = key_of(request, cursor)
    return key[:1] if key else None


def window(
    items: Sequence[Item], key: Callable[[Item], Key], after: Key | None, limit: int
) -> tuple[list[Item], Key | None]:
    """The items after a key, in the order of their keys, and the key to go on from.

    What came or went meanwhile neither repeats an item nor skips one.
    """
    ordered = sorted(items, key=key)
    if after is not None:
        ordered = [one for one in ordered if _after(key(one), after)]
    shown = ordered[:limit]
    return shown, key(shown[-1]) if len(ordered) > limit else None


def _after(key: Key, after: Key) -> bool:
    try:
        return key > after
    except TypeError:  # a cursor that somebody wrote themselves
        return False


def page(
    request: Request, shape: type[Page[Any]], items: Sequence[Shape], key: Key | None
) -> Response:
    """A page of a list; with `key` another one follows."""
    following = None if key is None else _cursor(request, key)
    headers = {}
    if following:
        there = request.url.include_query_params(cursor=following)
        headers["link"] = f'<{there.path}?{there.query}>; rel="next"'
    body = shape.model_construct(items=list(items), next=following).model_dump_json()
    return Response(body, 200, headers, "application/json")


def _cursor(request: Request, key: Key) -> str:
    encoded = msgspec.json.encode((request.url.path, key))
    return base64.urlsafe_b64encode(encoded).decode().rstrip("=")
