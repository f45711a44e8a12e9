"""The portal's own words: roles, states of runs, what was done, and what went wrong."""

from __future__ import annotations

from provisioner.portal.viewer import May, Role
from provisioner.renderers.fault_sentences import (
    PERSON_LABELS,
    SITE_LANGUAGE,
    WEBSITE_LABELS,
)
from provisioner.renderers.language import N_
from provisioner.renderers.words import Word

RUN_STATES = {
    "queued": Word(N_("in the queue"), "○", "o", "calm"),
    "claimed": Word(N_("about to begin"), "▹", ">", "calm"),
    "running": Word(N_("at work"), "▶", ">", "calm"),
    "succeeded": Word(N_("succeeded"), "✓", "+", "good"),
    "waiting": Word(N_("ended, something waits"), "…", "..", "attention"),
    "failed": Word(N_("failed"), "✗", "x", "bad"),
    "cancelled": Word(N_("cancelled"), "−", "-", "quiet"),
    "lost": Word(N_("lost"), "?", "?", "bad"),
    "expired": Word(N_("expired"), "−", "-", "quiet"),
    "refused": Word(N_("refused"), "⊘", "#", "attention"),
    "superseded": Word(N_("superseded"), "»", ">>", "quiet"),
}

ROLES = {
    Role.CLUSTER_IT: N_("cluster IT"),
    Role.APPROVER: N_("approver"),
    Role.OPERATOR: N_("operator"),
    Role.CIO: N_("municipal CIO"),
    Role.AUDITOR: N_("auditor"),
}

PAGES = (
    ("/", N_("Overview"), May.LOOK),
    ("/requests", N_("Requests"), May.REQUESTS),
    ("/drift", N_("Differences"), May.LOOK),
    ("/backups", N_("Backups"), May.LOOK),
    ("/approvals", N_("Approvals"), May.RUNS),
    ("/runs", N_("Runs"), May.RUNS),
    ("/schedules", N_("Schedules"), May.RUNS),
    ("/seats", N_("Seats"), May.LOOK),
    ("/inventory", N_("The inventory"), May.INVENTORY),
    ("/audit", N_("Audit"), May.AUDIT),
)
"""The pages of the menu: path, label, and what they ask of who comes."""

REQUEST_STATES = {
    "submitted": Word(N_("submitted"), "○", "o", "calm", N_("waits for a decision")),
    "approved": Word(
        N_("approved"), "◔", "o", "calm", N_("decided; not written down yet")
    ),
    "rejected": Word(N_("rejected"), "⊘", "#", "bad", N_("turned down")),
    "withdrawn": Word(N_("withdrawn"), "−", "-", "quiet", N_("taken back")),
    "recorded": Word(N_("recorded"), "◑", "o", "calm", N_("it is in the inventory")),
    "provisioning": Word(N_("in work"), "▶", ">", "calm", N_("a run brings it about")),
    "waiting": Word(
        N_("waiting"),
        "…",
        "..",
        "attention",
        N_("something else must happen first"),
    ),
    "ready": Word(N_("ready"), "✓", "+", "good", N_("proven to work")),
    "failed": Word(N_("failed"), "✗", "x", "bad", N_("was tried and did not succeed")),
    "closed": Word(N_("closed"), "✓", "+", "quiet", N_("filed")),
}

WAITS = {
    "start_date": N_("it begins on its day"),
    "seat": N_("there is no free seat for it"),
    "domain": N_("the domain is not confirmed yet"),
    "second_person": N_("a second person must approve the plan"),
    "time": N_("Microsoft 365 needs some time for it"),
}
"""What a waiting request waits for, by `WaitsFor`."""

WAITS_FOR_WHOM = {
    "start_date": N_("Nobody has to do anything: it goes on when the day has come."),
    "seat": N_(
        "Ask the cluster's IT for more seats, or report who has left: a seat that becomes"
        " free is taken by itself."
    ),
    "domain": N_(
        "The cluster's IT sees to the domain; ask them when it takes longer than a day."
    ),
    "second_person": N_(
        "An approver of the cluster looks at the plan; ask the cluster's IT when it is"
        " urgent."
    ),
    "time": N_("Nobody has to do anything: it is looked at again by itself."),
    "": N_(
        "Something in the inventory is in the way. The cluster's IT must mend it; ask them"
        " and name the number of the request."
    ),
}
"""Who helps a request on that waits or is held up (""), for who cannot do it themselves."""

