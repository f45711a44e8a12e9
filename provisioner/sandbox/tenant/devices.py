"""Devices that wait for a person to sign in for them, by the code that she types."""

from __future__ import annotations

from msgspec import Struct


class Device(Struct):
    """A device that waits; `user_id` once somebody has chosen to be that user there."""

    tenant_id: str
    expires: float
    user_id: str = ""
    declined: bool = False


class Devices:
    """Those of a world; times are of the sandbox clock."""

    def __init__(self) -> None:
        self._waiting: dict[str, Device] = {}

    def expect(self, user_code: str, tenant_id: str, expires: float) -> None:
        self._waiting[user_code] = Device(tenant_id, expires)

    def find(self, user_code: str, now: float) -> Device | None:
        """The device of a code that has not expired; expired ones are forgotten."""
        device = self._waiting.get(user_code)
        if device is not None and now >= device.expires:
            del self._waiting[user_code]
            return None
        return device
