"""The pages say what is so: words, settings, commands, errors, guards, links."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from provisioner import errors
from provisioner.cli.main import app
from provisioner.engine.guards import GUARDS
from provisioner.kinds import KINDS
from provisioner.model.change import Action, Drift
from provisioner.model.drift_item import Life
from provisioner.model.outcome import Status
from provisioner.model.plan import RELEASABLE

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
MAKE = re.compile(r"^\s*(?:\$ )?make ([a-z][a-z-]*)")


@pytest.fixture(scope="session")
def pages(files: list[Path]) -> list[Path]:
    return [path for path in files if path.suffix == ".md"]


def _named(page: Path) -> set[str]:
    return set(INLINE.findall(page.read_text(encoding="utf-8")))


def test_the_glossary_has_every_word_the_program_says(root: Path) -> None:
    words = {kind.name for kind in KINDS}
    for states in (Drift, Life, Status, Action):
        words |= {str(one) for one in states}
    assert not words - _named(root / "docs" / "glossary.md")


def test_every_error_has_a_remedy_on_the_page_of_failures(root: Path) -> None:
    named = _named(root / "docs" / "howto" / "when-something-fails.md")
    classes = {
        name
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, errors.ProvisionerError)
    }
    assert not classes - named


def test_every_guard_is_explained_and_has_a_remedy(root: Path) -> None:
    guards = {guard.__name__ for guard in GUARDS}
    assert guards >= RELEASABLE
    for page in ("discussions/safety.md", "howto/when-something-fails.md"):
        assert not guards - _named(root / "docs" / page), page


def test_every_part_of_graph_that_is_called_has_its_permission_on_the_page(
    root: Path,
) -> None:
    segments = re.compile(r"""["'](/[a-z][A-Za-z]+)(?=[/?"'])""")
    called = {
        segment
        for path in (root / "provisioner" / "providers" / "graph").glob("*.py")
        for segment in segments.findall(path.read_text(encoding="utf-8"))
    }
    page = (root / "docs" / "howto" / "production.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`[A-Z]+ (/[A-Za-z]+)", page))
    assert called - {"/$batch"} == listed


def test_the_generated_pages_are_fresh(root: Path) -> None:
    ended = subprocess.run(
        [sys.executable, root / ".ci" / "reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_link_leads_somewhere(root: Path, pages: list[Path]) -> None:
    broken = [
        f"{page.relative_to(root)}: {link}"
        for page in pages
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in link and not _leads(page, link)
    ]
    assert not broken


def _leads(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return False
    return not anchor or anchor in _anchors(target.read_text(encoding="utf-8"))


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


def test_every_page_can_be_reached_from_the_readme(
    root: Path, pages: list[Path]
) -> None:
    reached: set[Path] = set()
    waiting = [root / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link.partition("#")[0]).resolve()
            if "://" in link or not target.exists():
                continue
            waiting += sorted(target.glob("*.md")) if target.is_dir() else [target]
    docs = {page for page in pages if page.is_relative_to(root / "docs")}
    assert not {str(page.relative_to(root)) for page in docs - reached}


def test_every_make_target_that_a_page_names_exists(
    root: Path, pages: list[Path]
) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    explained = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert targets == explained
    named = {
        name
        for page in pages
        for code in _code(page.read_text(encoding="utf-8"))
        for name in MAKE.findall(code)
    }
    assert not named - targets


def _code(text: str) -> Iterator[str]:
    for block in FENCE.findall(text):
        yield from block.splitlines()
    yield from INLINE.findall(FENCE.sub("", text))


def test_every_command_that_a_page_shows_is_one_the_program_takes(
    root: Path, pages: list[Path]
) -> None:
    program = typer.main.get_command(app)
    wrong = [
        f"{page.relative_to(root)}: {line.strip()}: {fault}"
        for page in pages
        for line in _code(page.read_text(encoding="utf-8"))
        if (fault := _fault(program, line))
    ]
    assert not wrong


def _fault(program: Any, line: str) -> str:
    """What is wrong with a shown command line; "" where nothing is, or it is none."""
    found = re.match(r"\s*(?:\$ |ExecStart=)?\S*?\bprovisioner (?=[a-z-])(.*)", line)
    if not found or "[" in line or "|" in line:
        return ""
    shown = re.split(r"\s{2,}|\s#\s|\s→\s", found.group(1))[0]
    command, options = program, _options(program)
    for word in shown.split():
        if word.startswith("-"):
            if word not in options:
                return f"no option {word}"
        elif commands := getattr(command, "commands", {}):
            if word in commands:
                command = commands[word]
                options = _options(command)
            elif options & {"--inventory"} and re.search(r"[/.]|^[A-Z]", word):
                continue  # the value of a global option
            else:
                return f"no command {word}"
    return ""


def _options(command: Any) -> set[str]:
    names = {
        name
        for one in command.params
        if one.param_type_name == "option"
        for name in (*one.opts, *one.secondary_opts)
    }
    return names | {"--help", "-h"}


def test_every_complaint_of_others_names_tests_that_there_are(root: Path) -> None:
    page = (root / "docs" / "discussions" / "complaints.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(tests/\S+?)::(\w+)`", row)
        assert named, row
        for file, test in named:
            text = (root / file).read_text(encoding="utf-8")
            assert re.search(rf"^ *(async )?def {test}\(", text, re.M), (
                f"{file}::{test}"
            )
