"""What can be broken in a running sandbox, by name, and how it is taken back.

A breakage takes the state of the sandbox and keyword options, and answers with a
sentence that says what was done.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from provisioner.errors import SandboxError
from provisioner.sandbox import careless, careless_hosts, outages
from provisioner.sandbox.folder import Folder
from provisioner.sandbox.outsider import order
from provisioner.sandbox.state import SandboxState

Breakage = Callable[..., str]

BREAKAGES: dict[str, Breakage] = {
    function.__name__.replace("_", "-"): function
    for function in (
        careless.edit_title,
        careless.disable_account,
        careless.remove_licence,
        careless.delete_user,
        careless.create_stranger,
        careless.change_settings,
        careless.change_mx,
        careless.remove_record,
        careless.dns_fail,
        outages.throttle,
        outages.unavailable,
        outages.unavailable_after_commit,
        outages.lag,
        outages.empty_page,
        outages.cut,
        outages.slow,
        outages.slow_body,
        outages.duplicate_page,
        outages.html_error,
        outages.concurrency,
        outages.expire_token,
        outages.second_administrator,
        outages.forbid,
        outages.expire_delta,
        outages.take_seats,
        careless_hosts.edit_file,
        careless_hosts.stop_service,
        careless_hosts.deface_page,
        careless_hosts.add_vhost,
        careless_hosts.rename_site,
    )
}


def breakage(name: str, options: Mapping[str, object]) -> Breakage:
    """The function of this name, after a look whether it takes these options.

    Raises `SandboxError` that names what there is.
    """
    function = BREAKAGES.get(name)
    if function is None:
        near = difflib.get_close_matches(name, BREAKAGES, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise SandboxError(
            f"{name!r} cannot be broken.",
            remedy=f"{hint}All are listed by: provisioner sandbox break.",
        )
    taken = {
        one.name: one.default is inspect.Parameter.empty
        for one in inspect.signature(function).parameters.values()
        if one.kind is inspect.Parameter.KEYWORD_ONLY
    }
    shown = {"domain": "--municipality"}
    names = [shown.get(one, f"--{one}") for one in taken]
    for option in (*options, *(one for one, needed in taken.items() if needed)):
        if option not in taken or option not in options:
            what = "needs" if option in taken else "does not take"
            raise SandboxError(
                f"{name} {what} {shown.get(option, f'--{option}')}.",
                remedy=f"It takes {', '.join(names)}.",
            )
    return function


def mend(state: SandboxState) -> str:
    """Take back faults, lag, DNS failures and overrides, and buy given-back seats again.

    What was edited in the tenant stays edited: repairing that is what apply is for.
    """
    definition = Folder(Path(state.ca_file).parent).read_definition()
    order(state, "DELETE", "faults")
    order(state, "POST", "dns", {"action": "clear"})
    if definition is not None:
        order(state, "POST", "conduct", msgspec.to_builtins(definition.conduct))
        for seed in definition.seeds:
            bought = msgspec.to_builtins(seed.skus)
            order(state, "POST", f"skus?tenant={seed.tenant_id}", bought)
    return "Faults, lag, DNS overrides and lost seats are taken back."
