"""What there is to tell about requests: to who decides, and to who asked, each step once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from provisioner.model.cluster import Cluster
from provisioner.model.notice import REQUEST_STEPS, About, Notice, Recipient
from provisioner.model.request import Act, Request, State, Step, WaitsFor
from provisioner.model.viewer import EVERYTHING
from provisioner.store import Store

_NEWS = timedelta(days=1)
_LOOKED_AT = 500
_ADDRESS = re.compile(r"[A-Za-z0-9'._!#^~+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")
_REQUESTER = "requester:"


def of_requests(
    store: Store,
) -> Iterator[tuple[About, str, tuple[str, ...], dict[str, Any]]]:
    """Requests that wait for a decision, for who is named under `notify`."""
    waiting = (State.SUBMITTED,)
    for one in store.requests.find(EVERYTHING, states=waiting, limit=_LOOKED_AT):
        facts = _facts(one) | {"by": one.requester}
        yield "request", f"request/{one.id}", (one.municipality,), facts


def notices_of_steps(store: Store, cluster: Cluster, now: datetime) -> list[Notice]:
    """A notice of each step of late that was not told yet.

    Requesters hear of all, where there is a mail channel; that an approved request is
    held is for who decides.
    """
    untold = store.requests.untold_steps(now - _NEWS, EVERYTHING)
    made = [_to_requester(request, step, now) for request, step in untold]
    channel = cluster.requests.mail
    wanted = [one for one in made if one is not None] if channel else []
    for request, step in untold:
        if step.act is Act.HOLD:
            wanted += _to_deciders(request, step, cluster, now)
    return wanted


def _to_requester(request: Request, step: Step, now: datetime) -> Notice | None:
    # A run begins at once after the recording, and says more when it has ended.
    passing = step.state is State.PROVISIONING or step.act is Act.HOLD
    if passing or not _ADDRESS.match(request.mail):
        return None
    return Notice(
        key=f"request/{request.id}/{step.number}",
        recipient=f"{_REQUESTER}{request.language}:{request.mail}",
        about=REQUEST_STEPS[step.state.value],
        facts=_facts(request) | {"reason": _reason(step)},
        made=now,
        due=now,
    )


def _to_deciders(
    request: Request, step: Step, cluster: Cluster, now: datetime
) -> list[Notice]:
    return [
        Notice(
            key=f"request/{request.id}/{step.number}/{one.name}",
            recipient=one.name,
            about="request_held",
            facts=_facts(request) | {"reason": step.reason},
            made=now,
            due=now,
        )
        for one in cluster.recipients
        if "request" in one.about
        and (not one.municipalities or request.municipality in one.municipalities)
    ]


def _facts(request: Request) -> dict[str, Any]:
    return {
        "request": request.id,
        "municipality": request.municipality,
        "sort": request.sort,
    }


def _reason(step: Step) -> str:
    """Why; what a request waits for is said in the reader's language."""
    if step.waits_for is not WaitsFor.NOTHING:
        return step.waits_for.value
    return step.reason


def requester_of(notice: Notice, cluster: Cluster) -> Recipient | None:
    """Whom a notice about a step goes to; None for a notice of another sort."""
    if not notice.recipient.startswith(_REQUESTER) or not cluster.requests.mail:
        return None
    language = notice.recipient.removeprefix(_REQUESTER).partition(":")[0]
    return Recipient(
        notice.recipient,
        cluster.requests.mail,
        language if language in ("he", "ar", "en") else "he",  # type: ignore[arg-type]
    )


def addressed(channel: str, recipient: Recipient) -> str:
    """The address of a channel, with the requester as the one it goes to.

    An address that is none, or would say more than one, was never made a notice; what is
    left is quoted, so that it cannot end the value it stands in.
    """
    if not recipient.name.startswith(_REQUESTER):
        return channel
    mail = recipient.name.removeprefix(_REQUESTER).partition(":")[2]
    if not _ADDRESS.match(mail):
        raise ValueError("The requester's address is none.")
    return f"{channel}{'&' if '?' in channel else '?'}to={quote(mail, safe='@')}"
