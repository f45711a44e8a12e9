"""Routes of the API: one module for each group of objects, thin over the pages' queries."""

from provisioner.portal.api.routes import (
    approvals,
    drift,
    fleet,
    requests,
    runs,
    watching,
)

ROUTERS = (
    fleet.router,
    requests.router,
    drift.router,
    approvals.router,
    runs.router,
    watching.router,
)
