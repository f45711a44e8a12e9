"""Making the items of a list one after the other, none of which holds up another."""

from __future__ import annotations

_TOLD = 6  # items that could not be made, in the message


class Refused(Exception):
    """An item cannot be made; its text says why."""


def each(names, make):
    """Make every item; gives the names of those made, and why by name of the refused.

    `make(name)` tells whether the item was not as wanted, and raises `Refused` or `OSError`.
    """
    made, refused = [], {}
    for name in names:
        try:
            if make(name):
                made.append(name)
        except Refused as error:
            refused[name] = str(error)
        except OSError as error:
            refused[name] = error.strerror or str(error)
    return made, refused


def finish(module, made, refused):
    """End the module with what `each` gave."""
    ended = {"changed": bool(made), "made": made, "refused": refused}
    if not refused:
        shown = "".join(f"{name}\n" for name in made)
        module.exit_json(diff={"prepared": shown}, **ended)
    said = [f"{why} ({name})" for name, why in refused.items()]
    more = f"; and {len(said) - _TOLD} more" if len(said) > _TOLD else ""
    module.fail_json(msg="; ".join(said[:_TOLD]) + more, **ended)
