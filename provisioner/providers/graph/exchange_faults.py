"""What a failed Exchange command means: the name of its exception decides, not the text.

The interface answers many refusals of a command with status 500; trying such a command
again cannot help, so the exception named in `details` outranks the status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    TransientProviderError,
)
from provisioner.providers.graph.credentials import SIGN_IN
from provisioner.providers.graph.faults import fault

NOT_FOUND = "ManagementObjectNotFoundException"
ADDRESS_TAKEN = "ProxyAddressExistsException"
NAME_TAKEN = "ADObjectAlreadyExistsException"
REMEDY = (
    "Grant the application Exchange.ManageAsApp and the role Exchange Recipient"
    " Administrator, or set exchange: off for the tenant."
)

_NAMED = re.compile(r"Ex[0-9A-F]{6}\|([\w.]+)\|(.*)", re.DOTALL)
# Exceptions that speak of the service's state rather than of the command.
_PASSING = re.compile(r"Transient|Timeout|Throttl|Busy|Unavailable|OverBudget|Proxy\b")


class _Detail(Struct, frozen=True):
    message: str | None = None


class _Error(Struct, frozen=True):
    message: str | None = None
    details: _Detail | list[_Detail] | None = None


class _Answer(Struct, frozen=True):
    error: _Error


_decode = msgspec.json.Decoder(_Answer).decode


def command_fault(
    where: str, status: int, headers: Mapping[str, str], body: Raw
) -> ProviderError:
    """The error that a command's answer of `status` >= 400 means.

    Its `code` is the exception's name without name-space, where there is one.
    """
    named = _exception(body)
    if named is None:
        return explained(fault(where, status, headers, body))
    code, said = named
    message = f"{where}: {code}: {said}"
    if _PASSING.search(code):
        return TransientProviderError(
            message, status=status, code=code, ambiguous=status >= 500
        )
    return PermanentProviderError(message, status=status, code=code)


def explained(error: ProviderError) -> ProviderError:
    """The same, saying which right is missing where one is.

    Who could not sign in at all has been told so already.
    """
    signed_in = not error.code.startswith(("AADSTS", SIGN_IN))
    if error.status in (401, 403) and signed_in:
        error.remedy = REMEDY
    return error


def _exception(body: Raw) -> tuple[str, str] | None:
    try:
        error = _decode(body).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    details = error.details if isinstance(error.details, list) else [error.details]
    for text in (*(one.message for one in details if one), error.message):
        if text and (match := _NAMED.search(text)):
            return match[1].rpartition(".")[2], " ".join(match[2].split())
    return None
