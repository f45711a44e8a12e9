"""From a notice to a message: its words, its page and what goes with it."""

from __future__ import annotations

import json
import logging

from provisioner.model.cluster import Cluster
from provisioner.model.mail import Message
from provisioner.model.notice import Notice, Recipient
from provisioner.renderers.mail import to_mail
from provisioner.service.notices.digest import digest_message
from provisioner.service.notices.wording import words_of
from provisioner.store import Store

_log = logging.getLogger(__name__)


class Composer:
    """Makes messages; a template with a fault costs its page, never the notice."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: set[str] = set()

    def compose(
        self, notice: Notice, recipient: Recipient, cluster: Cluster
    ) -> tuple[Message, str]:
        """The message, and what is wrong with its template, "" where nothing is.

        The fault is logged once for each template and language while this process lives.
        """
        try:
            return self._whole(notice, recipient, cluster), ""
        except Exception as error:
            said = str(error).partition("\n")[0]
            fault = f"without its page: {type(error).__name__}: {said}"
            where = f"{notice.about} in {recipient.language}: {type(error).__name__}"
            if where not in self._told:
                self._told.add(where)
                _log.exception("the template of %s", where)
            return _plain(notice, recipient.language), fault

    def _whole(self, notice: Notice, recipient: Recipient, cluster: Cluster) -> Message:
        if notice.about == "digest":
            return digest_message(self._store, notice, recipient, cluster)
        title, text = words_of(notice, recipient.language)
        return Message(title, text, to_mail("notice", recipient.language, title, text))


def _plain(notice: Notice, language: str) -> Message:
    """The words without a page, or the bare facts where even they cannot be made."""
    try:
        return Message(*words_of(notice, language))
    except Exception:
        facts = json.dumps(notice.facts, ensure_ascii=False, indent=1)
        return Message(f"provisioner: {notice.about}", facts)
