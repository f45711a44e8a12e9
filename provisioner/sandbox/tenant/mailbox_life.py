"""What happens by itself as time passes: mailboxes appear, old deletions expire."""

from __future__ import annotations

import msgspec

from provisioner.sandbox.tenant.account import Account, Licence, Mailbox
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.seed import Conduct

MONTH = 30 * 86400.0
_ARRIVAL = ("mail", "proxyAddresses", "provisionedPlans")


def licensed(
    account: Account, licences: tuple[Licence, ...], now: float, conduct: Conduct
) -> Account:
    """The account with these licences, and what they mean for its mailbox.

    A mailbox that lost its licence is disconnected; within 30 days a new licence brings
    it back with its settings, later it starts empty. A shared one needs none, but
    licensing has to know that it is shared: before, it is lost like any other.
    """
    new = msgspec.structs.replace(account, licences=licences)
    mailbox = account.mailbox
    if mailbox is not None and mailbox.lost_at is None and known_shared(mailbox, now):
        return new
    if not new.entitled():
        if mailbox is not None and mailbox.lost_at is None:
            mailbox = msgspec.structs.replace(mailbox, ready=False, lost_at=now)
        return msgspec.structs.replace(new, mailbox=mailbox)
    if mailbox is None or (
        mailbox.lost_at is not None and now - mailbox.lost_at > MONTH
    ):
        mailbox = Mailbox(now + conduct.licence_lag + conduct.mailbox_delay)
    elif mailbox.lost_at is not None:
        mailbox = msgspec.structs.replace(
            mailbox,
            ready_at=now + conduct.licence_lag + conduct.mailbox_delay,
            lost_at=None,
        )
    return msgspec.structs.replace(new, mailbox=mailbox)


def known_shared(mailbox: Mailbox, now: float) -> bool:
    """Whether the directory takes the mailbox for a shared one at `now`."""
    return mailbox.shared is (now >= mailbox.typed_at)


def arrived(account: Account) -> Account:
    """The account once Exchange has made its mailbox: it has an address now."""
    mail = account.properties.get("mail") or account.name
    proxies = account.proxies
    if not any(proxy.startswith("SMTP:") for proxy in proxies):
        proxies = (f"SMTP:{mail}", *proxies)
    mailbox = account.mailbox
    return msgspec.structs.replace(
        account,
        properties={**account.properties, "mail": mail},
        proxies=proxies,
        mailbox=mailbox and msgspec.structs.replace(mailbox, ready=True),
    )


def await_mailbox(directory: Directory, account: Account) -> None:
    """See to it that a mailbox on its way arrives."""
    mailbox = account.mailbox
    if mailbox is not None and not mailbox.ready and mailbox.lost_at is None:
        directory.schedule(mailbox.ready_at, account.id)


def settle(directory: Directory, now: float, conduct: Conduct) -> None:
    """Bring the directory up to `now`: replicas, mailboxes, expired deletions."""
    directory.forget_history(now)
    while directory.due and directory.due[0][0] <= now:
        _, identifier = directory.pop_due()
        account = directory.accounts.get(identifier)
        if account is None or account.deleted is not None or account.mailbox is None:
            continue
        mailbox = account.mailbox
        if not mailbox.ready and mailbox.lost_at is None and mailbox.ready_at <= now:
            directory.put(
                account,
                arrived(account),
                now,
                names=_ARRIVAL,
                lag=conduct.replication_lag,
            )
    while directory.bin:
        oldest = directory.accounts[next(iter(directory.bin))]
        if oldest.deleted is None or now - oldest.deleted <= MONTH:
            break
        directory.put(oldest, None, now)
        directory.log.prune(now)
