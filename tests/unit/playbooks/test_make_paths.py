"""The module that makes paths, run as Ansible runs it, on folders of this machine."""

from __future__ import annotations

import grp
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

from provisioner import shipped

_RUN = """
import runpy, sys
import ansible.module_utils
ansible.module_utils.__path__.append(sys.argv[1] + "/module_utils")
module = sys.argv[1] + "/library/make_paths.py"
sys.argv = [module, sys.argv[2]]
runpy.run_path(module, run_name="__main__")
"""
_OWNED = {
    "mode": "0640",
    "owner": pwd.getpwuid(os.getuid()).pw_name,
    "group": grp.getgrgid(os.getgid()).gr_name,
}


def _made(folder: Path, what: str, *paths: Any, check: bool = False) -> dict[str, Any]:
    """What the module told; it fails where it refused something, and nowhere else."""
    given = {
        "what": what,
        "paths": json.dumps([{**_OWNED, **one} for one in paths], default=str),
        "_ansible_check_mode": check,
    }
    arguments = folder.with_name("arguments.json")
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": given}), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", _RUN, str(shipped.playbooks()), str(arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    told: dict[str, Any] = json.loads(ended.stdout)
    assert told.get("failed", False) is bool(told["refused"])
    assert told["changed"] is bool(told["made"])
    return told


def _folder(home: Path) -> Path:
    """A folder with something of each kind in it."""
    (home / "there" / "full").mkdir(parents=True)
    (home / "there" / "full" / "kept").touch()
    (home / "there" / "empty").mkdir()
    (home / "there" / "page").write_text("old\n", encoding="utf-8")
    (home / "there" / "elsewhere").symlink_to("page")
    return home / "there"


def test_a_file_is_whole_with_its_mode_or_stays_as_it_was(tmp_path: Path) -> None:
    there = _folder(tmp_path)
    new = {"content": "new\n"}
    told = _made(
        there,
        "files",
        {**new, "path": there / "fresh"},
        {**new, "path": there / "elsewhere"},
        {**new, "path": there / "page", "validate": "grep -q old %s"},
        {**new, "path": there / "full"},
        {**new, "path": there / "none" / "page"},
        {**new, "path": there / "foreign", "owner": "nobody-of-that-name"},
    )
    assert told["made"] == [str(there / "fresh"), str(there / "elsewhere")]
    refused = {
        str(Path(path).relative_to(there)): why for path, why in told["refused"].items()
    }
    assert refused == {
        "page": "failed to validate: ",
        "full": "a folder stands there",
        "none/page": "No such file or directory",
        "foreign": "there is no account nobody-of-that-name",
    }
    assert (there / "page").read_text(encoding="utf-8") == "old\n"
    for name in ("fresh", "elsewhere"):
        status = (there / name).lstat()
        assert oct(status.st_mode) == "0o100640"
    assert sorted(one.name for one in there.iterdir()) == [
        "elsewhere",
        "empty",
        "fresh",
        "full",
        "page",
    ]
    again = _made(there, "files", {**new, "path": there / "fresh"})
    assert again["made"] == []


def test_folders_are_never_taken_away(tmp_path: Path) -> None:
    there = _folder(tmp_path)
    paths = [{"path": there / name} for name in ("full", "empty", "page", "none")]
    told = _made(there, "gone", *paths)
    assert told["made"] == [str(there / "page")]
    assert set(told["refused"]) == {str(there / "full"), str(there / "empty")}
    assert (there / "full" / "kept").exists()


def test_a_link_takes_the_place_of_a_file_and_of_an_empty_folder_alone(
    tmp_path: Path,
) -> None:
    there = _folder(tmp_path)
    names = ("page", "empty", "full", "fresh")
    paths = [{"path": there / name, "target": "/nowhere"} for name in names]
    told = _made(there, "links", *paths)
    assert list(told["refused"]) == [str(there / "full")]
    for name in ("page", "empty", "fresh"):
        assert (there / name).readlink() == Path("/nowhere")


def test_a_folder_is_not_made_of_something_else(tmp_path: Path) -> None:
    there = _folder(tmp_path)
    paths = [{"path": there / name} for name in ("a/b", "page", "elsewhere")]
    told = _made(there, "folders", *paths)
    assert told["made"] == [str(there / "a/b")]
    assert oct((there / "a/b").stat().st_mode) == "0o40640"
    assert list(told["refused"].values()) == [
        "a file stands there",
        "a symbolic link stands there",
    ]


def test_check_mode_tells_the_same_and_changes_nothing(tmp_path: Path) -> None:
    there = _folder(tmp_path)
    before = sorted(one.name for one in there.iterdir())
    for what in ("folders", "files", "links"):
        one = {"path": there / "fresh", "content": "x", "target": "/x"}
        assert _made(there, what, one, check=True)["made"] == [str(there / "fresh")]
    told = _made(there, "gone", {"path": there / "page"}, check=True)
    assert told["made"] == [str(there / "page")]
    assert sorted(one.name for one in there.iterdir()) == before
