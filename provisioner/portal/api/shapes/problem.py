"""An error as it is told (RFC 9457); what is sent is made in `problems`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field


class Wrong(BaseModel):
    """One thing that is wrong, and where: one of the three names, or none."""

    detail: Annotated[str, Field(examples=["Input should be less than 366"])]
    pointer: Annotated[
        str,
        Field(description="JSON pointer into the body.", examples=["/days"]),
    ] = ""
    parameter: Annotated[
        str, Field(description="A parameter of path or query.", examples=[""])
    ] = ""
    header: Annotated[str, Field(description="A header.", examples=[""])] = ""


class Problem(BaseModel):
    """Why not; `type` tells kinds apart, and is the same for ever."""

    type: Annotated[str, Field(examples=["about:blank"])]
    title: Annotated[str, Field(examples=["Not Found"])]
    status: Annotated[int, Field(examples=[404])]
    detail: Annotated[str, Field(examples=["It is not there."])]
    errors: Annotated[
        list[Wrong], Field(description="All that is wrong, at once.")
    ] = []
    number: Annotated[
        str,
        Field(description="To be told to the cluster's IT.", examples=["4f1c2a9b"]),
    ] = ""
