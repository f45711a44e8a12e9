"""`certificate_scan` and `seat_forecast`: figures for the metrics, conditions for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from provisioner.engine.certificates import Certificate, scan_certificates
from provisioner.engine.forecast import KIND, forecast_seats
from provisioner.engine.run import Collaborators
from provisioner.engine.scope import Order
from provisioner.model.cluster import Cluster
from provisioner.model.condition import Judged
from provisioner.model.forecast import SeatForecast
from provisioner.model.run import Run
from provisioner.service.orders import wanted_of
from provisioner.store import Store

ENOUGH_DAYS = 21
"""Days left under which a certificate is near its end: renewal begins at 30."""
CERTIFICATE_DAYS = "certificate_days"
SEATS_FREE = "seats_free"
_SOON = timedelta(days=30)


def scan(store: Store, cluster: Cluster, run: Run, given: Collaborators) -> None:
    """See how long each certificate holds."""
    slugs = wanted_of(run)
    found = scan_certificates(Order("plan", slugs, actor=run.actor), given)
    judged = [_judged(one) for one in found]
    store.conditions.judge("certificate", judged, whole=not slugs)
    if not slugs:
        store.gauges.set(CERTIFICATE_DAYS, _fewest_days(found))


def _judged(one: Certificate) -> Judged:
    near = None if one.days is None else one.days < ENOUGH_DAYS
    facts = {"municipality": one.municipality, "domain": one.domain, "days": one.days}
    return Judged(one.domain, one.municipality, near, facts)


def _fewest_days(found: Iterable[Certificate]) -> dict[str, float]:
    """By municipality, so that their number is that of municipalities."""
    days: dict[str, float] = {}
    for one in found:
        if one.days is not None:
            days[one.municipality] = min(one.days, days.get(one.municipality, one.days))
    return days


def forecast(store: Store, cluster: Cluster, run: Run, given: Collaborators) -> None:
    """Count seats, and say where they are short or will be within a month."""
    slugs = wanted_of(run)
    order = Order("plan", slugs, (KIND,), actor=run.actor)
    found = forecast_seats(order, given)
    store.conditions.judge("seats", list(_short(found)), whole=not slugs)
    if not slugs:
        free = {
            f"{tenant.tenant}/{use.license}": float(use.free)
            for tenant in found.tenants
            for use in tenant.licenses
            if use.free is not None
        }
        store.gauges.set(SEATS_FREE, free)


def _short(found: SeatForecast) -> Iterator[Judged]:
    by = (found.at + _SOON).date()
    for tenant in found.tenants:
        for town in tenant.municipalities:
            for use in town.licenses:
                ends = use.runs_out
                soon = ends is not None and ends <= by
                unknown = bool(town.unknown) or use.free is None
                facts = {
                    "municipality": town.slug,
                    "license": use.license,
                    "free": use.free,
                    "waiting": len(use.waiting),
                    "runs_out": ends.isoformat() if ends else "",
                }
                yield Judged(
                    f"{town.slug}/{use.license}",
                    town.slug,
                    None if unknown else bool(use.waiting) or soon,
                    facts,
                )
