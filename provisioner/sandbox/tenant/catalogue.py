"""The subscriptions a sandbox tenant can hold, with the vendor's own identifiers.

Source: Microsoft, "Product names and service plan identifiers for licensing"; a
selection of each product's plans, always with every plan that concerns Exchange.
"""

from __future__ import annotations

from msgspec import Struct


class Plan(Struct, frozen=True):
    """A service plan; `service` is the name that assignedPlans and others show."""

    name: str
    id: str
    service: str


class Sku(Struct, frozen=True):
    """A product that can be bought and assigned to users."""

    part_number: str
    id: str
    plans: tuple[Plan, ...]


_PLANS = {
    plan.name: plan
    for plan in (
        Plan("EXCHANGE_S_STANDARD", "9aaf7827-d63c-4b61-89c3-182f06f82e5c", "exchange"),
        Plan(
            "EXCHANGE_S_ENTERPRISE", "efb87545-963c-4e0d-99df-69c6916d9eb0", "exchange"
        ),
        Plan("EXCHANGE_S_DESKLESS", "4a82b400-a79f-41a4-b4e2-e94f5787b113", "exchange"),
        Plan(
            "EXCHANGE_S_FOUNDATION", "113feb6c-3fe4-4440-bddc-54d774bf0318", "exchange"
        ),
        Plan(
            "EXCHANGE_S_ARCHIVE_ADDON",
            "176a09a6-7ec5-4039-ac02-b2791c6ba793",
            "exchange",
        ),
        Plan("BPOS_S_TODO_1", "5e62787c-c316-451f-b873-1d05acd4d12c", "To-Do"),
        Plan("BPOS_S_TODO_2", "c87f142c-d1e9-4363-8630-aaea9c4d9ae5", "To-Do"),
        Plan("INTUNE_O365", "882e1d05-acd1-4ccb-8708-6ee03664b117", "SCO"),
        Plan("INTUNE_A", "c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "SCO"),
        Plan(
            "SHAREPOINTSTANDARD", "c7699d2e-19aa-44de-8edf-1736da088ca1", "SharePoint"
        ),
        Plan(
            "SHAREPOINTENTERPRISE", "5dbe027f-2339-4123-9542-606e4d348a72", "SharePoint"
        ),
        Plan(
            "SHAREPOINTDESKLESS", "902b47e5-dcb2-4fdc-858b-c63a90a2bdb9", "SharePoint"
        ),
        Plan(
            "SHAREPOINTWAC", "e95bec33-7c88-4a70-8e19-b10bd9d0c014", "MicrosoftOffice"
        ),
        Plan(
            "OFFICESUBSCRIPTION",
            "43de0ff5-c92c-492b-9116-175376d08c38",
            "MicrosoftOffice",
        ),
        Plan(
            "OFFICE_BUSINESS", "094e7854-93fc-4d55-b2c0-3ab5369ebdc1", "MicrosoftOffice"
        ),
        Plan("TEAMS1", "57ff2da0-773e-42df-b2af-ffb7a2317929", "TeamspaceAPI"),
        Plan(
            "MCOSTANDARD",
            "0feaeb32-d00e-4d66-bd5a-43b5b83db82c",
            "MicrosoftCommunicationsOnline",
        ),
        Plan(
            "MCOIMP",
            "afc06cb0-b4f4-4473-8286-d644f70d8faf",
            "MicrosoftCommunicationsOnline",
        ),
        Plan(
            "YAMMER_ENTERPRISE",
            "7547a3fe-08ee-4ccb-b430-5077c5041653",
            "YammerEnterprise",
        ),
        Plan("SWAY", "a23b959c-7ce8-4e57-9140-b90eb88a9e97", "Sway"),
        Plan("RMS_S_ENTERPRISE", "bea4c11e-220a-4e6d-8eb8-8ea15d019f90", "RMSOnline"),
        Plan("RMS_S_PREMIUM", "6c57d4b6-3b23-47a5-9bc9-69f17b4947b3", "RMSOnline"),
        Plan(
            "AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AADPremiumService"
        ),
    )
}


def _sku(part_number: str, identifier: str, *plans: str) -> Sku:
    return Sku(part_number, identifier, tuple(_PLANS[name] for name in plans))


SKUS = {
    sku.part_number: sku
    for sku in (
        _sku(
            "EXCHANGESTANDARD",
            "4b9405b0-7788-4568-add1-99614e613b69",
            "EXCHANGE_S_STANDARD",
            "BPOS_S_TODO_1",
            "INTUNE_O365",
        ),
        _sku(
            "EXCHANGEDESKLESS",
            "80b2d799-d2ba-4d2a-8842-fb0d0f3a4b82",
            "EXCHANGE_S_DESKLESS",
            "INTUNE_O365",
        ),
        _sku(
            "O365_BUSINESS_ESSENTIALS",
            "3b555118-da6a-4418-894f-7df1e2096870",
            "EXCHANGE_S_STANDARD",
            "BPOS_S_TODO_1",
            "INTUNE_O365",
            "SHAREPOINTSTANDARD",
            "SHAREPOINTWAC",
            "TEAMS1",
            "MCOSTANDARD",
            "YAMMER_ENTERPRISE",
            "SWAY",
        ),
        _sku(
            "SPB",
            "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
            "EXCHANGE_S_STANDARD",
            "EXCHANGE_S_ARCHIVE_ADDON",
            "BPOS_S_TODO_1",
            "INTUNE_A",
            "SHAREPOINTSTANDARD",
            "SHAREPOINTWAC",
            "OFFICE_BUSINESS",
            "TEAMS1",
            "MCOSTANDARD",
            "YAMMER_ENTERPRISE",
            "SWAY",
            "RMS_S_ENTERPRISE",
            "RMS_S_PREMIUM",
            "AAD_PREMIUM",
        ),
        _sku(
            "STANDARDPACK",
            "18181a46-0d4e-45cd-891e-60aabd171b4e",
            "EXCHANGE_S_STANDARD",
            "BPOS_S_TODO_1",
            "INTUNE_O365",
            "SHAREPOINTSTANDARD",
            "SHAREPOINTWAC",
            "TEAMS1",
            "MCOSTANDARD",
            "YAMMER_ENTERPRISE",
            "SWAY",
        ),
        _sku(
            "ENTERPRISEPACK",
            "6fd2c87f-b296-42f0-b197-1e91e994b900",
            "EXCHANGE_S_ENTERPRISE",
            "BPOS_S_TODO_2",
            "INTUNE_O365",
            "SHAREPOINTENTERPRISE",
            "SHAREPOINTWAC",
            "OFFICESUBSCRIPTION",
            "TEAMS1",
            "MCOSTANDARD",
            "YAMMER_ENTERPRISE",
            "SWAY",
            "RMS_S_ENTERPRISE",
        ),
        _sku(
            "SPE_F1",
            "66b55226-6b4f-492c-910c-a3b7a3c9d993",
            "EXCHANGE_S_DESKLESS",
            "BPOS_S_TODO_1",
            "INTUNE_A",
            "SHAREPOINTDESKLESS",
            "SHAREPOINTWAC",
            "TEAMS1",
            "MCOIMP",
            "YAMMER_ENTERPRISE",
            "SWAY",
            "RMS_S_ENTERPRISE",
            "RMS_S_PREMIUM",
            "AAD_PREMIUM",
        ),
        _sku(
            "AAD_PREMIUM",
            "078d2b04-f1bd-4111-bbd4-b4b1b354cef4",
            "AAD_PREMIUM",
            "EXCHANGE_S_FOUNDATION",
        ),
    )
}
SKUS_BY_ID = {sku.id: sku for sku in SKUS.values()}

# Only these make a mailbox: EXCHANGE_S_FOUNDATION and the archive are in many products,
# bear the same service name and make none.
MAILBOX_PLANS = frozenset(
    _PLANS[name].id
    for name in ("EXCHANGE_S_STANDARD", "EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_DESKLESS")
)
