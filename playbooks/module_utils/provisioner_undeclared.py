"""What is on a host and nobody declared, in words by item."""

from __future__ import annotations

import glob
import grp
import os
import pwd
import re

from ansible.module_utils.provisioner_asking import ask

# Folders whose files all have a say, by the package that reads them.
_FOLDERS = {
    "openssh-server": ("/etc/ssh/sshd_config.d",),
    "sudo": ("/etc/sudoers.d",),
    "nginx": ("/etc/nginx/sites-enabled", "/etc/nginx/conf.d"),
    "php-fpm": ("/etc/php/*/fpm/pool.d",),
    "wordpress": ("/etc/wordpress",),
}
# Whoever is managed has these looked at: what is there runs as root.
_ALWAYS = ("/etc/cron.*",)
_KEYS_OF_ROOT = ("/root/.ssh/authorized_keys", "/root/.ssh/authorized_keys2")
_CRONTAB_OF_ROOT = "/var/spool/cron/crontabs/root"
_DISKS = ("ext4", "ext3", "ext2", "xfs", "btrfs", "zfs", "f2fs", "overlay", "tmpfs")
_LEAST_FREE = 1 << 30
# What stands at the beginning of every file that we render.
_MARK = b"Managed by provisioner"
_LONGEST_HEADER = 400
_FORMER = "a file that provisioner made and nobody wants any more"
_UNITS = "/etc/systemd/system"


def undeclared(state, user):
    """All of it; `user` is the account we came in by."""
    return {
        **undeclared_files(state, user),
        **undeclared_accounts(state, user),
        **ways_of_root(state, user),
        **undeclared_timers(state),
        **undeclared_ports(state),
        **changed_packaged(state),
        **full_disks(),
    }


def undeclared_files(state, user):
    declared = {one["path"] for one in state["files"] + state["links"]}
    declared.add("/etc/sudoers.d/" + user)  # whoever made our account made that
    declared |= {one["name"] for one in state["absent"]}  # told of by itself
    declared |= {one["path"] for one in state["salts"]}
    found = []
    wanted = [one["name"] for one in state["packages"]]
    patterns = [one for name in wanted for one in _FOLDERS.get(name, ())]
    patterns += _ALWAYS
    for folder in (one for pattern in patterns for one in sorted(glob.glob(pattern))):
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
    return {"file " + one: word_for(one) for one in strangers}


def word_for(path):
    with open(path, "rb") as file:
        ours = _MARK in file.read(_LONGEST_HEADER)
    return _FORMER if ours else "a file that nobody declared"


def undeclared_accounts(state, user):
    """Accounts that are root, or may become it by the group sudo, first or further."""
    declared = {one["name"] for one in state["accounts"]} | {user, "root"}
    try:
        sudo = grp.getgrnam("sudo")
        number, mighty = sudo.gr_gid, set(sudo.gr_mem)
    except KeyError:
        number, mighty = None, set()
    accounts = pwd.getpwall()
    mighty |= {one.pw_name for one in accounts if one.pw_gid == number}
    told = "an account that may become root and nobody declared"
    found = {"account " + one: told for one in mighty - declared}
    for one in accounts:
        # Declared or not: no account of ours has root's number.
        if one.pw_uid == 0 and one.pw_name != "root":
            found["account " + one.pw_name] = "an account that is root by its number"
    return found


def ways_of_root(state, user):
    """Keys that sign root in, and what root's own crontab starts."""
    declared = {one["path"] for one in state["files"]}
    ours = 1 if user == "root" else 0
    found = {}
    for path in _KEYS_OF_ROOT:
        keys = 0 if path in declared else lines_of(path)
        if keys > ours:
            found["file " + path] = f"{keys} key(s) sign in as root and nobody declared"
    jobs = 0 if _CRONTAB_OF_ROOT in declared else lines_of(_CRONTAB_OF_ROOT)
    if jobs:
        told = f"{jobs} line(s) of root's crontab that nobody declared"
        found["file " + _CRONTAB_OF_ROOT] = told
    return found


def lines_of(path):
    """How many lines of a file say something; 0 where there is none."""
    try:
        with open(path, "rb") as file:
            lines = [line.strip() for line in file]
    except (FileNotFoundError, NotADirectoryError):
        return 0
    return sum(1 for line in lines if line and not line.startswith(b"#"))


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


def full_disks():
    """File systems that are about to take no more; what is written there fails."""
    found, known = {}, set()
    with open("/proc/self/mounts", encoding="utf-8", errors="replace") as file:
        mounts = [line.split()[1:3] for line in file]
    for path, kind in mounts:
        device = kind in _DISKS and device_of(path)
        if not device or device in known:
            continue
        known.add(device)
        disk = os.statvfs(path)
        size, free = disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize
        if free < min(size * 0.03, _LEAST_FREE):
            told = f"{free >> 20} MB of {size >> 20} MB are free"
            found["disk " + path] = "is full: " + told
        elif disk.f_files and disk.f_favail < disk.f_files * 0.01:
            found["disk " + path] = "is full: no more files can be made"
    return found


def device_of(path):
    """The device of a mount, None where it is gone by now."""
    try:
        return os.stat(path).st_dev
    except OSError:
        return None
