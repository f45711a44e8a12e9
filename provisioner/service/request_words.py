"""The words of notices about requests; `provisioner.service.wording` says them."""

from __future__ import annotations

from typing import Any

from provisioner.renderers.language import N_, Translator

TITLES = {
    "request": N_("A request waits for a decision"),
    "request_submitted": N_("Your request has arrived"),
    "request_approved": N_("Your request is approved"),
    "request_rejected": N_("Your request was rejected"),
    "request_withdrawn": N_("Your request was withdrawn"),
    "request_recorded": N_("Your request is in the inventory"),
    "request_provisioning": N_("Your request is being carried out"),
    "request_waiting": N_("Your request has to wait"),
    "request_ready": N_("Your request is done"),
    "request_failed": N_("Your request could not be carried out"),
    "request_closed": N_("Your request is closed"),
    "request_held": N_("An approved request cannot be recorded now"),
}
_WHAT = N_("Request %(request)s of %(municipality)s: %(sort)s.")
_WHY = N_("Request %(request)s of %(municipality)s: %(sort)s. %(reason)s")
BODIES = dict.fromkeys(TITLES, _WHY) | {
    "request": N_(
        "%(by)s asks in %(municipality)s: %(sort)s. See: provisioner requests show"
        " %(request)s"
    ),
    "request_submitted": _WHAT,
    "request_ready": N_(
        "Request %(request)s of %(municipality)s: %(sort)s. It was looked at, and it works."
    ),
}
SORTS = {
    "new_mailboxes": N_("new mailboxes"),
    "shared_mailbox": N_("a shared mailbox"),
    "person_change": N_("a change of a person"),
    "leaver": N_("a person leaves"),
    "website_change": N_("a change of a website"),
}
WAITS_FOR = {
    "start_date": N_("It waits for its start date."),
    "seat": N_("It waits for a free seat."),
    "domain": N_("It waits for the domain to be confirmed."),
    "second_person": N_("It waits for the word of a second person."),
    "time": N_("It waits for the mail service, which takes its time."),
}


def named(key: str, value: Any, words: Translator) -> str | None:
    """A fact that is a word of ours, in the reader's language; None for other facts."""
    if key == "sort":
        return words.gettext(SORTS[value])
    if key == "reason" and value in WAITS_FOR:
        return words.gettext(WAITS_FOR[value])
    return None
