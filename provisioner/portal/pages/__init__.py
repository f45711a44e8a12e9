"""Routes: one module for each group of pages, thin over its queries."""

from provisioner.portal.pages import (
    about,
    approvals,
    audit,
    drift,
    inventory,
    overview,
    runs,
    schedules,
    seats,
)

PAGES = (
    overview.router,
    drift.router,
    approvals.router,
    runs.router,
    schedules.router,
    seats.router,
    inventory.router,
    audit.router,
    about.router,
)
