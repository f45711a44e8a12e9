"""Databases of MariaDB on a host, and what WordPress sites keep in them: one connection."""

from __future__ import annotations

import os
import re
import shutil

from ansible.module_utils.provisioner_asking import (
    PATH,
    Unreadable,
    ask,
    status_of,
)

UNREADABLE = "cannot be read"
_NAME = re.compile(r"[a-z0-9-]+")
_FOLDER = "/var/lib/mysql"
_OF_MARIADB = ("information_schema", "mysql", "performance_schema", "sys")
_USERS_OF_MARIADB = ("mariadb.sys", "mysql", "root", "PUBLIC", "")

_ALL = """
SELECT 'database', schema_name FROM information_schema.schemata;
SELECT 'user', CONCAT(User, '@', Host), plugin FROM mysql.user;
SELECT 'privilege', REPLACE(grantee, "'", ''), table_schema, privilege_type
  FROM information_schema.schema_privileges;
SELECT 'privilege', REPLACE(grantee, "'", ''), '*', privilege_type
  FROM information_schema.user_privileges WHERE privilege_type <> 'USAGE';
SELECT 'site', table_schema FROM information_schema.tables
  WHERE table_name = 'wp_options';
"""
# In hexadecimal digits: an option may have line breaks and tabs.
_SITE = """
SELECT 'option', '{0}', option_name, HEX(option_value) FROM `{0}`.wp_options
  WHERE option_name IN ({1});
SELECT 'page', '{0}', m.meta_value, p.ID,
  IF(m.meta_value = 'accessibility', HEX(p.post_content), '')
  FROM `{0}`.wp_posts p JOIN `{0}`.wp_postmeta m ON m.post_id = p.ID
  WHERE m.meta_key = '_provisioner_page' AND p.post_status = 'publish'
  AND p.post_type = 'page' ORDER BY p.ID DESC;
SELECT 'administrator', '{0}', HEX(u.user_login) FROM `{0}`.wp_users u
  JOIN `{0}`.wp_usermeta m ON m.user_id = u.ID
  WHERE m.meta_key = 'wp_capabilities' AND m.meta_value LIKE '%"administrator"%';
SELECT 'whole', '{0}';
"""


class Databases:
    """What MariaDB tells of a host's state; read once."""

    def __init__(self, state):
        self._wanted = state["databases"]
        self._sites = state["sites"]
        self.silent = False
        self._rows = []
        if self._wanted:
            self._read()

    def _read(self):
        if shutil.which("mariadb", path=PATH) is None:
            return
        try:
            self._rows = rows(_ALL)
        except Unreadable:
            # It does not run, which is told as a service; its files are still there.
            self.silent = True
            return
        made = {row[1] for row in self._rows if row[0] == "site"}
        asked = "".join(
            _SITE.format(checked(one["database"]), names_of(one))
            for one in self._sites
            if one["database"] in made
        )
        # One site's broken table is that site's, so the others are read on.
        self._rows += rows(asked, "--force") if asked else []

    def of(self, word, name):
        """The rest of each row of this kind about this name."""
        return [row[2:] for row in self._rows if row[0] == word and row[1] == name]

    def known(self, word):
        """The names that rows of this kind are about."""
        return {row[1] for row in self._rows if row[0] == word}

    def observe(self, facts):
        for one in self._wanted:
            self._observe(one, facts)

    def _observe(self, one, facts):
        whole = "database {}".format(one["name"])
        name = whole + " "
        facts[whole] = facts[name + "user"] = facts[name + "privileges"] = None
        if self.silent:
            facts[whole] = UNREADABLE if lies(one["name"]) else None
            return
        if one["name"] not in self.known("database"):
            return
        facts[whole] = "there"
        user = one["user"]
        found = self.of("user", user + "@localhost")
        plugin = found[0][0] if found else "nobody"
        facts[name + "user"] = f"{user} by {plugin}"
        granted = self.of("privilege", user + "@localhost")
        facts[name + "privileges"] = sorted(
            right if where == one["name"] else f"{right} on {where}"
            for where, right in granted
        )

    def strangers(self):
        """Databases and users that nobody declared."""
        found = {}
        if not self._rows:
            return found
        declared = {one["name"] for one in self._wanted}
        for name in sorted(self.known("database") - declared - set(_OF_MARIADB)):
            found["database " + name] = "a database that nobody declared"
        declared = {one["user"] + "@localhost" for one in self._wanted}
        for who in sorted(self.known("user") - declared):
            if who.rpartition("@")[0] not in _USERS_OF_MARIADB:
                found["database user " + who] = "a database user that nobody declared"
        return found


def rows(script, *options):
    """What MariaDB answers, each row cut into its fields."""
    words = ("mariadb", "--batch", "--skip-column-names", *options)
    told = ask(*words, accept=(0, 1) if options else (0,), given=script)
    return [line.split("\t") for line in told.splitlines()]


def checked(name):
    if not _NAME.fullmatch(name):
        raise Unreadable(f"{name!r} is no name of a database that we make")
    return name


def names_of(site):
    names = [*site["options"], "db_version", "provisioner_pages"]
    return ", ".join(f"'{name}'" for name in names if re.fullmatch(r"\w+", name))


def lies(name):
    """Whether the files of a database are there, whoever may read them."""
    return status_of(os.path.join(_FOLDER, name.replace("-", "@002d"))) is not None
