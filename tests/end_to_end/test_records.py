"""What is kept and told later: one-time secrets, the audit, runs, reports, drift."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import psutil
import pytest
from demo_run import words_of
from rehearsal import Rehearsal, rehearsing
from towns import Town

from provisioner.model.drift_item import Life
from provisioner.model.run import RunStatus
from provisioner.service.orders import order_run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """A world of one town after its first apply; nobody changes it."""
    with rehearsing(tmp_path_factory.mktemp("applied")) as rehearse:
        world = rehearse(municipalities=1, people=12)
        ended = world.run("apply", "--yes")
        assert ended.code == 0, ended.err
        yield world


class TestSecrets:
    def test_are_shown_once(self, applied: Rehearsal) -> None:
        listed = json.loads(applied.run("secrets", "list", "--json").out)
        assert len(listed) == len(applied.active(applied.slugs[0]))
        assert {one["state"] for one in listed} == {"ready"}
        wanted = listed[0]["id"]
        shown = applied.run("secrets", "show", wanted)
        assert shown.code == 0
        assert len(shown.out.strip()) >= 16
        assert "only time" in shown.err
        again = applied.run("secrets", "show", wanted)
        assert again.code == 1
        assert again.out == ""
        assert "was already read" in again.err
        machine = applied.run("secrets", "show", wanted, "--json")
        assert json.loads(machine.out)["error"] == "SecretUnavailable"
        states = json.loads(applied.run("secrets", "list", "--json").out)
        assert [one["state"] for one in states if one["id"] == wanted] == ["read"]
        words = applied.run("secrets", "list").out
        assert wanted in words
        log = json.loads(applied.run("audit", "log", "--json").out)
        assert ("secret.read", wanted, "the tests") in {
            (row["action"], row["subject"], row["actor"]) for row in log
        }

    def test_are_no_arguments_and_no_environment_of_a_running_apply(
        self, fresh_town: Town
    ) -> None:
        world = fresh_town.world
        world.fault("slow", seconds=0.05, count=40)
        begun = world.start("apply", "--yes", "--municipality", fresh_town.slug)
        seen: set[str] = set()
        program = psutil.Process(begun.pid)
        while begun.poll() is None:
            seen.update(words_of(program))
            time.sleep(0.05)
        begun.communicate(timeout=60)
        assert begun.returncode == 0
        assert fresh_town.slug in seen
        everything = "\n".join(seen)
        assert all(one.client_secret not in everything for one in world.state.tenants)


class TestTheAudit:
    def test_holds_and_tells_where_it_was_tampered_with(
        self, applied: Rehearsal
    ) -> None:
        whole = applied.run("audit", "verify", "--json")
        assert whole.code == 0
        verdict = json.loads(whole.out)
        assert verdict["holds"] is True
        rows = verdict["rows"]
        assert rows >= 12
        copy = applied.folder / "tampered.db"
        with (
            closing(sqlite3.connect(applied.var / "provisioner.db")) as store,
            closing(sqlite3.connect(copy)) as target,
        ):
            store.backup(target)
            triggers = target.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall()
            for (name,) in triggers:
                target.execute(f'DROP TRIGGER "{name}"')
            third = target.execute(
                "SELECT id FROM audit ORDER BY id LIMIT 1 OFFSET 2"
            ).fetchone()[0]
            target.execute("UPDATE audit SET actor = 'nobody' WHERE id = ?", (third,))
            target.commit()
        store_url = f"sqlite:///{copy}"
        broken = applied.run("audit", "verify", store_url=store_url)
        assert broken.code == 1
        assert f"broken at row {third}" in broken.out
        told = json.loads(
            applied.run("audit", "verify", "--json", store_url=store_url).out
        )
        assert (told["holds"], told["broken_at"]) == (False, third)


class TestRuns:
    def test_are_listed_and_shown(self, applied: Rehearsal) -> None:
        listed = json.loads(applied.run("runs", "list", "--json").out)
        (run,) = [one for one in listed if one["mode"] == "apply"]
        assert run["status"] == "succeeded"
        assert run["actor"] == "the tests"
        assert run["id"] in applied.run("runs", "list").out
        shown = json.loads(applied.run("runs", "show", run["id"], "--json").out)
        done = Counter(
            one["kind"] for one in shown["outcomes"] if one["status"] == "done"
        )
        people = len(applied.active(applied.slugs[0]))
        assert done.pop("forum") == 11
        assert done == {"mailbox": people, "domain": 1, "administrative_unit": 1}
        assert shown["unproven"] == []
        assert "change(s)" in applied.run("runs", "show", run["id"]).out

    def test_that_never_were_are_refused(self, applied: Rehearsal) -> None:
        ended = applied.run("runs", "show", "20200101-nothing")
        assert ended.code == 1
        assert "There is no run 20200101-nothing." in ended.err
        machine = applied.run("runs", "show", "20200101-nothing", "--json")
        assert json.loads(machine.out)["error"] == "StoreError"


class TestReports:
    @pytest.mark.parametrize("language", ["he", "ar", "en"])
    def test_the_last_run_is_rendered_again(
        self, language: str, applied: Rehearsal
    ) -> None:
        page = applied.run("report", "--format", "html", "--lang", language)
        assert page.code == 0
        assert f'<html lang="{language}"' in page.out
        text = applied.run("report", "--format", "md", "--lang", language)
        assert text.code == 0
        assert applied.run("report", "--json").report["checksum"] in text.out

    def test_json_and_csv_parse(self, applied: Rehearsal) -> None:
        as_json = applied.run("report", "--json")
        assert json.loads(as_json.out)["mode"] == "apply"
        sheet = applied.run("report", "--format", "csv")
        assert sheet.out.lstrip("\ufeff").startswith("run,municipality,")

    def test_pdf_and_unknown_runs_are_refused(self, applied: Rehearsal) -> None:
        for words in (["--format", "pdf"], ["--run", "nothing"], ["--lang", "fr"]):
            ended = applied.run("report", *words)
            assert ended.code == 1
            assert ended.out == ""
            assert "Traceback" not in ended.err


def test_drift_is_new_then_persists_then_is_resolved(town: Town) -> None:
    address = town.active()[3]["address"]
    broken = town.world.run("sandbox", "break", "edit-title", "--person", address)
    assert broken.code == 0, broken.err

    def look() -> tuple[dict[str, str], list[str]]:
        report = town.run("drift", "--json").report["municipalities"][0]
        lives = {one["name"]: one["life"] for one in report["drift"]}
        return lives, [one["name"] for one in report["resolved"]]

    assert look() == ({address: "new"}, [])
    assert look() == ({address: "persisting"}, [])
    applied = town.run("apply", "--yes", "--json")
    assert applied.code == 0
    (told,) = applied.report["municipalities"]
    assert [one["name"] for one in told["resolved"]] == [address]
    with town.world.store() as store:
        assert store.drift.open(town.slug) == []
    assert look() == ({}, [])


def test_what_was_repaired_is_open_no_longer_and_again_there_is_nothing_to_do(
    town: Town,
) -> None:
    address = town.active()[3]["address"]
    town.world.run("sandbox", "break", "edit-title", "--person", address)
    assert town.run("drift").code == 2
    key = f"{town.slug}/mailbox/{address}"
    for planned in (1, 0):
        with town.world.store() as store:
            run_id = order_run(
                store,
                "apply",
                datetime.now(UTC),
                by="Noa",
                municipalities=(town.slug,),
                kinds=("mailbox",),
                only=frozenset({key}),
            )
        assert town.world.run("worker", "--drain").code == 0
        with town.world.store() as store:
            run = store.runs.get(run_id)
            assert run is not None
            assert run.status is RunStatus.SUCCEEDED, run.summary
            assert run.summary["changes"] == planned
            assert store.drift.open(town.slug) == []
            assert store.drift.history(key)[-1].life is Life.RESOLVED


def test_markup_in_a_name_appears_as_text(town: Town) -> None:
    evil = "<img src=x onerror=alert(1)>"
    address = town.active()[5]["address"]
    (tenant,) = town.world.state.tenants
    town.world.admin(
        "POST",
        "users",
        [{"userPrincipalName": address, "displayName": evil}],
        tenant=tenant.tenant_id,
    )
    ended = town.run("drift", "--full")
    assert ended.code == 2
    assert evil in ended.out
    reports = town.world.var / "reports"
    for language in ("he", "ar", "en"):
        page = (reports / f"drift.{language}.html").read_text(encoding="utf-8")
        assert "&lt;img src=x" in page
        assert not re.search(r"<img\b", page)
        text = (reports / f"drift.{language}.md").read_text(encoding="utf-8")
        assert not re.search(r"(?<!\\)<img\b", text)
