"""Sentences that the engine writes in English, told in the reader's language.

The engine's words are part of what a run did and are kept as they were written. Here
they are recognised by their pattern and told in translation; one that is not recognised
is shown as it is, marked as English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from provisioner.renderers.fault_sentences import FAULTS, FIELD, field_label
from provisioner.renderers.language import N_, Translator
from provisioner.renderers.service_sentences import SERVICE
from provisioner.renderers.words import GUARDS, label

# A command is a value as a whole: it reads from left to right in every language.
# Their order does not matter: see `_expressions`.
PATTERNS = (
    N_(
        "{name} waits for a seat of {license}: this run needs {needed}, {free} of"
        " {enabled} are free."
    ),
    N_(
        "{name} waits for a seat of {license}: this run needs {needed}, none is"
        " subscribed."
    ),
    N_("Buy {count} seat(s) of {license}, or free some."),
    N_("waiting for a seat: {license} has {enabled} seats and {consumed} are taken"),
    N_("waiting for a seat: {license} is not subscribed in this tenant"),
    N_(
        "{removed} of {there} mailboxes ({share}) would be switched off or deleted,"
        " more than {limit}."
    ),
    N_(
        "{gone} of {there} members of {domain} would leave all forums at once, more than"
        " {limit}."
    ),
    N_("{gone} of {there} members ({share}) would be taken out, more than {limit}."),
    N_("Look at the plan; if it is meant, apply it with {options}."),
    N_(
        "The inventory lists {listed} people where {there} are managed ({lost} fewer,"
        " {allowed} allowed)."
    ),
    N_("Check that {file} is whole; if it is meant, apply with {options}."),
    N_(
        "{name} is on the tenant's list of protected accounts; provisioner never"
        " writes it."
    ),
    N_("{name} holds the role {role}; provisioner never writes it."),
    N_(
        "{name} is synchronised from an on-premises directory; provisioner never"
        " writes it."
    ),
    N_("{name} is due to be deleted; that takes a second person."),
    N_("Let another person look at the plan, then apply it with {options}."),
    N_("Nothing is written now: {reason}, until {until}."),
    N_("Run it later, or give {options} with the reason."),
    N_("Not done: {reason}."),
    N_("Sabbath"),
    N_("Rosh Hashanah"),
    N_("Yom Kippur"),
    N_("Sukkot"),
    N_("Simchat Torah / Shemini Atzeret"),
    N_("Pesach"),
    N_("Seventh day of Pesach"),
    N_("Shavuot"),
    N_("Independence Day"),
    N_("{name} (observed)"),
    N_("outside of the maintenance windows"),
    N_("Change it by hand, or take it out of the inventory."),
    N_("{name} exists and bears no mark of ours."),
    N_("If it is this person's, run: {command}"),
    N_("exists in the tenant and bears no mark of ours"),
    N_("{count} field(s) differ"),
    N_("{joining} join, {leaving} leave"),
    N_(
        "is a forum of ours whose role the inventory no longer has; put the role back,"
        " or delete the group by hand"
    ),
    N_("{count} have no user yet: {people}"),
    N_("{count} wait for adoption: {people}"),
    N_("inviting {person}: {reason}"),
    N_("creating it: {reason}"),
    N_("restoring it: {reason}"),
    N_("naming it: {reason}"),
    N_("changing the members: {reason}"),
    N_("reading the members: {reason}"),
    N_("exists and bears our mark"),
    N_("members as wanted"),
    N_("{found} of {wanted}"),
    N_("invite {person} as a guest"),
    N_("new in the inventory"),
    N_("deleted, and still in the recycle bin"),
    N_("deleted for good"),
    N_("no longer in the inventory: switched off, not deleted"),
    N_("left long enough ago: due to be deleted"),
    N_("is in the municipality's domain and nobody declared it"),
    N_("only DNS differs: a person enters the records"),
    N_("waiting for DNS: enter {record}"),
    N_("the mailbox is not there yet"),
    N_("user exists"),
    N_("sign-in as wanted"),
    N_("licence assigned"),
    N_("mailbox answers"),
    N_("language, time zone and working week"),
    N_("domain exists"),
    N_("domain could be read"),
    N_("domain verified"),
    N_("mail switched on"),
    N_("{field} in DNS"),
    N_(
        "Who changed what in tenant {tenant} is not known: the permission {permission}"
        " would tell."
    ),
    N_(
        "Who changed what in tenant {tenant} is known in part: its audit has more"
        " entries than are read at once."
    ),
    N_("Who changed what in tenant {tenant} is not known: {reason}"),
    N_("broke off: {reason}"),
    N_("creating the user: {reason}"),
    N_("restoring the user: {reason}"),
    N_("updating the user: {reason}"),
    N_("assigning the licence: {reason}"),
    N_("signing out everywhere: {reason}"),
    N_("deleting the user: {reason}"),
    N_("handing the mailbox over: {reason}"),
    N_("waiting for a mailbox: {reason}"),
    N_("exchange: off, so the mailbox can only be handed over by hand"),
    N_("exchange: off, so the handing over can only be undone by hand"),
    N_("the mailbox is too large to give up its seat"),
    N_("hidden from address lists"),
    N_("the mailbox is shared"),
    N_("{person} has access"),
    N_("automatic reply"),
    N_("nothing of the leaving remains in Exchange"),
    N_("Exchange answers"),
    N_("waiting for the mailbox: {reason}"),
    N_("setting language and working week: {reason}"),
    N_("waits for domain {name}: {reason}"),
    N_("domain could not be read: {reason}"),
    N_("mailbox could not be read: {reason}"),
    N_("Hosts were left out: this sandbox has none."),
    N_("The host cannot be reached: {reason}"),
    N_("No way to this host is known here."),
    N_("cannot be seen after the writes: {reason}"),
    N_("Still not as wanted: {fields}."),
    N_("a file that nobody declared"),
    N_("an account that may become root and nobody declared"),
    N_("a timer that nobody declared"),
    N_("a file of a package that was changed"),
    N_("a file of a package that is missing"),
    N_("{program} listens and nobody declared it"),
    N_("host answers"),
    N_("everything is as wanted"),
    N_("does not run on such a machine, by its own condition"),
    N_("page is served by name"),
    N_("{status}, first byte after {time} ms"),
    N_("language and direction"),
    N_("title"),
    N_("certificate"),
    N_("{days} days left"),
    N_("security headers"),
    N_("accessibility statement with its coordinator"),
    N_("the job ran"),
    N_("a copy is seen from the repository's side"),
    N_("the repository has none"),
    N_("{when}, {count} in all"),
    N_("Nobody has looked yet."),
    N_("Nobody has looked since a new copy was due."),
    N_("The run was cut off."),
    N_("http leads to https"),
    N_("{name} leads there"),
    N_("{url} does not answer: {reason}"),
    N_("{service} runs"),
    *FAULTS,
    *SERVICE,
    N_(
        "The repository has copies up to {when} and this host has made none of them:"
        " restore first, then run `{command}` on it."
    ),
    N_(
        "the database {name} is gone: restore it from a backup; an apply makes an empty"
        " one"
    ),
    N_("no answer at {address}, port {port}"),
    N_(
        "it shows another host key than the inventory has; compare it on the console,"
        " then set `host_keys` of {name} in cluster.yml"
    ),
    N_("it refuses the sign-in of {name}; look at that account on it, and at its key"),
    N_("an account that is root by its number"),
    N_("{count} key(s) sign in as root and nobody declared"),
    N_("{count} line(s) of root's crontab that nobody declared"),
)

# Ours are shorter; a long text from elsewhere would only cost time.
_LONGEST = 600
_HOLE = re.compile(r"\{(\w+)\}")
_NUMBER = r"\d[\d,]*"
_KNOWN = {
    "field": FIELD,
    "reason": ".+",
    "count": _NUMBER,
    "found": _NUMBER,
    "wanted": _NUMBER,
    "short": r"\S+",
    "whole": r"\S+@\S+",
    "guard": r"\w+",
    "guards": r"\w+(?:, \w+)*",
}
"""What holes can hold; others, anything that is not two sentences."""
_VALUE = r"(?:(?!\. [A-Z]).)+"
_END = re.compile(r"(?<=\.)(;? )")
"""Between two sentences: of a fault and its remedy, of several faults."""
_SUBJECT = re.compile(r"(\S+): (.+)", re.DOTALL)
"""What a sentence is about: a place in a file, an address."""
_MOST_ENDS = 12


class Piece(Struct, frozen=True):
    """A stretch of a told sentence: our words, or a value put into them.

    `english` is true where the stretch is the engine's own English.
    """

    text: str
    value: bool = False
    english: bool = False


def tell(message: str, words: Translator) -> list[Piece]:
    """What the engine says, one sentence or several, in the reader's language."""
    found = recognise(message)
    if found is None:
        return _apart(message, words) or [Piece(message, value=True, english=True)]
    pattern, values = found
    pieces: list[Piece] = []
    # Splitting by a pattern with one group leaves the names of the holes at odd places.
    for position, part in enumerate(_HOLE.split(words.gettext(pattern))):
        if position % 2 == 0:
            pieces += [Piece(part)] if part else []
        elif part == "reason":
            pieces += tell(values[part], words)
        elif part == "field" and (called := field_label(values[part])):
            pieces.append(Piece(words.gettext(called), value=True))
        elif part in ("guard", "guards"):
            pieces.append(Piece(_guards(values[part], words), value=True))
        else:
            pieces.append(Piece(values.get(part, ""), value=True))
    return pieces


