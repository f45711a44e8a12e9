"""The backup report through the whole program, where there is no host to ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from on_paper import text_of
from rehearsal import Rehearsal

from provisioner.model.backup import Listed, Observation

HOUR = timedelta(hours=1)
KEYS = ("karmiel/backup_job/sites", "karmiel/backup_job/manage")


def test_backups_are_told_by_what_was_last_seen_and_the_exit_code_is_the_worst(
    rehearse: Callable[..., Rehearsal],
) -> None:
    world = rehearse(municipalities=1, people=14)
    now = datetime.now(UTC)

    def seen(hours: float, key: str, at: datetime = now) -> None:
        copy = Listed(now - hours * HOUR, now - 90 * HOUR, 5, 1_000_000)
        with world.store() as store:
            store.backups.record([Observation(key, "repository", at, copy)])

    unseen = world.run("backups", "--json")
    assert unseen.code == 1, unseen.err
    states = {one["key"]: one["judgement"]["state"] for one in unseen.report["jobs"]}
    assert states == dict.fromkeys(KEYS, "unknown")

    for key in KEYS:
        seen(3, key)
    fine = world.run("backups", "--lang", "en")
    assert fine.code == 0, fine.out + fine.err
    lines = {" ".join(line.split()[:3]): line for line in fine.out.splitlines()}
    assert "✓ saved" in lines["Karmiel website main"]
    assert "3 hours" in lines["Karmiel website main"]
    assert "✓ saved" in lines["Karmiel server manage-1"]
    (boxes,) = [lines[name] for name in lines if name.startswith("Karmiel mailboxes")]
    assert "kept by Microsoft, not saved by us" in boxes
    assert "מגובה" in world.run("backups", "--known", "--lang", "he").out

    seen(25.5, KEYS[0])
    assert world.run("backups").code == 2
    seen(90, KEYS[0])
    told = world.run("backups", "--json")
    assert told.code == 2
    states = {one["key"]: one["judgement"]["state"] for one in told.report["jobs"]}
    assert states == {KEYS[0]: "breached", KEYS[1]: "ok"}

    _acknowledged(world, f"{(now + 30 * HOUR).date()}")
    _printed(world)
    for words in (("--job", "nobody"), ()):
        drilled = world.run("backups", "drill", *words)
        assert drilled.code == 1, drilled.out
    assert (
        "There is no backup job nobody."
        in world.run("backups", "drill", "--job", "nobody").err
    )


def _acknowledged(world: Rehearsal, until: str) -> None:
    word = ("acknowledge", KEYS[0], "--until", until, "--reason", "it moves")
    said = world.run("backups", *word)
    assert said.out == f"{KEYS[0]}: acknowledged until the end of {until}.\n"
    known = world.run("backups", "--known", "--json")
    assert known.code == 2, "known, and in danger all the same"
    (job,) = [one for one in known.report["jobs"] if one["key"] == KEYS[0]]
    assert job["judgement"]["state"] == "breached"
    assert job["judgement"]["acknowledged"]["reason"] == "it moves"
    told = world.run("backups", "--known").out
    assert "✗ too old, known of" in told
    assert f"{KEYS[0]}: Acknowledged by " in told
    fine = world.run("backups", "acknowledge", KEYS[1], *word[2:])
    assert (fine.code, fine.err) == (
        1,
        f"Error: No backup is in danger under {KEYS[1]}.\n",
    )


def _printed(world: Rehearsal) -> None:
    paper = world.folder / "backups.pdf"
    assert world.run("backups", "--known", "--output", str(paper), "-l", "ar").code == 2
    assert "karmiel/backup_job/sites" in text_of(paper.read_bytes())
    refused = world.run("backups", "--known", "--output", "backups.doc")
    assert (refused.code, "ends in .pdf" in refused.err) == (1, True)
