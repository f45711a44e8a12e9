#!/usr/bin/python
"""Make folders, files and links as a list says, in one task. Runs on the host."""

from __future__ import annotations

DOCUMENTATION = """
---
module: make_paths
short_description: Make folders, files and links as a list says
description:
  - Makes every item of a list in its order, in one call; a call for each would cost more
    than the item. What cannot be made holds up no other item, and fails the task.
  - A file or link is in place at once with its owner and mode, or stays as it was.
options:
  what:
    description:
      - What the list is of. C(gone) are files and links that shall not be there.
    type: str
    choices: [folders, files, links, gone]
    required: true
  paths:
    description:
      - The items as JSON, each with C(path), or C(name) where that is all. Folders and
        files have C(mode), C(owner) and C(group), files also C(content) and C(validate),
        links C(target). Contents may be secrets, so nothing of it is told again.
    type: str
    required: true
author:
  - The provisioner authors
"""

EXAMPLES = """
- name: Write files
  make_paths:
    what: files
    paths: "{{ host_state.files | to_json }}"
"""

RETURN = """
made:
  description: The paths that were not as wanted, and are now.
  type: list
  elements: str
  returned: always
refused:
  description: Why a path could not be made, by path.
  type: dict
  returned: always
"""

import functools
import grp
import json
import os
import pwd
import stat
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.provisioner_asking import status_of, what_else
from ansible.module_utils.provisioner_lists import Refused, each, finish


@functools.lru_cache(None)
def number_of_user(name):
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise Refused(f"there is no account {name}") from None


@functools.lru_cache(None)
def number_of_group(name):
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise Refused(f"there is no group {name}") from None


def owners_of(one):
    return number_of_user(one["owner"]), number_of_group(one["group"])


def own(one, path, check):
    """Give what is at `path` the item's owner and mode; whether they were others."""
    status, mode, owners = os.lstat(path), int(one["mode"], 8), owners_of(one)
    other_owners = (status.st_uid, status.st_gid) != owners
    other_mode = stat.S_IMODE(status.st_mode) != mode
    if not check:
        if other_owners:
            os.chown(path, *owners)
        # Another owner takes special bits of the mode away.
        if other_owners or other_mode:
            os.chmod(path, mode)
    return other_owners or other_mode


def folder(path, one, module):
    status = status_of(path)
    if status is None:
        if not module.check_mode:
            owners_of(one)  # where there is no such owner nothing is made
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.mkdir(path, 0o700)
            own(one, path, check=False)
        return True
    if not stat.S_ISDIR(status.st_mode):
        raise Refused(f"{what_else(status)} stands there")
    return own(one, path, module.check_mode)


def file(path, one, module):
    status = status_of(path)
    content = one["content"].encode()
    if status is not None and stat.S_ISREG(status.st_mode) and holds(path, content):
        return own(one, path, module.check_mode)
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise Refused("a folder stands there")
    if module.check_mode:
        return True
    # Programs that read a whole folder pass over hidden files.
    handle, new = tempfile.mkstemp(prefix=".new-", dir=os.path.dirname(path))
    try:
        with open(handle, "wb") as written:
            written.write(content)
        own(one, new, check=False)
        validate(one, new, module)
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise
    return True


def holds(path, content):
    with open(path, "rb") as found:
        return found.read() == content


def validate(one, new, module):
    """Raise where the program that reads the file does not take it."""
    if one.get("validate"):
        command = one["validate"] % new
        code, out, err = module.run_command(command, handle_exceptions=False)
        if code:
            said = (err.strip() or out.strip()).replace(new, one["path"])
            raise Refused(f"failed to validate: {said}")


def link(path, one, module):
    status = status_of(path)
    there = status is not None
    if there and stat.S_ISLNK(status.st_mode) and os.readlink(path) == one["target"]:
        return False
    if module.check_mode:
        return True
    if there and stat.S_ISDIR(status.st_mode):
        os.rmdir(path)  # an empty one gives way, no other
    with tempfile.TemporaryDirectory(prefix=".new-", dir=os.path.dirname(path)) as new:
        os.symlink(one["target"], os.path.join(new, "link"))
        os.replace(os.path.join(new, "link"), path)
    return True


def gone(path, _one, module):
    there = status_of(path) is not None
    if there and not module.check_mode:
        os.unlink(path)
    return there


MAKERS = {"folders": folder, "files": file, "links": link, "gone": gone}


def main():
    module = AnsibleModule(
        argument_spec={
            "what": {"type": "str", "required": True, "choices": list(MAKERS)},
            "paths": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    make = MAKERS[module.params["what"]]
    items = json.loads(module.params["paths"])
    wanted = {one.get("path") or one["name"]: one for one in items}
    finish(module, *each(wanted, lambda path: make(path, wanted[path], module)))


if __name__ == "__main__":
    main()
