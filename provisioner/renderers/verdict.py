"""A report in one line, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from provisioner.model.plan import RELEASABLE
from provisioner.model.report import Report
from provisioner.renderers.language import NN_, Translator
from provisioner.renderers.summary import Summary

Tone = Literal["good", "attention", "bad"]

_FACTS = {
    "errors": NN_(
        "%(count)s municipality could not be worked on.",
        "%(count)s municipalities could not be worked on.",
    ),
    "failed": NN_("%(count)s change failed.", "%(count)s changes failed."),
    "unknown": NN_(
        "%(count)s read failed; what it hides was left alone.",
        "%(count)s reads failed; what they hide was left alone.",
    ),
    "done": NN_("%(count)s change is done.", "%(count)s changes are done."),
    "unproven": NN_(
        "%(count)s change is written but not proven.",
        "%(count)s changes are written but not proven.",
    ),
    "ready": NN_("%(count)s change is ready.", "%(count)s changes are ready."),
    "held": NN_(
        "%(count)s change is held back by a guard.",
        "%(count)s changes are held back by guards.",
    ),
    "skipped": NN_("%(count)s change was skipped.", "%(count)s changes were skipped."),
    "waiting": NN_("%(count)s change is waiting.", "%(count)s changes are waiting."),
    "unmanaged": NN_(
        "%(count)s object is unmanaged and left alone.",
        "%(count)s objects are unmanaged and left alone.",
    ),
    "by_hand": NN_(
        "%(count)s step is to be done by hand.",
        "%(count)s steps are to be done by hand.",
    ),
}


class Verdict(Struct, frozen=True):
    """The headline, the facts behind it, and the next step with its command ("")."""

    tone: Tone
    symbol: str
    headline: str
    facts: tuple[str, ...]
    advice: str
    command: str = ""

    @property
    def line(self) -> str:
        return " ".join((self.headline, *self.facts))


def judge(report: Report, summary: Summary, language: Translator) -> Verdict:
    """The verdict on a report, in words of `language`."""
    facts = tuple(_facts(report, summary, language))
    advice, command = _next_step(report, summary, language)
    tones: dict[int, tuple[Tone, str]] = {0: ("good", "✓"), 2: ("attention", "!")}
    tone, symbol = tones.get(report.exit_code, ("bad", "✗"))
    headline = _headline(report, language)
    return Verdict(tone, symbol, headline, facts, advice, command)


def _headline(report: Report, language: Translator) -> str:
    _ = language.gettext
    if report.exit_code == 1:
        return _("Something went wrong or could not be read.")
    if report.exit_code == 0:
        changed = any(one.outcomes for one in report.municipalities)
        if report.mode == "apply" and changed:
            return _("Everything was done and proven.")
        return _("Nothing to do: everything is as the inventory says.")
    return {
        "plan": _("There is something to do."),
        "apply": _("Not finished yet."),
        "drift": _("Not everything is as it should be."),
    }[report.mode]


def _facts(report: Report, summary: Summary, language: Translator) -> Iterator[str]:
    figures = {
        **summary.states,
        "errors": summary.errors,
        "held": summary.total("held"),
        "waiting": summary.total("waiting"),
        "ready": 0 if report.mode == "apply" else summary.total("ready"),
        "by_hand": summary.by_hand,
    }
    for figure, forms in _FACTS.items():
        if count := figures.get(figure, 0):
            yield language.ngettext(*forms, count)


def _next_step(
    report: Report, summary: Summary, language: Translator
) -> tuple[str, str]:
    _, asked = language.gettext, report.asked.options
    if report.mode == "apply":
        return _after_apply(report, summary, language)
    if report.exit_code == 1 and not summary.total("ready"):
        return _("Mend what went wrong, then look again:"), (
            f"provisioner {report.mode}{asked}"
        )
    if not summary.total("ready"):
        if report.exit_code == 0:
            return "", ""
        if report.mode == "plan" and (released := _releases(report)):
            return _(
                "What guards hold back is applied, if all of it is meant, with:"
            ), (f"provisioner apply --checksum {report.checksum}{released}{asked}")
        return _("Nothing here can be applied; a person must look at it."), ""
    if report.mode == "drift":
        return _("To bring back what is ours:"), f"provisioner apply{asked}"
    return _("To make exactly these changes:"), (
        f"provisioner apply --checksum {report.checksum}{asked}"
    )


def _releases(report: Report) -> str:
    """Options that let go every guard a person may let go, "" where there is none."""
    guards = {one.guard for town in report.municipalities for one in town.refusals}
    options = "".join(f" --release {one}" for one in sorted(guards & RELEASABLE))
    return f"{options} --approved-by NAME" if "second_person" in guards else options


def _after_apply(
    report: Report, summary: Summary, language: Translator
) -> tuple[str, str]:
    _, asked = language.gettext, report.asked.options
    if report.exit_code == 0:
        return "", ""
    if summary.next_look is not None:
        return (
            _(
                "What waits is taken up again by another apply, best after %(moment)s:",
                moment=language.moment(summary.next_look),
            ),
            f"provisioner apply{asked}",
        )
    if summary.by_hand and report.exit_code == 2:
        again = f"provisioner apply{asked}"
        return _("Do by hand what is listed, then run again:"), again
    return _("Mend what went wrong, then look again:"), f"provisioner plan{asked}"
