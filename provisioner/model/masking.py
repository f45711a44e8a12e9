"""The second wall against secrets in what is remembered: what looks like one is blacked out.

The first wall is that nobody puts them there. This one knows forms, not values: what
stands behind a word such as `password`, a bearer token, a password in a URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_BLACK = "•••"
_NAMED = re.compile(
    r"(?i)\b((?:[a-z]+[_-])?(?:password|passwd|secret|token|api[_-]?key|"
    r"authorization)['\"]?\s*[=:]\s*['\"]?)(?:bearer\s+)?[^\s'\",;&]+"
)
_BEARER = re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}")
_IN_URL = re.compile(r"(\w+://[^\s/:@]*:)[^\s/@]+(@)")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def masked_all(value: Any) -> Any:
    """A JSON-like value with each of its texts masked."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: masked_all(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked_all(one) for one in value]
    return value


def masked(text: str) -> str:
    """The text with everything black that looks like a secret."""
    text = _NAMED.sub(rf"\1{_BLACK}", text)
    text = _BEARER.sub(rf"\1{_BLACK}", text)
    text = _IN_URL.sub(rf"\1{_BLACK}\2", text)
    return _JWT.sub(_BLACK, text)
