"""What a tenant has bought, and which of it makes a mailbox.

Source of plans: "Product names and service plan identifiers for licensing", Microsoft
Entra. Nearly every product carries EXCHANGE_S_FOUNDATION, which gives no mailbox.
"""

from __future__ import annotations

from msgspec import Struct

from provisioner.providers.graph.pager import collect
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.wire import Page, ServicePlan, SubscribedSku

_MAILBOX_PREFIXES = ("EXCHANGE_S_", "EXCHANGE_B_", "EXCHANGE_L_")
_NO_MAILBOX_WORDS = ("FOUNDATION", "ARCHIVE")
# EXCHANGE_S_FOUNDATION, and archiving for mailboxes that exist already or elsewhere.
NO_MAILBOX_PLANS = frozenset(
    {
        "113feb6c-3fe4-4440-bddc-54d774bf0318",
        "176a09a6-7ec5-4039-ac02-b2791c6ba793",
        "da040e0a-b393-4bea-bb76-928b3fa1cf5a",
    }
)


class Sku(Struct, frozen=True, gc=False):
    """One subscription; `warning` seats are past their end but still work for a while."""

    sku_id: str
    part_number: str
    enabled: int
    consumed: int
    warning: int
    has_mailbox: bool


async def read_skus(sender: Sender) -> list[Sku]:
    """The subscriptions that can be given to users. Raises `ProviderError`."""
    found = await collect(sender.read, "/subscribedSkus", Page[SubscribedSku])
    return [_sku(one) for one in found if (one.applies_to or "User") == "User"]


def _sku(one: SubscribedSku) -> Sku:
    units = one.prepaid_units
    return Sku(
        one.sku_id,
        one.sku_part_number,
        enabled=(units.enabled if units else None) or 0,
        consumed=one.consumed_units or 0,
        warning=(units.warning if units else None) or 0,
        has_mailbox=any(map(_gives_mailbox, one.service_plans)),
    )


def _gives_mailbox(plan: ServicePlan) -> bool:
    name = (plan.service_plan_name or "").upper()
    if (plan.service_plan_id or "").lower() in NO_MAILBOX_PLANS:
        return False
    return name.startswith(_MAILBOX_PREFIXES) and not any(
        word in name for word in _NO_MAILBOX_WORDS
    )
