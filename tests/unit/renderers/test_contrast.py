"""Every pair of colours can be read by weak eyes, by day and by night (WCAG 2, 1.4.3)."""

from __future__ import annotations

import re

import pytest

from provisioner.shipped import templates

TONES = ("good", "calm", "attention", "bad", "quiet")
# Ink, ground, and the ratio the standard asks for: 4.5 for text, 3 for a focus ring.
PAIRS = [
    *((f"{tone}-ink", tone, 4.5) for tone in TONES),
    *(
        (ink, ground, 4.5)
        for ink in ("ink", "soft", "link")
        for ground in ("paper", "card")
    ),
    ("ink", "code", 4.5),
    ("bad-ink", "card", 4.5),
    ("focus", "paper", 3.0),
    ("focus", "card", 3.0),
]


def colours(theme: str) -> dict[str, str]:
    css = (templates() / "reports" / "_style.css").read_text(encoding="utf-8")
    light, dark = css.split("@media screen and (prefers-color-scheme: dark)")
    part = {"light": light, "dark": dark.split("}")[0]}[theme]
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", part))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(theme: str) -> None:
    seen = colours(theme)
    weak = {}
    for ink, ground, least in PAIRS:
        bright, dim = sorted(
            (luminance(seen[ink]), luminance(seen[ground])), reverse=True
        )
        ratio = (bright + 0.05) / (dim + 0.05)
        if ratio < least:
            weak[ink, ground] = round(ratio, 2)
    assert not weak


def test_both_themes_name_the_same_colours() -> None:
    assert colours("light").keys() == colours("dark").keys()
