"""`/users/{id}/manager` and `directReports`."""

from __future__ import annotations

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.membership import reference
from provisioner.sandbox.tenant.object_lists import count_tied, list_tied
from provisioner.sandbox.tenant.objects import Objects, Rows, selected_any
from provisioner.sandbox.tenant.recording import record, user_target
from provisioner.sandbox.tenant.refusal import bad_request, not_found
from provisioner.sandbox.tenant.users import current, entity, found_user


def _manager(call: Call, account: Account) -> Account:
    """The manager as a replica shows it; refuses with 404 where there is none."""
    reader = call.reader
    for owner in call.directory.reports.owners_seen(
        account.id, reader.now, reader.share
    ):
        found = Objects(reader).find(owner)
        if isinstance(found, Account):
            return found
    raise not_found("manager")


def read_manager(call: Call) -> Answer:
    manager = _manager(call, found_user(call))
    rows = Rows(call.directory, selected_any(call.options.get("select")))
    row = rows.plain(manager)
    return Answer(200, entity(call, "directoryObjects/$entity", row, "user"))


def refer_to_manager(call: Call) -> Answer:
    manager = _manager(call, found_user(call))
    where = f"{call.origin}/v1.0/directoryObjects/{manager.id}"
    body = b'{"@odata.context":"%s","@odata.id":"%s"}'
    context = call.context("$ref")
    return Answer(200, body % (context.encode(), where.encode()))


def set_manager(call: Call) -> Answer:
    """`PUT …/manager/$ref`: replaces the manager there was."""
    account = current(call, found_user(call))
    wanted = reference(call)
    manager = call.reader.find(wanted)
    if manager is None:
        raise not_found(wanted)
    if manager.id == account.id:
        raise bad_request("A user cannot be the manager of itself.")
    reports, lag = call.directory.reports, call.world.conduct.replication_lag
    old = reports.owners(account.id)
    if old == [manager.id]:
        return Answer(204)
    for owner in old:
        reports.remove(owner, account.id, call.now, lag)
    reports.add(manager.id, account.id, call.now, lag)
    changed = [("Manager", old[0] if old else None, manager.id)]
    record(call, "Set user manager", user_target(account, changed))
    return Answer(204)


def remove_manager(call: Call) -> Answer:
    account = current(call, found_user(call))
    reports = call.directory.reports
    old = reports.owners(account.id)
    if not old:
        raise not_found("manager")
    for owner in old:
        reports.remove(owner, account.id, call.now, call.world.conduct.replication_lag)
    changed = [("Manager", old[0], None)]
    record(call, "Remove user manager", user_target(account, changed))
    return Answer(204)


def list_reports(call: Call) -> Answer:
    account, reader = found_user(call), call.reader
    places = call.directory.reports.seen(account.id, reader.now, reader.share)
    return list_tied(call, f"users/{account.id}/directReports", places)


def count_reports(call: Call) -> Answer:
    account, reader = found_user(call), call.reader
    places = call.directory.reports.seen(account.id, reader.now, reader.share)
    return count_tied(call, places)
