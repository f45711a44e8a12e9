"""Who has left and since when: kept in the store, and the calls that end a departure.

A departure is written down before its first write, with what is then still owed, so that
a killed run forgets nothing. Where the store was lost, days count from when somebody is
first seen switched off: late, never early.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisioner.kind import Providers, Sightings
from provisioner.kinds.mailbox.job import Job
from provisioner.kinds.mailbox.spec import read_mark
from provisioner.model.resource import Departure, Observed, Resource, key_of
from provisioner.providers.graph.calls import delete_user, revoke_sessions

ASPECT = "departures"
_decode = msgspec.json.Decoder(Departure).decode

Departures = dict[str, dict[str, Departure]]


def observe_departures(
    desired: Mapping[str, Sequence[Resource[Any]]],
    present: Mapping[str, Mapping[str, Observed[Any]]],
    sightings: Sightings,
    now: datetime,
) -> Departures:
    """Departures by municipality and name, caught up with who is there.

    Whoever is back is forgotten later, once nothing has to be undone.
    """
    known = read_departures(sightings)
    new: dict[str, Departure] = {}
    found: Departures = {}
    for slug, resources in desired.items():
        wanted = {one.name for one in resources if one.spec.enabled}
        here = present.get(slug, {})
        left = known[slug]
        for name in _unknown(left, wanted, here):
            left[name] = new[key_of(slug, "mailbox", name)] = Departure(now)
        found[slug] = left
    _record(sightings, new, now)
    return found


def forget_returned(returned: Sequence[str], sightings: Sightings) -> None:
    """Nothing of ours is in force any more for these keys."""
    sightings.forget(ASPECT, returned)


def read_departures(sightings: Sightings) -> Departures:
    """What is known of those who left, by municipality and name."""
    return _by_municipality(sightings.read(ASPECT))


def _by_municipality(bodies: Mapping[str, bytes]) -> Departures:
    known: Departures = defaultdict(dict)
    for key, body in bodies.items():
        slug, _, name = key.split("/", 2)
        known[slug][name] = _decode(body)
    return known


def is_back(
    name: str, wanted: Collection[str], here: Mapping[str, Observed[Any]]
) -> bool:
    """Whether somebody who left is wanted and can sign in again."""
    return name in wanted and name in here and here[name].spec.enabled


def _unknown(
    known: Mapping[str, Departure],
    wanted: set[str],
    here: Mapping[str, Observed[Any]],
) -> Iterator[str]:
    for name, one in here.items():
        if one.spec.enabled or name in wanted or name in known:
            continue
        if read_mark(one.mark):
            yield name


def _record(
    sightings: Sightings, departures: Mapping[str, Departure], at: datetime
) -> None:
    bodies = {key: msgspec.json.encode(one) for key, one in departures.items()}
    sightings.record(ASPECT, bodies, at)


def announce(jobs: Sequence[Job], providers: Providers) -> None:
    """Write down who is about to leave and what is about to be done, before it is."""
    going = [job for job in jobs if job.change.disables or job.hands_over]
    if not going:
        return
    now = providers.now()
    known = providers.sightings.read(ASPECT)
    leaving = {}
    for job in going:
        before = _decode(known[job.key]) if job.key in known else None
        if job.change.disables:
            since = Departure(now, not job.signs_out, before.touched if before else ())
        else:
            since = before or Departure(now, touched=())
        leaving[job.key] = _touched(since, job.hands_over)
    _record(providers.sightings, leaving, now)


def _touched(departure: Departure, steps: Collection[str]) -> Departure:
    if departure.touched is None:
        return departure
    touched = tuple(sorted({*departure.touched, *steps}))
    return msgspec.structs.replace(departure, touched=touched)


async def sign_out(jobs: Sequence[Job], providers: Providers) -> None:
    """Sign out everywhere who is switched off by now; what fails stays owed."""
    by_key = {job.key: job for job in jobs if job.signs_out and job.open}
    if not by_key:
        return
    ended = []
    calls = (revoke_sessions(job.key, job.user_id) for job in by_key.values())
    async for reply in providers.directory.batch(calls):
        if reply.error is None:
            ended.append(reply.id)
        else:
            by_key[reply.id].fail(reply.error, "signing out everywhere")
    bodies = providers.sightings.read(ASPECT)
    settled = {
        key: msgspec.structs.replace(_decode(bodies[key]), signed_out=True)
        for key in ended
        if key in bodies
    }
    _record(providers.sightings, settled, providers.now())


async def delete(jobs: Sequence[Job], providers: Providers) -> None:
    """Put accounts into the recycle bin; one that is there already is done."""
    by_key = {job.key: job for job in jobs if job.deletes and job.open}
    calls = (delete_user(job.key, job.user_id) for job in by_key.values())
    async for reply in providers.directory.batch(calls):
        error = reply.error
        # Without a code the 404 is not Graph's own and says nothing about the user.
        gone = error is not None and error.status == 404 and error.code
        if error is not None and not gone:
            by_key[reply.id].fail(error, "deleting the user")
