"""Who looks or acts, and whose things they may see: one value that every query takes."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from provisioner.model.language import Language


class Everything(Struct, frozen=True):
    """The scope of who may see every municipality; said in so many words, never implied."""


EVERYTHING: Final = Everything()

Scope = frozenset[str] | Everything
"""The slugs somebody may see. The empty set is nothing at all."""


def sees(scope: Scope, municipality: str) -> bool:
    """Whether a municipality is within a scope."""
    return isinstance(scope, Everything) or municipality in scope


class Viewer(Struct, frozen=True):
    """Somebody who is signed in: at the portal, by a token, or at a terminal.

    `name` is who acts, for the audit, the time line and git; `mail` where mails go ("":
    nowhere). `approves` tells whether they may decide on requests at all; the policy of
    the inventory may name fewer.
    """

    name: str
    scope: Scope
    mail: str = ""
    language: Language = "he"
    approves: bool = False
