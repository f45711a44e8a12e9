"""Every measure, in the order they run."""

from __future__ import annotations

from bench import (
    backups,
    creating,
    hosts,
    portal,
    reading,
    service,
    serving,
    startup,
    steady,
)
from bench.row import Measure

MEASURES: tuple[Measure, ...] = (
    startup.MEASURE,
    reading.MEASURE,
    creating.MEASURE,
    steady.MEASURE,
    serving.MEASURE,
    service.MEASURE,
    hosts.MEASURE,
    backups.MEASURE,
    portal.MEASURE,
)
