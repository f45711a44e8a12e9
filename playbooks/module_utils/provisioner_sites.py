"""What is inside WordPress sites, held against what shall be; and what nobody declared."""

from __future__ import annotations

import html
import os
import re

from ansible.module_utils.provisioner_asking import status_of
from ansible.module_utils.provisioner_databases import UNREADABLE, lies

_VERSION = "/usr/share/wordpress/wp-includes/version.php"
_PROGRAM = re.compile(r"\.ph(?:p[0-9]*|tml|ar|ps)(?:\.|$)", re.IGNORECASE)
_TOLD = 10  # programs of one site that are named


def sites(wanted, databases, facts):
    """Facts of each site; one that is not installed has the first of them alone."""
    version = version_of_code()
    for one in wanted:
        name = "site {} ".format(one["name"])
        aspects = ("administrator", "database", "pages", "statement", *one["options"])
        facts[name + "installed"] = None
        facts.update(dict.fromkeys(name + aspect for aspect in aspects))
        if databases.silent:
            there = lies(one["database"])
            facts[name + "installed"] = UNREADABLE if there else None
        elif databases.of("whole", one["database"]):
            told = inside(one, databases, version)
            facts.update({name + aspect: value for aspect, value in told.items()})
        elif one["database"] in databases.known("site"):
            facts[name + "installed"] = UNREADABLE


def inside(one, databases, version):
    """What the database of one site says, by the names of facts."""
    database = one["database"]
    options = {name: text(value) for name, value in databases.of("option", database)}
    if "siteurl" not in options and "db_version" not in options:
        return {}
    pages = {
        name: (number, body) for name, number, body in databases.of("page", database)
    }
    fronts = {number: name for name, (number, _) in pages.items()}
    told = {name: options.get(name) for name in one["options"]}
    # A page is known by the name we made it under, not by its number.
    front = told.get("page_on_front")
    told["page_on_front"] = fronts.get(front, front)
    current = options.get("db_version") == version
    administrators = {text(who) for (who,) in databases.of("administrator", database)}
    made = options.get("provisioner_pages", "").split()
    told["installed"] = True
    told["database"] = "current" if current else options.get("db_version")
    told["administrator"] = one["administrator"] in administrators
    told["pages"] = sorted(made)
    told["statement"] = None
    if "accessibility" in pages:
        body = text(pages["accessibility"][1])
        told["statement"] = [words for words in one["statement"] if words in body]
    return told


def text(digits):
    """A value as it is meant: WordPress keeps some of them with HTML's entities."""
    return html.unescape(bytes.fromhex(digits).decode("utf-8", "replace"))


def version_of_code():
    """The version of databases that the installed WordPress wants."""
    if status_of(_VERSION) is None:
        return None
    with open(_VERSION, encoding="utf-8") as file:
        found = re.search(r"\$wp_db_version = (\d+);", file.read())
    return found.group(1) if found else None


def salts(wanted, facts):
    for one in wanted:
        path, status = one["path"], status_of(one["path"])
        facts["salts " + path] = None
        if status is None:
            continue
        private = status.st_mode & 0o777 == 0o640 and status.st_uid == 0
        with open(path, encoding="utf-8", errors="replace") as file:
            whole = (
                len(re.findall(r"^define\('\w+', '.{64,}'\);$", file.read(), re.M)) == 8
            )
        facts["salts " + path] = (
            "made" if private and whole else "not private or not whole"
        )


def strangers(state, databases):
    """Administrators and programs of sites that nobody declared."""
    found = {}
    for one in state["sites"]:
        for (digits,) in databases.of("administrator", one["database"]):
            login = text(digits)
            if login != one["administrator"]:
                item = "administrator {} of {}".format(login, one["name"])
                found[item] = "an administrator of the site that nobody declared"
    for folder in uploads(state):
        for path in sorted(programs(folder))[:_TOLD]:
            found["program " + path] = "a program among uploaded files"
    return found


def uploads(state):
    names = (one["path"] for one in state["directories"])
    return [one for one in names if one.endswith("/wp-content/uploads")]


def programs(folder):
    for place, _folders, names in os.walk(folder):
        for name in names:
            if _PROGRAM.search(name):
                yield os.path.join(place, name)