SORTS = {
    "new_mailboxes": N_("new mailboxes"),
    "shared_mailbox": N_("shared mailbox"),
    "person_change": N_("change of a person"),
    "leaver": N_("somebody leaves"),
    "website_change": N_("change of a website"),
}

ACTS = {
    "submit": N_("submitted"),
    "approve": N_("approved"),
    "reject": N_("rejected"),
    "withdraw": N_("withdrawn"),
    "hold": N_("held up"),
    "record": N_("recorded in the inventory"),
    "begin": N_("a run began"),
    "wait": N_("waits"),
    "ready": N_("proven to work"),
    "fail": N_("failed"),
    "close": N_("closed"),
}

ASKED = (
    PERSON_LABELS
    | WEBSITE_LABELS
    | {
        "start": N_("From which day on"),
        "website": N_("Website"),
        "site_language": SITE_LANGUAGE,
    }
)
"""Labels of what a request asks for."""

DONE = {
    "sent": N_("Your request was sent. This page tells what becomes of it."),
    "withdrawn": N_("The request was taken back."),
    "decided": N_("Your decision was kept."),
    "closed": N_("The request is filed."),
    "acknowledged": N_("Accepted. Another value would be a new difference."),
    "ordered": N_("The run was ordered. A worker takes it as soon as it can."),
    "cancelled": N_("The run was asked to stop. It finishes the change in hand."),
    "approved": N_("Approved. The run that carries it out waits for a worker."),
    "approved-many": N_("Approved. The runs that carry them out wait for a worker."),
    "known": N_("Kept. Its notices are silent until then; its state stays as it is."),
}

FAULTS = {
    400: (
        N_("This request was not understood"),
        N_("Go back, check what you typed, and send it again."),
    ),
    403: (
        N_("This is not for you to do"),
        N_(
            "Your role does not allow it, or the page was open for too long. Load the page"
            " anew and try again; if it stays so, ask the cluster's IT for the role."
        ),
    ),
    404: (
        N_("There is no such page"),
        N_("It was removed, or the address has a mistake. Go on from the overview."),
    ),
    405: (
        N_("This cannot be opened like this"),
        N_("Go on from the overview."),
    ),
    409: (
        N_("It could not be done"),
        N_("Somebody else was faster, or it is not possible any more. Look again."),
    ),
    413: (
        N_("This is too large"),
        N_("Send less at once."),
    ),
    422: (
        N_("Something is missing or wrong in the form"),
        N_("Go back, fill in what is missing, and send it again."),
    ),
    429: (
        N_("Too many attempts"),
        N_("Wait a minute, then try again."),
    ),
    500: (
        N_("Something went wrong here"),
        N_(
            "Nothing was lost. Try again; if it happens again, tell the cluster's IT the"
            " number below."
        ),
    ),
    503: (
        N_("This part does not answer now"),
        N_(
            "Try again in a minute. If it stays so, tell the cluster's IT what stands below."
        ),
    ),
}
"""What an error page says by status: what is wrong, and what to do."""

_NONE_TICKED = N_("Nothing is ticked. Tick at least one in the list.")
MISSING = {
    "one": _NONE_TICKED,
    "key": _NONE_TICKED,
    "reason": N_("The reason is missing, too short or longer than 500 characters."),
    "reject": N_("The reason is missing: to reject takes one; the requester reads it."),
    "days": N_("The days are missing: a whole number from 1 to 365."),
    "start": N_(
        "The day from which on it holds cannot be read. Choose it in the calendar, write it"
        " as 2026-12-31, or leave it empty."
    ),
    "repair": N_("No run can repair what is ticked. Tick another one."),
}
"""What a form lacks, by the name of its field."""

SESSION_ENDED = (
    N_("Your session has ended"),
    N_("Nothing was sent. Sign in again: you come back to the page of the form."),
)
"""To a form of which nobody is signed in any more."""

THEMES = {"auto": N_("As the device"), "light": N_("Light"), "dark": N_("Dark")}
LANGUAGE_NAMES = {"he": "עברית", "ar": "العربية", "en": "English"}
