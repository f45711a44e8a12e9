"""Where Graph is: what may be asked there, and everything that leads elsewhere."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from provisioner.errors import ForeignHost, PermanentProviderError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"http": 80, "https": 443}
_GLOBAL_CLOUD = "graph.microsoft.com"


@dataclass(frozen=True)
class Endpoint:
    """A base URL of Graph without a final slash; `ca_file` is for a private CA.

    `cloud` is the host that a sandbox stands in for. Raises `PermanentProviderError`
    unless the URL is https, or http on this machine.
    """

    base_url: str
    ca_file: str = ""
    cloud: str = _GLOBAL_CLOUD

    def __post_init__(self) -> None:
        scheme, host, _ = _origin(self.base_url)
        if (scheme == "https" and host) or (scheme == "http" and host in _LOOPBACK):
            return
        raise PermanentProviderError(
            f"The Graph base URL {self.base_url} is not https.",
            remedy="Only a sandbox on this machine may be spoken to in the clear.",
        )

    @property
    def host(self) -> str:
        return _origin(self.base_url)[1]

    @property
    def scope(self) -> str:
        """What a token is asked for; the sandbox stands in for a cloud."""
        host = self.cloud if self.host in _LOOPBACK else self.host
        return f"https://{host}/.default"

    def absolute(self, url: str) -> str:
        """A path under the base URL, or a link that Graph itself gave, made absolute.

        Raises `ForeignHost` for a link to another origin.
        """
        if url.startswith("/") and not url.startswith("//"):
            return self.base_url + url
        self.refuse_foreign(url)
        return url

    def refuse_foreign(self, url: str) -> None:
        """Raise `ForeignHost` where `url` is of another scheme, host or port."""
        if _origin(url) == _origin(self.base_url):
            return
        host = _origin(url)[1] or "no host"
        raise ForeignHost(
            f"A link of Graph leads to {host}; it was not followed.",
            remedy="Check whether something on the way to Graph rewrites answers.",
        )

    def path(self, url: str) -> str:
        """The part of `url` that names the object, for messages: never the query."""
        return urlsplit(url).path.removeprefix(urlsplit(self.base_url).path) or "/"

    def tls(self) -> ssl.SSLContext:
        """Certificates are checked against the system's CAs, or the private one."""
        return ssl.create_default_context(cafile=self.ca_file or None)

    def proxy(self) -> str | None:
        """The proxy that the environment names for this host."""
        from urllib.request import getproxies, proxy_bypass

        if self.host in _LOOPBACK or proxy_bypass(self.host):
            return None
        return getproxies().get(urlsplit(self.base_url).scheme)


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", "", None
    return parts.scheme, (parts.hostname or "").rstrip("."), port
