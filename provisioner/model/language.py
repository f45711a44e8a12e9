"""The languages that the cluster speaks."""

from __future__ import annotations

from typing import Literal

Language = Literal["he", "ar", "en"]
