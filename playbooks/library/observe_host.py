#!/usr/bin/python
"""Compare a whole host with what shall be on it, in one task. Runs on the host."""

from __future__ import annotations

DOCUMENTATION = """
---
module: observe_host
short_description: Compare a whole host with what shall be on it
description:
  - Looks at every item of a host's state and at what nobody declared. Changes nothing.
options:
  state:
    description:
      - The host's state as provisioner makes it, files with the digest of their content
        instead of the content, as JSON.
    type: str
    required: true
  former:
    description:
      - Files that an earlier state had, to be told if they are still there, by path. One
        with secrets has the word that is told instead of its digest, any other "".
    type: dict
    default: {}
  key:
    description:
      - What the digests of files with secrets are made with; never told again.
    type: str
    default: ""
author:
  - The provisioner authors
"""

EXAMPLES = """
- name: Compare the host
  observe_host:
    state: "{{ observed_state | to_json }}"
"""

RETURN = """
facts:
  description: What is there by the name of each fact, null for what is not.
  type: dict
  returned: always
texts:
  description: Contents of files that are not as wanted and are no secrets, by path.
  type: dict
  returned: always
undeclared:
  description: What is there and nobody declared, in words by item.
  type: dict
  returned: always
"""

import functools
import grp
import hashlib
import hmac
import json
import os
import pwd
import re
import shutil
import socket
import stat
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.provisioner_asking import (
    PATH,
    Unreadable,
    ask,
    status_of,
    what_else,
)
from ansible.module_utils.provisioner_certificates import key_of, state_of
from ansible.module_utils.provisioner_databases import Databases
from ansible.module_utils.provisioner_sites import salts, sites, strangers
from ansible.module_utils.provisioner_undeclared import undeclared
from ansible.module_utils.provisioner_units import units

_LONGEST_TEXT = 64 * 1024


def owner_of(status):
    return name_of_user(status.st_uid) + ":" + name_of_group(status.st_gid)


@functools.lru_cache(None)
def name_of_user(number):
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


@functools.lru_cache(None)
def name_of_group(number):
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def mode_of(status):
    return f"{stat.S_IMODE(status.st_mode):04o}"


def files(wanted, facts, texts, key):
    for one in wanted:
        path, status = one["path"], status_of(one["path"])
        name = f"file {path} "
        facts[name + "content"] = None
        facts[name + "owner"] = facts[name + "mode"] = None
        if status is None:
            continue
        if not stat.S_ISREG(status.st_mode):
            facts[name + "content"] = what_else(status)
            continue
        facts[name + "owner"], facts[name + "mode"] = owner_of(status), mode_of(status)
        with open(path, "rb") as file:
            content = file.read()
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        if one["secret"]:
            mine = hmac.new(key.encode(), content, "sha256").hexdigest()
            same = hmac.compare_digest(mine, one["keyed"])
            digest = one["digest"] if same else "another secret or content"
        facts[name + "content"] = digest
        shown = not one["secret"] and len(content) <= _LONGEST_TEXT
        if digest != one["digest"] and shown:
            texts[path] = content.decode("utf-8", "replace")


def former(paths, facts):
    """Files that we made and nobody wants any more."""
    for path, secret in paths.items():
        status = status_of(path)
        if status is None or not stat.S_ISREG(status.st_mode):
            facts[f"file {path} content"] = None
            continue
        if secret:
            facts[f"file {path} content"] = secret
            continue
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        facts[f"file {path} content"] = "sha256:" + digest


def directories(wanted, facts):
    for one in wanted:
        status, name = status_of(one["path"]), "directory {} ".format(one["path"])
        facts[name + "owner"] = facts[name + "mode"] = None
        if status is None:
            continue
        if not stat.S_ISDIR(status.st_mode):
            facts[name + "owner"] = what_else(status)
            continue
        facts[name + "owner"], facts[name + "mode"] = owner_of(status), mode_of(status)


def links(wanted, facts):
    for one in wanted:
        status, name = status_of(one["path"]), "link " + one["path"]
        facts[name] = None
        if status is not None:
            is_link = stat.S_ISLNK(status.st_mode)
            facts[name] = os.readlink(one["path"]) if is_link else what_else(status)


