"""Running jobs on their hosts now: the first copy after an apply, and restore drills."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from provisioner.errors import ProviderError
from provisioner.kind import HostProviders
from provisioner.kinds.host.backup_jobs import identity_of
from provisioner.kinds.host.backup_program import PROGRAM
from provisioner.model.backup_assets import jobs_of
from provisioner.model.cluster import Cluster

Answer = dict[str, Any] | str


async def start_jobs(
    cluster: Cluster, keys: Collection[str], providers: HostProviders
) -> dict[str, Answer]:
    """Run these jobs to their end; their reports, or in words why there is none."""
    return await _each(cluster, keys, providers, "start")


async def drill_jobs(
    cluster: Cluster, keys: Collection[str], providers: HostProviders
) -> dict[str, Answer]:
    """Restore and compare the newest copies of these jobs, where their sources are.

    Jobs on hosts of another worker are left out.
    """
    return await _each(cluster, keys, providers, "drill")


async def _each(
    cluster: Cluster,
    keys: Collection[str],
    providers: HostProviders,
    verb: Literal["start", "drill"],
) -> dict[str, Answer]:
    questions: dict[str, dict[str, list[str]]] = {}
    hosts = {}
    for owner, job, key in jobs_of(cluster):
        if key in keys and not providers.hosts.is_elsewhere(job.host):
            hosts[key] = job.host
            words = [PROGRAM, verb, identity_of(owner.slug, job.name)]
            questions.setdefault(job.host, {})[key] = words
    answers = await providers.hosts.ask(questions, writes=True)
    return {key: _answer(answers[host], key) for key, host in hosts.items()}


def _answer(told: dict[str, Any] | ProviderError, key: str) -> Answer:
    if isinstance(told, ProviderError):
        return str(told)
    found = told.get(key, {"error": "The host told nothing of it."})
    answer: Answer = found["answer"] if "answer" in found else str(found["error"])
    return answer
