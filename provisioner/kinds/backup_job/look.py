"""Looking at backups: each job's own report, and what each repository has, asked apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from provisioner.errors import ProviderError
from provisioner.kind import HostProviders
from provisioner.kinds.host.backup_jobs import identity_of
from provisioner.kinds.host.backup_program import PROGRAM
from provisioner.kinds.host.backup_stores import Kept, kept_jobs
from provisioner.model.backup import (
    Checked,
    Drilled,
    Fact,
    JobSaid,
    Listed,
    Observation,
    Side,
)
from provisioner.model.backup_assets import jobs_of
from provisioner.model.cluster import Cluster
from provisioner.model.hosts import BackupJob

Answers = Mapping[str, Mapping[str, Any] | ProviderError]


async def look_at_backups(
    cluster: Cluster, keys: Collection[str], providers: HostProviders
) -> list[Observation]:
    """What every side tells of these jobs now; a host that is silent is told as such.

    Of hosts that are another worker's nothing is asked and nothing told: what their own
    worker saw still holds.
    """
    jobs = {key: (owner, job) for owner, job, key in jobs_of(cluster) if key in keys}
    kept = {one.key: one for one in kept_jobs(cluster)}
    questions: dict[str, dict[str, list[str]]] = {}
    for key, (owner, job) in jobs.items():
        name = identity_of(owner.slug, job.name)
        asked = questions.setdefault(job.host, {})
        asked[f"job {key}"] = [PROGRAM, "status", name]
        if one := kept.get(key):
            place = one.place
            asked = questions.setdefault(place.server.host, {})
            asked[f"repository {place.name}"] = [PROGRAM, "kept", place.name]
        else:
            asked[f"repository {key}"] = [PROGRAM, "list", name]
    elsewhere = providers.hosts.is_elsewhere
    answers = await providers.hosts.ask(
        {host: some for host, some in questions.items() if not elsewhere(host)}
    )
    now = providers.now()
    return [
        found
        for key, (_, job) in jobs.items()
        for found in _observations(key, job, kept.get(key), answers, now)
    ]


def _observations(
    key: str, job: BackupJob, kept: Kept | None, answers: Answers, now: datetime
) -> Iterator[Observation]:
    if job.host in answers:
        yield from _own(key, _answer(answers, job.host, f"job {key}"), now)
    host = kept.place.server.host if kept else job.host
    if host in answers:
        name = f"repository {kept.place.name if kept else key}"
        there = _answer(answers, host, name)
        yield from _there(key, there, now, independent=host != job.host)


def _own(key: str, told: dict[str, Any] | str, now: datetime) -> Iterator[Observation]:
    """What the job's host told."""
    if isinstance(told, str):
        yield Observation(key, "job", now, None, told)
        return
    yield Observation(key, "job", now, _fact(told["job"], JobSaid))
    if told["drill"]:
        yield Observation(key, "drill", now, _fact(told["drill"], Drilled))


def _there(
    key: str, told: dict[str, Any] | str, now: datetime, *, independent: bool
) -> Iterator[Observation]:
    """What the repository's host told."""
    if isinstance(told, str):
        yield Observation(key, "repository", now, None, told)
        return
    listed = {**told["jobs"].get(key, {}), "stored": told["stored"]}
    listed["independent"] = independent
    yield Observation(key, "repository", now, _fact(listed, Listed))
    yield from _check(key, told, now)


def _check(key: str, there: Mapping[str, Any], now: datetime) -> Iterator[Observation]:
    side: Side = "check"
    checked, problem = there.get("checked"), there.get("problem", "")
    if checked:
        yield Observation(key, side, now, _fact(checked, Checked))
    if problem and not (checked and checked["reason"] == problem):
        yield Observation(key, side, now, None, problem)


def _answer(answers: Answers, host: str, name: str) -> dict[str, Any] | str:
    """What was answered, or why there is no answer."""
    told = answers[host]
    if isinstance(told, ProviderError):
        return str(told)
    found = told.get(name, {"error": "The host told nothing of it."})
    if "error" in found:
        return str(found["error"])
    answer: dict[str, Any] = found["answer"]
    return answer


def _fact(told: Mapping[str, Any], form: type[Fact]) -> Fact:
    return msgspec.convert({**told, "type": form.__struct_config__.tag}, form)
