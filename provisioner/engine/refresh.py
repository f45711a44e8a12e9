"""Reading directories for their own sake, so that the next run has little to read."""

from __future__ import annotations

from provisioner.engine.run import Collaborators, CurrentRun
from provisioner.engine.scope import Order, kinds_of, scope_of
from provisioner.errors import ProviderError
from provisioner.kind import HostProviders, Providers
from provisioner.model.run import RunStatus

_KIND = "mailbox"  # its providers are those of all tenants with people


def refresh_directories(order: Order, given: Collaborators) -> dict[str, int]:
    """Read the users of each tenant, all of them with `full`; how many, by tenant.

    The look is kept as a run. It fails where a tenant could not be read, after the others
    were. Raises like `reconcile`.
    """
    cluster = given.load()
    scope = scope_of(order, cluster, given.now(), hosts=False)
    kinds = tuple(one for one in kinds_of(order, hosts=False) if one.name == _KIND)
    found: dict[str, int] = {}
    faults: list[str] = []
    with CurrentRun(order, scope, kinds, given, {}) as run:
        for tenant, opened in sorted(run.providers.items()):
            try:
                found[tenant] = run.wait(_read(opened, full=order.full))
                told = f"{tenant}: {found[tenant]:,} users"
            except ProviderError as error:
                faults.append(f"{tenant}: {error}")
                told = faults[-1]
            run.store.runs.add_event(run.run_id, "read", told)
        if faults:
            run.close(RunStatus.FAILED, {"reason": "; ".join(faults)})
        else:
            run.close(RunStatus.SUCCEEDED, dict(found))
    return found


async def _read(
    opened: Providers | HostProviders | ProviderError, *, full: bool
) -> int:
    if isinstance(opened, ProviderError):
        raise opened
    assert isinstance(opened, Providers)  # noqa: S101  mailboxes live in tenants
    return len((await opened.directory.users(full=full)).users)
