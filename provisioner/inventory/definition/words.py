"""The types of single values: limits and legal characters, each with its source.

Limits of names are Microsoft Graph's (user resource), those of addresses are Entra's
(user principal name: 64 before, 48 after, 113 in all). A type that fails by its pattern
is put into words by `provisioner.inventory.wording`; the other failures say themselves.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from provisioner.inventory.characters import NAME_PATTERN, TEXT_PATTERN, shown

DISPLAY_NAME_MAX = 256
NAME_MAX = 64
DEPARTMENT_MAX = 64
JOB_TITLE_MAX = 128
EMPLOYEE_ID_MAX = 16
PARAGRAPH_MAX = 2000
LOCAL_PART_MAX = 64
DOMAIN_MAX = 48
ADDRESS_MAX = LOCAL_PART_MAX + 1 + DOMAIN_MAX

_LOCAL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.[A-Za-z0-9_-])*"
_DOMAIN = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
ADDRESS_PATTERN = rf"^{_LOCAL}(?:@{_DOMAIN})?$"
ACCOUNT_PATTERN = rf"^[A-Za-z0-9'._!#^~-]+@{_DOMAIN}$"
DOMAIN_PATTERN = rf"^{_DOMAIN}$"
SLUG_PATTERN = r"^[a-z][a-z0-9-]*$"
ROLE_PATTERN = r"^[a-z][a-z0-9_-]*$"
REFERENCE_PATTERN = r"^(?:env/[A-Za-z_][A-Za-z0-9_]*|file/[^\s]+)$"
CERTIFICATE_PATTERN = r"^file/[^\s]+$"
GUID_PATTERN = r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
LICENSE_PATTERN = r"^[A-Za-z0-9_-]+$"
EMPLOYEE_ID_PATTERN = r"^[A-Za-z0-9._/-]*$"
HOUR_PATTERN = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
LOCALE_PATTERN = r"^[a-z]{2}-[A-Z]{2}$"
COUNTRY_PATTERN = r"^[A-Z]{2}$"
CBS_PATTERN = r"^[0-9]{1,4}$"

# Names that no public resolver answers (RFC 6761, 6762, 8375 and 9476, ICANN 2024). The
# other reserved ones, `.example` and `.test`, are what samples and rehearsals are for.
_NOWHERE = ("localhost", "invalid", "local", "internal", "onion", "arpa", "alt")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Entry(BaseModel):
    """Base of every model here: unknown keys are faults, values are never shown raw."""

    # Deferred: what stands inside another model is built as a part of it alone.
    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        field_title_generator=lambda name, _: name,
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        use_attribute_docstrings=True,
    )


def _domain(value: str) -> str:
    domain = value.lower()
    labels = domain.split(".")
    if not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise PydanticCustomError(
            "bad-domain",
            "{what}",
            {
                "what": f"{shown(value)} is no domain name.",
                "remedy": "Each part is 1 to 63 of a-z, 0-9 and inner hyphens; the last"
                " is no number.",
            },
        )
    if labels[-1] in _NOWHERE or domain.endswith(".onmicrosoft.com"):
        raise PydanticCustomError(
            "reserved-domain",
            "{what}",
            {
                "what": f"{shown(value)} is reserved: no mail of its own reaches it.",
                "remedy": "Write the municipality's own registered domain.",
            },
        )
    return domain


def _short_local_part(value: str) -> str:
    length = len(value.partition("@")[0])
    if length > LOCAL_PART_MAX:
        raise PydanticCustomError(
            "too-long",
            "{what}",
            {
                "what": f"The part before @ has {length} characters; the limit is"
                f" {LOCAL_PART_MAX}.",
                "remedy": "Shorten it.",
            },
        )
    return value


def _strip(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _split(value: object) -> object:
    return value.replace(";", " ").split() if isinstance(value, str) else value


def text_up_to(limit: int, at_least: int = 0) -> StringConstraints:
    """One line of visible characters in any script; `limit` counts code points."""
    return StringConstraints(
        strip_whitespace=True,
        min_length=at_least,
        max_length=limit,
        pattern=TEXT_PATTERN,
    )


def name_up_to(limit: int, at_least: int = 0) -> StringConstraints:
    """The same for a name or a title, whose letters did not become question marks."""
    return StringConstraints(
        strip_whitespace=True,
        min_length=at_least,
        max_length=limit,
        pattern=NAME_PATTERN,
    )


STRIPPED = BeforeValidator(_strip)
Paragraph = Annotated[str, text_up_to(PARAGRAPH_MAX, at_least=1)]
Text = Annotated[str, text_up_to(DISPLAY_NAME_MAX, at_least=1)]
Name = Annotated[str, name_up_to(DISPLAY_NAME_MAX, at_least=1)]
Slug = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=40, pattern=SLUG_PATTERN)
]
RoleName = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=40, pattern=ROLE_PATTERN)
]
Address = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        min_length=1,
        max_length=ADDRESS_MAX,
        pattern=ADDRESS_PATTERN,
    ),
    AfterValidator(_short_local_part),
]
Aliases = Annotated[
    tuple[Address, ...],
    BeforeValidator(_split),
    WithJsonSchema({"type": "string"}),
]
Account = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=ADDRESS_MAX,
        pattern=ACCOUNT_PATTERN,
    ),
]
Domain = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=DOMAIN_MAX, pattern=DOMAIN_PATTERN
    ),
    AfterValidator(_domain),
]
Guid = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, pattern=GUID_PATTERN),
]
SecretReference = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=REFERENCE_PATTERN)
]
CertificateReference = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=CERTIFICATE_PATTERN)
]
License = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=64, pattern=LICENSE_PATTERN
    ),
]
Seats = Annotated[int, Field(ge=0, le=1_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]
