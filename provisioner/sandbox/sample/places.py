"""The places of the sample, and numbered ones for a cluster of any size.

Names and codes of localities are public (Israel Central Bureau of Statistics; regional
councils bear their two-digit council number). Everything else about these places is
made up: people, tenants, domains and seats are not theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from provisioner.model.municipality import Language, Names

Size = Literal["city", "local_council", "regional_council"]


@dataclass(frozen=True)
class Place:
    """A municipality to be.

    `weight` is its share of the people, `also` a language some of them write in besides
    the municipality's own; with `leaver` one of them has left.
    """

    slug: str
    names: Names
    cbs_code: str
    type: Size
    language: Language
    weight: int
    tenant: str = "galil"
    also: Language | None = None
    leaver: bool = True

    @property
    def domain(self) -> str:
        return f"{self.slug}.example"


CURATED = (
    Place(
        "karmiel",
        Names("כרמיאל", "كرميئيل", "Karmiel"),
        "1139",
        "city",
        "he",
        9,
        also="ar",
    ),
    Place(
        "nahariya",
        Names("נהריה", "نهاريا", "Nahariya"),
        "9100",
        "city",
        "he",
        9,
        tenant="nahariya",
    ),
    Place("sakhnin", Names("סח'נין", "سخنين", "Sakhnin"), "7500", "city", "ar", 7),
    Place(
        "maalot-tarshiha",
        Names("מעלות-תרשיחא", "معلوت ترشيحا", "Ma'alot-Tarshiha"),
        "1063",
        "city",
        "he",
        6,
        also="ar",
    ),
    Place("tamra", Names("טמרה", "طمرة", "Tamra"), "8900", "city", "ar", 7),
    Place("maghar", Names("מג'אר", "المغار", "Maghar"), "481", "city", "ar", 5),
    Place("rameh", Names("ראמה", "الرامة", "Rameh"), "543", "local_council", "ar", 3),
    Place(
        "beit-jann",
        Names("בית ג'ן", "بيت جن", "Beit Jann"),
        "480",
        "local_council",
        "ar",
        4,
    ),
    Place("yarka", Names("ירכא", "يركا", "Yarka"), "502", "local_council", "ar", 4),
    Place(
        "kfar-vradim",
        Names("כפר ורדים", "كفار فراديم", "Kfar Vradim"),
        "1263",
        "local_council",
        "he",
        3,
    ),
    Place(
        "misgav",
        Names("משגב", "مسغاف", "Misgav"),
        "56",
        "regional_council",
        "he",
        6,
        also="ar",
    ),
    Place(
        "merom-hagalil",
        Names("מרום הגליל", "ميروم هجليل", "Merom HaGalil"),
        "02",
        "regional_council",
        "he",
        5,
    ),
)


def numbered(count: int) -> Iterator[Place]:
    """`count` places of equal size named by number, in turn Hebrew and Arabic."""
    for number in range(1, count + 1):
        yield Place(
            slug=f"town-{number:03}",
            names=Names(f"יישוב {number}", f"بلدة {number}", f"Town {number}"),
            cbs_code=f"{number:04}",
            type="local_council",
            language="he" if number % 2 else "ar",
            weight=1,
            leaver=False,
        )
