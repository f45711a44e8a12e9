"""Which users have their mailbox by now, seen for many at once.

A mailbox is there when a plan that gives one is assigned and provisioned and the mail
address is filled; that its settings answer is the last proof, and the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import quote

import msgspec

from provisioner.providers.graph.batch import batch
from provisioner.providers.graph.calls import Call
from provisioner.providers.graph.chains import BATCH_SIZE
from provisioner.providers.graph.licences import NO_MAILBOX_PLANS
from provisioner.providers.graph.pager import pages
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.wire import MAILBOX_SELECT, Mailbox, Page

_PAGE_SIZE = 999
_IN_A_CLAUSE = 15
_IN_A_REQUEST = _IN_A_CLAUSE * BATCH_SIZE

_decode = msgspec.json.Decoder(Page[Mailbox]).decode


async def read_ready(sender: Sender, ids: set[str], known_users: int) -> set[str]:
    """Those of `ids` whose mailbox is provisioned.

    Takes the whole list or filtered lists, whichever needs fewer calls in a tenant of
    `known_users` (0 is not known). Raises `ProviderError`.
    """
    filtered_calls = -(-len(ids) // _IN_A_REQUEST)
    list_calls = -(-known_users // _PAGE_SIZE)
    ready = set[str]()
    if known_users and list_calls < filtered_calls:
        url = f"/users?$select={MAILBOX_SELECT}&$top={_PAGE_SIZE}"
        async for page in pages(sender.read, url, Page[Mailbox]):
            ready.update(one.id for one in page.value if _provisioned(one))
        return ready & ids
    async for reply in batch(sender, _filtered(sorted(ids))):
        if reply.error is not None:
            raise reply.error
        ready.update(one.id for one in _decode(reply.body).value if _provisioned(one))
    return ready & ids


def _filtered(ids: Sequence[str]) -> Iterator[Call]:
    rest = iter(ids)
    number = 0
    while some := list(islice(rest, _IN_A_CLAUSE)):
        names = ",".join(f"'{one}'" for one in some)
        clause = quote(f"id in ({names})", safe="(),'")
        url = f"/users?$filter={clause}&$select={MAILBOX_SELECT}"
        yield Call(str(number), "GET", url)
        number += 1


def _provisioned(one: Mailbox) -> bool:
    assigned = any(
        plan.service == "exchange"
        and plan.capability_status == "Enabled"
        and (plan.service_plan_id or "").lower() not in NO_MAILBOX_PLANS
        for plan in one.assigned_plans
    )
    provisioned = any(
        plan.service == "exchange" and plan.provisioning_status == "Success"
        for plan in one.provisioned_plans
    )
    return bool(one.mail) and assigned and provisioned
