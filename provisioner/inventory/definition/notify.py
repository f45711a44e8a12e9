"""`notify` in `cluster.yml`: who is told what, where and in which language."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from provisioner.inventory.definition.words import (
    HOUR_PATTERN,
    Entry,
    SecretReference,
    Slug,
)
from provisioner.model import notice as model

Hour = Annotated[str, StringConstraints(pattern=HOUR_PATTERN)]


class QuietEntry(Entry):
    """Hours in which nothing is sent; it waits for their end."""

    start: Hour
    """From, `HH:MM`."""
    end: Hour
    """Until; before the start, it is on the next day."""

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.start == self.end:
            what = f"The quiet hours from {self.start} to {self.end} have no length."
            remedy = "Write another end, or leave quiet out."
            raise PydanticCustomError(
                "empty-window", "{what}", {"what": what, "remedy": remedy}
            )
        return self


class RecipientEntry(Entry):
    """Somebody who is told of transitions."""

    name: Slug
    """What it is called in lists."""
    to: SecretReference
    """Where the address is: `env/NAME` or `file/PATH`. An address is `smtp://…`,
    `graph://TENANT/SENDER?to=…`, or an apprise URL (`msteams://…`)."""
    language: Literal["he", "ar", "en"] = "he"
    """Language of the words."""
    about: Annotated[tuple[model.About, ...], Field(min_length=1)] = model.ABOUT
    """What they are told of."""
    municipalities: tuple[Slug, ...] = ()
    """Of whom; left out, everybody."""
    quiet: QuietEntry | None = None
    """When they are left alone."""
    digest: Literal["daily", "weekly"] = "daily"
    """How often they get the digest, where a schedule makes one."""

    def value(self) -> model.Recipient:
        """The recipient."""
        return model.Recipient(
            self.name,
            self.to,
            self.language,
            self.about,
            self.municipalities,
            self.quiet.start if self.quiet else "",
            self.quiet.end if self.quiet else "",
            self.digest,
        )
