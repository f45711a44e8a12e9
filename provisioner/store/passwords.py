"""Initial passwords: strong, and easy to read out over the telephone."""

from __future__ import annotations

import secrets

# Without 0 O o, 1 I i L l, 5 S s, 2 Z z: people take them for each other.
_UPPER = "ABCDEFGHJKMNPQRTUVWXY"
_LOWER = "abcdefghjkmnpqrtuvwxy"
_DIGITS = "346789"
# None of these may stand in a user principal name, see below.
_SIGNS = "%*+=?"
_EVERY = 3


def generate_password(length: int = 20) -> str:
    """A password with capitals, small letters, digits and signs (about 90 bits for 20).

    Every third character is a sign that no user principal name may hold, so no part of a
    name of three characters or more can occur in it; the vendor refuses passwords that
    contain the user name. Raises `ValueError` below 12 characters.
    """
    if length < 12:
        raise ValueError("A password needs at least 12 characters.")
    while True:
        drawn = "".join(_character(position) for position in range(1, length + 1))
        if all(set(drawn) & set(kind) for kind in (_UPPER, _LOWER, _DIGITS)):
            return drawn


def _character(position: int) -> str:
    is_sign = position % _EVERY == 0
    return secrets.choice(_SIGNS if is_sign else _UPPER + _LOWER + _DIGITS)
