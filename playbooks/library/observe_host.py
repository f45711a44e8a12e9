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
      - Paths of files that an earlier state had, to be told if they are still there.
    type: list
    elements: str
    default: []
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

import grp
import hashlib
import json
import os
import pwd
import re
import shutil
import socket
import stat
import subprocess
import time

from ansible.module_utils.basic import AnsibleModule

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_LONGEST_TEXT = 64 * 1024
_FOLDERS = ("/etc/ssh/sshd_config.d", "/etc/sudoers.d")
_UNITS = "/etc/systemd/system"
_ENABLED = ("enabled", "enabled-runtime", "static", "alias", "indirect", "generated")
_RUNNING = ("active", "reloading", "activating")


class Unreadable(Exception):
    """A command that tells what is there did not work: nothing is known."""


def ask(*command, accept=(0,)):
    """What a command prints; one that fails is no empty answer."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"PATH": _PATH, "LC_ALL": "C"},
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreadable(f"{command[0]}: {error}") from error
    if ended.returncode not in accept:
        said = ended.stderr.decode("utf-8", "replace").strip()
        raise Unreadable(f"{command[0]} ended with {ended.returncode}: {said}")
    return ended.stdout.decode("utf-8", "replace")


def status_of(path):
    """What lies at a path itself, None for nothing."""
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def owner_of(status):
    try:
        user = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        user = str(status.st_uid)
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = str(status.st_gid)
    return user + ":" + group


def mode_of(status):
    return f"{stat.S_IMODE(status.st_mode):04o}"


def what_else(status):
    """The word for what stands where a file or folder shall be."""
    for word, holds in (
        ("a symbolic link", stat.S_ISLNK),
        ("a folder", stat.S_ISDIR),
        ("a file", stat.S_ISREG),
    ):
        if holds(status.st_mode):
            return word
    return "a special file"


def files(wanted, facts, texts):
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
        facts[name + "content"] = digest
        shown = not one["secret"] and len(content) <= _LONGEST_TEXT
        if digest != one["digest"] and shown:
            texts[path] = content.decode("utf-8", "replace")


def former(paths, facts):
    """Files that we made and nobody wants any more."""
    for path in paths:
        status = status_of(path)
        if status is None or not stat.S_ISREG(status.st_mode):
            facts[f"file {path} content"] = None
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
    names = [one["name"] for one in wanted]
    if not names:
        return
    wanted_properties = (
        "Id,Names,LoadState,ActiveState,UnitFileState,ConditionResult,"
        "ConditionTimestampMonotonic,StateChangeTimestampMonotonic"
    )
    told = ask("systemctl", "show", "--property=" + wanted_properties, *names)
    blocks = told.strip("\n").split("\n\n")
    if len(blocks) != len(names):
        raise Unreadable(f"systemctl told of {len(blocks)} units of {len(names)}")
    for one, block in zip(wanted, blocks, strict=True):
        told = dict(line.partition("=")[::2] for line in block.splitlines())
        service(one, told, facts)


def service(one, told, facts):
    name = "service {} ".format(one["name"])
    missing = told["LoadState"] == "not-found"
    state = told["UnitFileState"] or told["LoadState"]
    enabled = True if state in _ENABLED else state
    running = True if told["ActiveState"] in _RUNNING else told["ActiveState"]
    decided = told["ConditionTimestampMonotonic"] not in ("", "0")
    if running == "inactive" and told["ConditionResult"] == "no" and decided:
        running = "not here"
    facts[name + "enabled"] = None if missing else enabled
    facts[name + "running"] = None if missing else running
    if one["reads"]:
        since = int(told["StateChangeTimestampMonotonic"] or 0) / 1e6
        facts[name + "current"] = running is not True or current(one["reads"], since)


def current(paths, since):
    """Whether a unit changed its state, as a reload does, after its files did."""
    booted = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
    changed = [status_of(path) for path in paths]
    # Two clocks are compared; a tenth of a second apart is the same moment.
    return all(one is None or one.st_mtime <= booted + since + 0.1 for one in changed)


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
        alike = shutil.which("nft", path=_PATH) is not None
        for table in tables if alike else ():
            there = ask("nft", "list", "table", *table.split(), accept=(0, 1))
            script = 'nft --file "$0" && nft list table $1'
            meant = ask(
                "unshare", "--net", "sh", "-c", script, path, table, accept=(0, 1)
            )
            alike = alike and bool(meant) and there == meant
        facts[name] = "in force" if alike and tables else "not as its file says"


def undeclared_files(state, user):
    declared = {one["path"] for one in state["files"] + state["links"]}
    declared.add("/etc/sudoers.d/" + user)  # whoever made our account made that
    found = []
    for folder in _FOLDERS:
        if os.path.isdir(folder):
            paths = (os.path.join(folder, name) for name in sorted(os.listdir(folder)))
            found += [
                one for one in paths if one not in declared and os.path.isfile(one)
            ]
    if not found:
        return {}
    # 1: some are of no package, which is what is asked.
    owned = ask("dpkg-query", "--search", *found, accept=(0, 1))
    packaged = {line.rpartition(": ")[2] for line in owned.splitlines()}
    strangers = [one for one in found if one not in packaged]
    return {"file " + one: "a file that nobody declared" for one in strangers}


def undeclared_accounts(state, user):
    declared = {one["name"] for one in state["accounts"]} | {user, "root"}
    try:
        members = set(grp.getgrnam("sudo").gr_mem)
    except KeyError:
        return {}
    told = "an account that may become root and nobody declared"
    return {"account " + one: told for one in sorted(members - declared)}


def undeclared_timers(state):
    declared = {one["name"] for one in state["services"]}
    declared |= {one["path"] for one in state["files"]}
    found = {}
    if not os.path.isdir(_UNITS):
        return found
    for name in sorted(os.listdir(_UNITS)):
        path = os.path.join(_UNITS, name)
        known = name in declared or path in declared
        own = os.path.isfile(path) and not os.path.islink(path)
        if name.endswith(".timer") and own and not known:
            found["timer " + name] = "a timer that nobody declared"
    return found


def undeclared_ports(state):
    declared = {one["name"] for one in state["ports"]}
    found = {}
    for protocol, option in (("tcp", "-t"), ("udp", "-u")):
        for line in ask("ss", "-H", "-l", "-n", "-p", option).splitlines():
            parts = line.split()
            address, _, port = parts[3].rpartition(":")
            loopback = address.startswith(("127.", "[::1]", "[::ffff:127."))
            item = f"{protocol} {port}"
            if loopback or item in declared:
                continue
            who = re.search(r'"([^"]+)"', line)
            name = who.group(1) if who else "something"
            found["port " + item] = f"{name} listens and nobody declared it"
    return found


def changed_packaged(state):
    """Files of the packages we manage that are not as their package has them."""
    names = [one["name"] for one in state["packages"]]
    declared = {one["path"] for one in state["files"] + state["links"]}
    form = "${Package}\t${db:Status-Status}\n"
    told = ask("dpkg-query", "-W", "-f", form, *names, accept=(0, 1)) if names else ""
    rows = [line.split("\t") for line in told.splitlines()]
    there = [name for name, status in rows if status == "installed"]
    found = {}
    if not there:
        return found
    for line in ask("dpkg", "--verify", *there, accept=(0, 1)).splitlines():
        path = line[line.find("/") :]
        if path not in declared:
            word = "is missing" if line.startswith("missing") else "was changed"
            found["packaged file " + path] = "a file of a package that " + word
    return found


def observe(state, gone, user):
    facts, texts, undeclared = {}, {}, {}
    for _one in state["hostname"]:
        facts["hostname"] = socket.gethostname()
    packages(state["packages"], facts)
    accounts(state["accounts"], facts)
    directories(state["directories"], facts)
    files(state["files"], facts, texts)
    former(gone, facts)
    links(state["links"], facts)
    services(state["services"], facts)
    firewall(state["firewall"], facts)
    undeclared.update(undeclared_files(state, user))
    undeclared.update(undeclared_accounts(state, user))
    undeclared.update(undeclared_timers(state))
    undeclared.update(undeclared_ports(state))
    undeclared.update(changed_packaged(state))
    return {"facts": facts, "texts": texts, "undeclared": undeclared}


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "required": True},
            "former": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    user = os.environ.get("SUDO_USER", "root")
    try:
        found = observe(
            json.loads(module.params["state"]), module.params["former"], user
        )
    except (Unreadable, OSError, ValueError, KeyError) as error:
        module.fail_json(msg=f"The host could not be read: {error}")
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
