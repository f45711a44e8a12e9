"""Pages as a visitor gets them: by name, from outside the host, certificate checked."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime

from msgspec import Struct

from provisioner.errors import TransientProviderError

_SECONDS = 20.0
_LONGEST = 1 << 20


class Page(Struct, frozen=True):
    """An answer: `headers` in lower case; `seconds` to its first byte; `days` until its
    certificate ends, None without TLS."""

    status: int
    headers: dict[str, str]
    body: str
    seconds: float
    days: int | None = None


class Web:
    """Fetches pages; through a proxy and with a private CA where there are such."""

    def __init__(self, proxy: str = "", ca_file: str = "") -> None:
        self._proxy = proxy
        self._ca_file = ca_file

    async def fetch(self, url: str) -> Page:
        """One page, redirects not followed; raises `TransientProviderError` where
        nobody answers or the certificate is not good."""
        import httpx

        context = ssl.create_default_context(cafile=self._ca_file or None)
        begun = time.monotonic()
        try:
            async with (
                httpx.AsyncClient(
                    verify=context,
                    proxy=self._proxy or None,
                    timeout=_SECONDS,
                    trust_env=False,
                ) as client,
                client.stream("GET", url) as answer,
            ):
                seconds = time.monotonic() - begun
                body = b""
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > _LONGEST:
                        break
                return Page(
                    answer.status_code,
                    {name.lower(): value for name, value in answer.headers.items()},
                    body.decode("utf-8", "replace"),
                    seconds,
                    _days(answer.extensions.get("network_stream")),
                )
        except (httpx.HTTPError, OSError) as error:
            what = str(error) or type(error).__name__
            raise TransientProviderError(f"{url} does not answer: {what}") from error


def _days(stream: object) -> int | None:
    """Whole days until the certificate of a TLS connection ends."""
    ask = getattr(stream, "get_extra_info", None)
    tls = ask("ssl_object") if ask else None
    if tls is None:
        return None
    ends = ssl.cert_time_to_seconds(tls.getpeercert()["notAfter"])
    return (datetime.fromtimestamp(ends, UTC) - datetime.now(UTC)).days
