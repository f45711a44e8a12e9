"""Every measure, in the order they run."""

from __future__ import annotations

from bench import startup
from bench.row import Measure

MEASURES: tuple[Measure, ...] = (startup.MEASURE,)
