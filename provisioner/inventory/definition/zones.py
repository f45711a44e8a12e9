"""Time zones and locales that the vendor knows, from CLDR as Babel carries it.

Babel is loaded only when a file names a zone or a locale: many name none.
"""

from __future__ import annotations

_NEAR = 60


def windows_zone_fault(name: str) -> str:
    """The remedy for a name that is no Windows time zone; "" when it is one."""
    from babel.core import get_global
    from rapidfuzz import process

    windows: dict[str, str] = dict(get_global("windows_zone_mapping"))
    if name in windows:
        return ""
    same = next((zone for zone, iana in windows.items() if iana == name), None)
    if same:
        return f"Write its Windows name: {same}."
    near = process.extractOne(name, list(windows), score_cutoff=_NEAR)
    return f"Did you mean {near[0]}?" if near else "For example: Israel Standard Time."


def is_known_locale(name: str) -> bool:
    """Whether CLDR has the locale (`he-IL`)."""
    from babel.localedata import exists

    return bool(exists(name.replace("-", "_")))
