"""One search over what a viewer sees: municipalities, people, requests, differences, runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from msgspec import Struct

from provisioner.model.cluster import Cluster
from provisioner.model.drift_item import DriftItem
from provisioner.model.municipality import Municipality, Person
from provisioner.model.request import Request
from provisioner.model.run import Run
from provisioner.model.viewer import Viewer as Asker
from provisioner.portal.queries import drift
from provisioner.portal.queries.files import has_words
from provisioner.portal.viewer import May, Viewer
from provisioner.service.requests import Desk

MOST = 20
"""Of each kind; who needs more narrows it down."""
_LOOKED_THROUGH = 500


class Found(Struct, frozen=True):
    """The first `MOST` of each; what the viewer may not see was not looked through."""

    towns: tuple[Municipality, ...] = ()
    people: tuple[tuple[Municipality, Person], ...] = ()
    requests: tuple[Request, ...] = ()
    items: tuple[DriftItem, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether nothing was found."""
        return not any((self.towns, self.people, self.requests, self.items, self.runs))


def search(
    desk: Desk, cluster: Cluster, viewer: Viewer, asker: Asker, text: str
) -> Found:
    """What has all the words; nothing for no words."""
    words = text.lower().split()
    if not words:
        return Found()
    towns = [one for one in cluster.municipalities if viewer.sees(one.slug)]
    wanted = drift.Wanted(words=text)
    run = desk.store.runs.get(text.strip()) if viewer.may(May.RUNS) else None
    return Found(
        tuple(islice((one for one in towns if _is_town(one, words)), MOST)),
        _people(towns, words),
        _requests(desk, viewer, asker, words),
        tuple(drift.listed(desk.store, viewer, wanted)[:MOST]),
        (run,) if run else (),
    )


def _is_town(town: Municipality, words: Sequence[str]) -> bool:
    names = (town.names.he, town.names.ar, town.names.en, town.slug, town.domain)
    said = " ".join(names).lower()
    return all(word in said for word in words)


def _people(
    towns: Sequence[Municipality], words: Sequence[str]
) -> tuple[tuple[Municipality, Person], ...]:
    found = (
        (town, one) for town in towns for one in town.people if has_words(one, words)
    )
    return tuple(islice(found, MOST))


def _requests(
    desk: Desk, viewer: Viewer, asker: Asker, words: Sequence[str]
) -> tuple[Request, ...]:
    """Among the newest requests; older ones are found by their id."""
    if not viewer.may(May.REQUESTS):
        return ()
    newest = desk.find(asker, limit=_LOOKED_THROUGH)
    return tuple(islice((one for one in newest if _asks_for(one, words)), MOST))


def _asks_for(request: Request, words: Sequence[str]) -> bool:
    said = f"{request.id} {request.requester} {_said(request.wish)}".lower()
    return all(word in said for word in words)


def _said(wish: object) -> str:
    """The texts of a wish, whatever it asks for."""
    if isinstance(wish, str):
        return wish
    if isinstance(wish, dict):
        return " ".join(map(_said, wish.values()))
    if isinstance(wish, tuple | list):
        return " ".join(map(_said, wish))
    if isinstance(wish, Struct):
        names = wish.__struct_fields__
        return " ".join(_said(getattr(wish, name)) for name in names)
    return ""
