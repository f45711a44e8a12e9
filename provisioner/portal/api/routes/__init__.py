"""Routes of the API: one module for each group of objects, thin over the pages' queries."""

from provisioner.portal.api.routes import fleet

ROUTERS = (fleet.router,)
