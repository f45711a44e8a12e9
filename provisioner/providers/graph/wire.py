"""Graph objects as structs: only the fields we own, in Graph's names on the wire.

Source of names and types: microsoftgraph/msgraph-metadata v1.0 (see graph-schema.json
in `sandbox/`).
"""

from __future__ import annotations

from msgspec import Struct


class Wire(Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """Base of all wire structs: camelCase names, unknown fields ignored."""


class AssignedLicense(Wire, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.assignedLicense`."""

    sku_id: str
    disabled_plans: tuple[str, ...] = ()


class PlanState(Wire, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.assignedPlan` and `provisionedPlan`, as far as we look."""

    service: str | None = None
    capability_status: str | None = None
    provisioning_status: str | None = None
    service_plan_id: str | None = None


class User(Wire, frozen=True, gc=False, rename="camel"):
    """`microsoft.graph.user` as read with `USER_SELECT`."""

    id: str
    user_principal_name: str = ""
    display_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    employee_id: str | None = None
    department: str | None = None
    job_title: str | None = None
    account_enabled: bool | None = None
    usage_location: str | None = None
    mail: str | None = None
    assigned_licenses: tuple[AssignedLicense, ...] = ()
    on_premises_sync_enabled: bool | None = None
    on_premises_extension_attributes: dict[str, str | None] | None = None
    deleted_date_time: str | None = None