def accounts(wanted, facts):
    for one in wanted:
        name = one["name"]
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            facts[f"account {name} groups"] = facts[f"account {name} shell"] = None
            continue
        groups = {group.gr_name for group in grp.getgrall() if name in group.gr_mem}
        # What somebody added is told, too: only a group of one's own is no news.
        facts[f"account {name} groups"] = sorted(groups - {name})
        facts[f"account {name} shell"] = entry.pw_shell


def packages(wanted, facts):
    names = [one["name"] for one in wanted]
    form = "${Package}\t${db:Status-Status}\n"
    # 1: some of them are not known at all, which is an answer.
    told = ask("dpkg-query", "-W", "-f", form, *names, accept=(0, 1)) if names else ""
    there = dict(line.split("\t") for line in told.splitlines())
    for name in names:
        status = there.get(name, "")
        known = status if status not in ("not-installed", "") else None
        facts["package " + name] = known


def services(wanted, facts):
    found = units([one["name"] for one in wanted])
    for one, unit in zip(wanted, found, strict=True):
        name = "service {} ".format(one["name"])
        facts[name + "enabled"] = None if unit.missing else unit.enabled
        facts[name + "running"] = None if unit.missing else unit.running
        if one["reads"]:
            late = unit.running is True and not current(one["reads"], unit.since)
            facts[name + "current"] = not late


def current(paths, since):
    """Whether a unit changed its state, as a reload does, after its files did."""
    booted = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
    changed = [status_of(path) for path in paths]
    # Two clocks are compared; a tenth of a second apart is the same moment.
    return all(one is None or one.st_mtime <= booted + since + 0.1 for one in changed)


def certificates(wanted, facts):
    """Whether each certificate has our authority, its names, its key and days left."""
    for one in wanted:
        there = all(status_of(path) for path in (one["path"], key_of(one["path"])))
        facts["certificate " + one["path"]] = state_of(one) if there else None


def absent(wanted, facts):
    for one in wanted:
        facts["absent " + one["name"]] = status_of(one["name"]) is None


def firewall(wanted, facts):
    """Whether the tables of a file are in force exactly as it says.

    The file is loaded into a network of its own, where both are listed alike.
    """
    for one in wanted:
        path, name = one["name"], "firewall " + one["name"]
        facts[name] = None
        if status_of(path) is None:
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            tables = sorted(set(re.findall(r"^table (\w+ \w+)", file.read(), re.M)))
        # Without its package there is no firewall, which is an answer.
        alike = shutil.which("nft", path=PATH) is not None
        for table in tables if alike else ():
            there = ask("nft", "list", "table", *table.split(), accept=(0, 1))
            script = 'nft --file "$0" && nft list table $1'
            meant = ask(
                "unshare", "--net", "sh", "-c", script, path, table, accept=(0, 1)
            )
            alike = alike and bool(meant) and there == meant
        facts[name] = "in force" if alike and tables else "not as its file says"


def observe(state, gone, user, key):
    facts, texts = {}, {}
    for _one in state["hostname"]:
        facts["hostname"] = socket.gethostname()
    packages(state["packages"], facts)
    accounts(state["accounts"], facts)
    directories(state["directories"], facts)
    files(state["files"], facts, texts, key)
    former(gone, facts)
    links(state["links"], facts)
    services(state["services"], facts)
    certificates(state["certificates"], facts)
    absent(state["absent"], facts)
    firewall(state["firewall"], facts)
    databases = Databases(state)
    databases.observe(facts)
    salts(state["salts"], facts)
    sites(state["sites"], databases, facts)
    told = {
        **undeclared(state, user),
        **databases.strangers(),
        **strangers(state, databases),
    }
    return {"facts": facts, "texts": texts, "undeclared": told}


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "required": True},
            "former": {"type": "dict", "default": {}},
            "key": {"type": "str", "default": "", "no_log": True},
        },
        supports_check_mode=True,
    )
    user = os.environ.get("SUDO_USER", "root")
    try:
        given = module.params
        state = json.loads(given["state"])
        found = observe(state, given["former"], user, given["key"])
    except (Unreadable, OSError, ValueError, KeyError) as error:
        module.fail_json(msg=f"The host could not be read: {error}")
    # Ansible would send what it was given back again.
    module.exit_json(changed=False, invocation={}, **found)


if __name__ == "__main__":
    main()
