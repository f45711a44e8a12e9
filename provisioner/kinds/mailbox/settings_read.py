"""Reading mailbox settings in batches: what answered, what is not there yet, what failed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from provisioner.kind import Providers
from provisioner.kinds.mailbox.spec import SETTINGS_ASPECT, kept_settings
from provisioner.providers.graph.calls import get_mailbox_settings

# What the service says of a mailbox that does not exist (yet); never an error of the read.
NO_MAILBOX = frozenset({"MailboxNotEnabledForRESTAPI", "ErrorNonExistentMailbox"})


class Answer(Struct, frozen=True, gc=False):
    """What one mailbox answered: its settings, nothing ("" reason: no mailbox), or why not."""

    body: bytes = b""
    reason: str = ""


async def read_answers(
    object_ids: Mapping[str, str], providers: Providers
) -> dict[str, Answer]:
    """The settings of mailboxes by resource key, given their users' object ids.

    Everything that answers is recorded as a sighting; a mailbox that is not there is
    forgotten, so that the next look does not trust an old answer.
    """
    answers: dict[str, Answer] = {}
    calls = (get_mailbox_settings(key, oid) for key, oid in object_ids.items())
    async for reply in providers.directory.batch(calls):
        if reply.error is None:
            answers[reply.id] = _kept(reply.body)
        elif reply.error.code in NO_MAILBOX:
            answers[reply.id] = Answer()
        else:
            answers[reply.id] = Answer(reason=str(reply.error))
    seen = {key: one.body for key, one in answers.items() if one.body}
    providers.sightings.record(SETTINGS_ASPECT, seen, providers.now())
    providers.sightings.forget(
        SETTINGS_ASPECT,
        [key for key, one in answers.items() if not one.body and not one.reason],
    )
    return answers


def _kept(body: msgspec.Raw) -> Answer:
    try:
        return Answer(kept_settings(body))
    except msgspec.DecodeError as error:
        return Answer(reason=f"the settings could not be understood: {error}")
