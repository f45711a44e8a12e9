"""The digest: how all stands, for each recipient in their language, with their report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from provisioner.engine.run import Collaborators
from provisioner.model.cluster import Cluster
from provisioner.model.drift_item import DriftItem
from provisioner.model.mail import Attachment, Message
from provisioner.model.municipality import Municipality
from provisioner.model.notice import Notice, Recipient
from provisioner.model.plan import Plan, total_checksum
from provisioner.model.report import MunicipalityReport, Report
from provisioner.model.run import Run, RunStatus
from provisioner.renderers import render
from provisioner.renderers.language import translator
from provisioner.renderers.mail import to_mail
from provisioner.service.notices.wording import digest_lines, digest_title
from provisioner.store import Store

_LATEST = 1000
_SUNDAY = 6
_LONGEST = 2_500_000  # bytes; a mail through Graph may have four million in all


def make_digest(store: Store, cluster: Cluster, run: Run, given: Collaborators) -> None:
    """Put out a digest for each recipient whose turn it is; each day's or week's once."""
    assert given.claim is not None  # noqa: S101  an errand is always claimed
    store.queue.begin(given.claim.lease, run)
    now = given.now()
    zone = cluster.calendar.time_zone
    wanted = [
        _notice(one, run, now, zone)
        for one in cluster.recipients
        if "digest" in one.about
    ]
    made = store.notices.make(wanted)
    fence = given.claim.lease.fence
    store.runs.finish(run.id, RunStatus.SUCCEEDED, {"digests": made}, fence=fence)


def _notice(one: Recipient, run: Run, now: datetime, zone: str) -> Notice:
    today = now.astimezone(ZoneInfo(zone)).date()
    first = _week_of(today) if one.digest == "weekly" else today
    days = 7 if one.digest == "weekly" else 1
    return Notice(
        key=f"digest/{one.digest}/{first}/{one.name}",
        recipient=one.name,
        about="digest",
        facts={"run": run.id, "days": days, "until": now.isoformat()},
        made=now,
        due=now,
    )


def _week_of(day: date) -> date:
    """The Sunday on or before a day."""
    return day - timedelta(days=(day.weekday() - _SUNDAY) % 7)


def digest_message(
    store: Store, notice: Notice, recipient: Recipient, cluster: Cluster
) -> Message:
    """How all stands now for what concerns the recipient, with the report of it."""
    until = datetime.fromisoformat(notice.facts["until"])
    since = until - timedelta(days=notice.facts["days"])
    words = translator(recipient.language)
    title = digest_title(cluster, notice.facts["days"], words)
    towns = _towns(recipient, cluster)
    slugs = {one.slug for one in towns}
    drift = [one for one in store.drift.open() if one.municipality in slugs]
    conditions = [
        one
        for one in store.conditions.latest(timedelta(0))
        if one.over is None and one.municipality in slugs
    ]
    waiting = [
        one
        for one in store.approvals.open()
        if slugs & set(one.asked["municipalities"] or slugs)
    ]
    counts = Counter(run.status.value for run in _ended(store, since, slugs))
    lines = list(digest_lines(counts, drift, conditions, waiting, words))
    report = _report(cluster, towns, drift, notice, since, until)
    page = render(report, "html", recipient.language).encode()
    attached: tuple[Attachment, ...] = (
        Attachment(f"{until:%Y-%m-%d}.html", "text/html", page),
    )
    if len(page) > _LONGEST:
        attached = ()
        lines.append(words.gettext("The report is too long for a mail."))
    text = "\n".join(lines)
    return Message(
        title, text, to_mail("digest", recipient.language, title, text), attached
    )


def _towns(recipient: Recipient, cluster: Cluster) -> list[Municipality]:
    every = (*cluster.municipalities, *cluster.itself)
    chosen = recipient.municipalities
    return [one for one in every if not chosen or one.slug in chosen]


def _ended(store: Store, since: datetime, slugs: set[str]) -> Iterator[Run]:
    for run in store.runs.latest(_LATEST):
        concerns = not run.municipalities or slugs & set(run.municipalities)
        if run.finished is not None and run.finished >= since and concerns:
            yield run


def _report(
    cluster: Cluster,
    towns: list[Municipality],
    drift: list[DriftItem],
    notice: Notice,
    since: datetime,
    until: datetime,
) -> Report:
    """What is open now as a report of drift, of the recipient's municipalities alone."""
    plans = {one.slug: Plan(one.slug) for one in towns}
    return Report(
        notice.facts["run"],
        "drift",
        cluster.names,
        cluster.commit,
        since.astimezone(UTC),
        until.astimezone(UTC),
        total_checksum(plans.values()),
        tuple(
            MunicipalityReport.of(
                one,
                plans[one.slug],
                drift=[item for item in drift if item.municipality == one.slug],
            )
            for one in towns
        ),
    )
