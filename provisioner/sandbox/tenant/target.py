"""Request targets: decoded path segments and query options, in all spellings allowed.

The service takes doubled slashes, options with and without `$`, keys as segments or in
parentheses, functions with `()` and casts as `graph.user` or `microsoft.graph.user`.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

# fmt: off
_OPTIONS = frozenset((
    "select", "filter", "search", "orderby", "expand", "count", "top", "skip",
    "skiptoken", "deltatoken", "format", "levels",
))
# fmt: on
_KEYED = re.compile(r"(\w+)\((?:'(.*)'|(\w+='.*'))\)")


def split_path(raw: str) -> tuple[str, ...]:
    """The decoded segments of a raw path; `users('x')` becomes two."""
    segments: list[str] = []
    for part in filter(None, raw.split("/")):
        segment = unquote(part)
        keyed = _KEYED.fullmatch(segment)
        if keyed:
            segments += [keyed[1], keyed[2] or keyed[3]]
        else:
            segments.append(segment)
    return tuple(segments)


def plain_name(name: str) -> str:
    """An option's name in lower case without `$`; with it where nobody knows it."""
    low = name.strip().lower()
    bare = low.lstrip("$")
    return bare if bare in _OPTIONS or low == bare else low


def options_of(query: str) -> dict[str, str]:
    """Query options by their plain name; the first of two counts."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(plain_name(name), value)
    return found


def split_url(url: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Segments and options of a URL inside `$batch`, relative or absolute."""
    parts = urlsplit(url if url.startswith(("http:", "https:")) else "//x/" + url)
    segments = split_path(parts.path)
    if not segments or segments[0].lower() != "v1.0":
        segments = ("v1.0", *segments)
    return segments, options_of(parts.query)


def fixed(segment: str) -> str:
    """The form of a segment under which routes are found."""
    return (
        segment.lower()
        .removesuffix("()")
        .removeprefix("microsoft.graph.")
        .removeprefix("graph.")
    )
