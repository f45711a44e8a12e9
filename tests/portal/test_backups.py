"""The operator's page of backups: what is in danger, why, and who knows of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from on_paper import text_of
from portal_world import PortalWorld, Visit

from provisioner.inventory import load
from provisioner.renderers.language import translator

WHY = "<b>its host</b> moves"
# What visitors see who never chose a language.
said = translator("he").gettext


def _day(days: int) -> str:
    return f"{(datetime.now(UTC) + timedelta(days=days)).date()}"


def test_an_operator_acknowledges_a_danger_and_everybody_sees_who_and_why(
    portal_world: PortalWorld, visit: Visit
) -> None:
    operator, key = visit("operator"), portal_world.backup
    page = operator.get(f"/backups/{key}").text
    assert said("Acknowledge it for a while") in page
    assert said("Nobody has looked yet.") in page
    form = {"key": key, "until": _day(3), "reason": WHY}
    sent = operator.post("/backups/acknowledge", **form)
    assert sent.headers["location"] == f"/backups/{key}?done=known"
    for path in (f"/backups/{key}", "/backups"):
        for who in ("auditor", f"cio.{portal_world.own}"):
            page = visit(who).get(path).text
            assert "&lt;b&gt;its host&lt;/b&gt; moves" in page, (who, path)
            assert "operator@" in page
            assert said("unknown") in page, "its state stays as it is"
            assert said("Acknowledge it for a while") not in page
    assert (
        f"/backups/{key}" not in visit(f"cio.{portal_world.other}").get("/backups").text
    )
    with portal_world.world.store() as store:
        (told, *_) = store.audit.search(key, limit=1)
    assert told.subject == key
    assert (told.action, told.actor.partition("@")[0]) == ("acknowledged", "operator")
    assert WHY in told.details


def test_what_is_not_in_danger_or_not_there_is_refused(
    portal_world: PortalWorld, visit: Visit
) -> None:
    operator = visit("operator")
    nothing = operator.post(
        "/backups/acknowledge", key="no/backup_job/x", until=_day(3), reason=WHY
    )
    assert nothing.status_code == 404
    late = operator.post(
        "/backups/acknowledge", key=portal_world.backup, until=_day(-3), reason=WHY
    )
    assert late.status_code == 409
    why = said("{day} is not a day from today on and within a year.")
    assert why.removeprefix("{day}") in late.text
    assert operator.get("/backups/no/backup_job/x").status_code == 404


def test_it_is_taken_along_on_paper_by_whoever_sees_it(
    portal_world: PortalWorld, visit: Visit
) -> None:
    made = visit(f"cio.{portal_world.own}").get("/backups.pdf")
    assert made.headers["content-type"] == "application/pdf"
    assert made.headers["content-disposition"].endswith('.pdf"')
    text = text_of(made.content)
    assert portal_world.backup in text
    assert f"{portal_world.other}/" not in text
    assert said("What somebody should look at") in text


def test_causes_are_grouped_and_each_leads_to_its_backups(
    portal_world: PortalWorld, visit: Visit
) -> None:
    page = visit("it").get("/backups").text
    rows = page.partition('id="dangers"')[2].partition("</table>")[0].split("<tr>")
    (unseen,) = [row for row in rows if said("Nobody has looked yet.") in row]
    with portal_world.world.store() as store:
        report = store.backups.report(
            load(portal_world.world.inventory), datetime.now(UTC)
        )
    assert len(report.jobs) > 1
    for job in report.jobs:
        assert f'href="/backups/{job.key}"' in unseen
    bare = [one.key for one in report.assets if one.missing]
    for key in bare:
        assert f'href="/backups/{key}"' in page
        assert visit("it").get(f"/backups/{key}").status_code == 200
