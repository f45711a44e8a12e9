"""Routes: one module for each group of pages, thin over its queries."""

from provisioner.portal.pages import (
    about,
    approvals,
    asking,
    audit,
    backups,
    drift,
    inventory,
    overview,
    passwords,
    requests,
    runs,
    schedules,
    search,
    seats,
)

PAGES = (
    overview.router,
    asking.router,
    passwords.router,
    requests.router,
    drift.router,
    backups.router,
    approvals.router,
    runs.router,
    schedules.router,
    seats.router,
    inventory.router,
    audit.router,
    about.router,
    search.router,
)
