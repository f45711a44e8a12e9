"""Refusals of Exchange commands: `details` is an object here, and names the exception.

Seen in public clients of the interface: `Ex6F9304|Full.Type.Name|What went wrong.`
"""

from __future__ import annotations

import zlib

import msgspec

_TASKS = "Microsoft.Exchange.Configuration.Tasks"
NOT_FOUND = f"{_TASKS}.ManagementObjectNotFoundException"
EXISTS = "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException"
PROXY_EXISTS = (
    "Microsoft.Exchange.Configuration.ObjectModel.ProxyAddressExistsException"
)
NOT_ACCEPTED = "Microsoft.Exchange.Management.Tasks.NotAcceptedDomainException"
INVALID = "Microsoft.Exchange.Configuration.Tasks.TaskInvalidOperationException"
BINDING = "System.Management.Automation.ParameterBindingException"
NO_COMMAND = "System.Management.Automation.CommandNotFoundException"


class CommandRefused(Exception):
    """A command that is answered by an error; `exception` is the vendor's type name.

    Errors of the interface itself (sign-in, throttling) have none.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        exception: str = "",
        target: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.exception = exception
        self.target = target
        self.headers = headers or {}

    def body(self) -> bytes:
        text = self.message
        if self.exception:
            number = zlib.crc32(self.exception.encode()) & 0xFFFFFF
            text = f"Ex{number:06X}|{self.exception}|{self.message}"
        inner = {"message": text, "type": self.exception}
        error = {
            "code": self.code,
            "message": "Error executing cmdlet" if self.exception else self.message,
            "details": {"message": text, "target": self.target},
            "innererror": {
                "message": "Error executing cmdlet",
                "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                "internalException": inner,
            },
        }
        return msgspec.json.encode({"error": error})


def absent(identity: str, server: str) -> CommandRefused:
    return CommandRefused(
        404,
        "NotFound",
        f"The operation couldn't be performed because object '{identity}' couldn't be"
        f" found on '{server}'.",
        exception=NOT_FOUND,
    )


def refused(message: str, exception: str = INVALID) -> CommandRefused:
    return CommandRefused(400, "BadRequest", message, exception=exception)


def taken(address: str, holder: str) -> CommandRefused:
    return refused(
        f'The proxy address "{address}" is already being used by the proxy addresses or'
        f' LegacyExchangeDN of "{holder}". Please choose another proxy address.',
        PROXY_EXISTS,
    )
