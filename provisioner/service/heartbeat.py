"""A sign of life to somebody outside, who raises the alarm when it stops coming."""

from __future__ import annotations

import logging
import time

import httpx

from provisioner.errors import SettingsInvalid
from provisioner.settings import resolve_secret

_log = logging.getLogger(__name__)
_EVERY = 60.0  # seconds
_PATIENCE = 10.0


class Heartbeat:
    """Calls a URL (as healthchecks and its kin want it) once a minute; `""` is nobody.

    `reference` names the secret that holds the URL. A call that fails is logged; who
    waits for it will notice.
    """

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self._last = -_EVERY

    def beat(self) -> bool:
        """Call if it is time; whether somebody answered well."""
        if not self._reference or time.monotonic() - self._last < _EVERY:
            return False
        self._last = time.monotonic()
        try:
            answer = httpx.get(resolve_secret(self._reference), timeout=_PATIENCE)
            answer.raise_for_status()
        except SettingsInvalid as error:
            _log.warning("no sign of life was given: %s", error)
            return False
        except httpx.HTTPError as error:
            # The URL itself is a secret: whoever knows it can pretend that we live.
            _log.warning("no sign of life was given: %s", type(error).__name__)
            return False
        return True
