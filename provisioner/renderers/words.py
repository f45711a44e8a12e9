"""The words a report uses, each with a symbol: no state is told by colour alone.

Labels are English and marked for the catalogues; a renderer translates them.
"""

from __future__ import annotations

from msgspec import Struct

from provisioner.renderers.language import N_
from provisioner.renderers.values import visible


class Word(Struct, frozen=True):
    """A label with its symbols (Unicode, ASCII), its tone and its meaning.

    The tone (`good`, `calm`, `attention`, `bad`, `quiet`) chooses a colour.
    """

    label: str
    symbol: str
    ascii_symbol: str
    tone: str = "calm"
    meaning: str = ""


STATES = {
    "in_sync": Word(N_("in sync"), "✓", "=", "good", N_("as the inventory says")),
    "pending": Word(
        N_("pending"),
        "○",
        "o",
        "calm",
        N_("the inventory changed, the world has not yet"),
    ),
    "drifted": Word(
        N_("drifted"),
        "≠",
        "!=",
        "attention",
        N_("changed from outside; the inventory did not"),
    ),
    "missing": Word(N_("missing"), "∅", "--", "bad", N_("we made it and it is gone")),
    "conflict": Word(
        N_("conflict"), "⇄", "<>", "bad", N_("both the inventory and the world changed")
    ),
    "unmanaged": Word(
        N_("unmanaged"),
        "◇",
        "*",
        "quiet",
        N_("it is there and nobody declared it; left alone"),
    ),
    "unknown": Word(
        N_("unknown"), "?", "?", "attention", N_("could not be read; left alone")
    ),
    "done": Word(N_("done"), "✓", "+", "good", N_("brought about")),
    "waiting": Word(
        N_("waiting"), "…", "..", "calm", N_("time or a purchase will help")
    ),
    "failed": Word(N_("failed"), "✗", "x", "bad", N_("was tried and did not succeed")),
    "refused": Word(
        N_("held back"), "⊘", "#", "attention", N_("a guard said no; a person decides")
    ),
    "skipped": Word(
        N_("skipped"),
        "»",
        ">>",
        "quiet",
        N_("not tried, because something before it failed"),
    ),
    "unproven": Word(
        N_("not proven"),
        "✗",
        "x",
        "bad",
        N_("written, but a check of it does not hold"),
    ),
}

ACTIONS = {
    "create": Word(N_("create"), "+", "+"),
    "update": Word(N_("update"), "~", "~"),
    "restore": Word(N_("restore"), "↺", "^"),
    "adopt": Word(N_("adopt"), "⊕", "&"),
    "delete": Word(N_("delete"), "−", "-"),
}

LIVES = {
    "new": N_("new"),
    "persisting": N_("known"),
    "acknowledged": N_("acknowledged"),
    "resolved": N_("resolved"),
}

GUARDS = {
    "removals": N_("Too many would be removed or switched off"),
    "shrunken_inventory": N_("The inventory shrank"),
    "members": N_("Too many members would leave"),
    "protected": N_("Protected account"),
    "unmanaged": N_("Not ours"),
    "second_person": N_("A second person must approve"),
    "seats": N_("No free seat"),
    "blackout": N_("Nothing may be written now"),
}

KINDS = {
    "domain": N_("domain"),
    "mailbox": N_("mailbox"),
    "shared_mailbox": N_("shared mailbox"),
    "administrative_unit": N_("administrative unit"),
    "forum": N_("forum"),
    "server": N_("server"),
    "website": N_("website"),
    "backup_job": N_("backup job"),
}

FIELDS = {
    "address": N_("address"),
    "display_name": N_("display name"),
    "given_name": N_("given name"),
    "surname": N_("surname"),
    "employee_id": N_("employee number"),
    "department": N_("department"),
    "job_title": N_("job title"),
    "enabled": N_("enabled"),
    "signed_in": N_("signed in"),
    "hidden": N_("hidden from address lists"),
    "shared": N_("shared mailbox"),
    "auto_reply": N_("automatic reply"),
    "usage_location": N_("country of use"),
    "licenses": N_("licences"),
    "locale": N_("language of the mailbox"),
    "time_zone": N_("time zone"),
    "working_days": N_("working days"),
    "work_start": N_("work starts"),
    "work_end": N_("work ends"),
    "aliases": N_("aliases"),
    "description": N_("description"),
    "owners": N_("owners"),
    "members_joining": N_("joining"),
    "members_lost": N_("taken out by somebody"),
    "members_leaving": N_("leaving"),
    "members_foreign": N_("put in by somebody"),
    "verified": N_("verified"),
    "services": N_("services"),
    "mx": N_("MX record"),
    "spf": N_("SPF record"),
    "dkim": N_("DKIM record"),
    "dmarc": N_("DMARC record"),
    "autodiscover": N_("autodiscover record"),
}

MODES = {
    "plan": N_("Plan"),
    "apply": N_("Apply report"),
    "drift": N_("Drift report"),
}


TASKS = {
    "plan": N_("plan"),
    "apply": N_("apply"),
    "drift": N_("look for drift"),
    "backup_scan": N_("scan of backups"),
    "backup_drill": N_("restore drill"),
    "certificate_scan": N_("scan of certificates"),
    "seat_forecast": N_("forecast of seats"),
    "digest": N_("digest"),
    "delta_refresh": N_("reading of what changed"),
    "full_read": N_("reading of everybody"),
}


def label(table: dict[str, str], name: str) -> str:
    """The English label of a name; a name nobody described, readable as it is."""
    # A path is told as it is: another name would be another file.
    return table.get(name) or visible(name if "/" in name else name.replace("_", " "))
