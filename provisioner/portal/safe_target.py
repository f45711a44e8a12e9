"""Where a person may be sent after signing in: only to pages of the portal itself."""

from __future__ import annotations

from urllib.parse import urlsplit

_LONGEST = 500


def safe_target(wanted: str) -> str:
    """The path and query of `wanted` where it is one of ours; "/" otherwise.

    A browser reads `//host`, `/\\host` and a path with a tab in it as another host.
    """
    plain = wanted.isprintable() and "\\" not in wanted and len(wanted) <= _LONGEST
    if not plain or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc:
        return "/"
    return wanted