def _guards(names: str, words: Translator) -> str:
    """Guards by what people call them."""
    return ", ".join(words.gettext(label(GUARDS, one)) for one in names.split(", "))


def _apart(message: str, words: Translator) -> list[Piece]:
    """What it is about, and sentence by sentence; nothing where the first is not known."""
    if len(message) > _LONGEST:
        return []
    about = _SUBJECT.fullmatch(message)
    if about is not None:
        rest = tell(about[2], words)
        known = not rest[0].english
        return [Piece(about[1], value=True), Piece(": "), *rest] if known else []
    for end in reversed(list(_END.finditer(message))[:_MOST_ENDS]):
        for stop in ("", "."):
            first = message[: end.start()].removesuffix(stop)
            if recognise(first):
                rest = tell(message[end.end() :], words)
                return [*tell(first, words), Piece(f"{stop}{end[0]}"), *rest]
    return []


def told(message: str, words: Translator, isolate: Callable[[str], str] = str) -> str:
    """The same as plain text; `isolate` is put around the values."""
    pieces = tell(message, words)
    return "".join(isolate(one.text) if one.value else one.text for one in pieces)


@lru_cache(maxsize=4096)
def recognise(message: str) -> tuple[str, dict[str, str]] | None:
    """The pattern of a sentence and what stands in its holes; None for another's words."""
    if len(message) > _LONGEST:
        return None
    for pattern, expression in _expressions():
        match = expression.fullmatch(message)
        if match is not None:
            return pattern, match.groupdict()
    return None


@lru_cache(maxsize=1)
def _expressions() -> list[tuple[str, re.Pattern[str]]]:
    """What has the most words of its own first: a general pattern matches that too."""
    telling = sorted(PATTERNS, key=lambda one: len(_HOLE.sub("", one)), reverse=True)
    return [
        (pattern, re.compile(_expression(pattern), re.DOTALL)) for pattern in telling
    ]


def _expression(pattern: str) -> str:
    parts = _HOLE.split(pattern)
    return "".join(
        f"(?P<{part}>{_KNOWN.get(part, _VALUE)})" if position % 2 else re.escape(part)
        for position, part in enumerate(parts)
    )
