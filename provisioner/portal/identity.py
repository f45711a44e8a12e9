"""Who signs people in to the portal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Identity:
    """The tenant that signs people in, and the portal's own application there.

    `issuer` is that of OpenID Connect, without `/.well-known/…`. `groups` are roles by the
    id of a group, for tenants that have no app roles.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def metadata_url(self) -> str:
        """Where the issuer describes itself."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
