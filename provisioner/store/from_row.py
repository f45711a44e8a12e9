"""From a row to the struct whose fields its columns are named after."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping

StructT = TypeVar("StructT", bound=Struct)


def from_row(row: RowMapping, struct: type[StructT]) -> StructT:
    """The struct, with JSON columns and words turned into what its fields say."""
    return msgspec.convert(
        {name: row[name] for name in struct.__struct_fields__}, struct
    )
