"""What a WordPress site shall have on its host. Pure.

One patched code base from Debian's packages; of its own each site has a system account, a
PHP-FPM pool, a database, its `wp-content` and its salts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from msgspec import Struct

from provisioner.kinds.host import web_server
from provisioner.kinds.host.render import render
from provisioner.kinds.host.website_words import WORDS
from provisioner.kinds.host.wordpress_inside import THEME, inside
from provisioner.model.host_state import (
    Account,
    Database,
    Directory,
    File,
    HostPart,
    Link,
    Salts,
    Service,
)
from provisioner.model.hosts import Debian, Website

SHARED = "/usr/local/share/provisioner/wordpress"
HELPER = f"{web_server.PROGRAMS}/wordpress-site.php"
_CODE = "/usr/share/wordpress"
_CONFIG = "/etc/wordpress"
_UNITS = "/etc/systemd/system"
_PHP: dict[Debian, str] = {12: "8.2", 13: "8.4"}
_PACKAGES = (
    *web_server.PACKAGES,
    "mariadb-server",
    "php",
    "php-curl",
    "php-fpm",
    "php-gd",
    "php-intl",
    "php-mbstring",
    "php-mysql",
    "php-xml",
    "php-zip",
    "wordpress",
    "wordpress-l10n",
)
_PRIVILEGES = (
    "ALTER",
    "CREATE",
    "DELETE",
    "DROP",
    "INDEX",
    "INSERT",
    "SELECT",
    "UPDATE",
)
_CRON = ("wordpress-cron@.service", "wordpress-cron@.timer")
_THEME_FILES = ("functions.php", "index.php", "style.css")
_LONGEST_NAME = 32  # of an account, useradd(8)


def account_of(identity: str) -> str:
    """A site's system account, its database and the user of that, all named alike."""
    name = f"wp-{identity}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:23]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class _Site(Struct, frozen=True):
    """A site with the names of what is its own."""

    site: Website
    identity: str
    php: str

    @property
    def account(self) -> str:
        return account_of(self.identity)

    @property
    def root(self) -> str:
        return web_server.root_of(self.identity)

    @property
    def scratch(self) -> str:
        """Where its uploads lie until they are whole."""
        return f"{self.root}/scratch"

    @property
    def pool(self) -> str:
        return f"/etc/php/{self.php}/fpm/pool.d/{self.identity}.conf"

    @property
    def salts(self) -> str:
        return f"{_CONFIG}/salts-{self.identity}.php"

    @property
    def timer(self) -> str:
        return f"wordpress-cron@{self.account}.timer"


def wordpress_part(
    site: Website, identity: str, debian: Debian, email: str
) -> HostPart:
    """A WordPress site with all that it stands on; see `websites.website_part`."""
    one = _Site(site, identity, _PHP[debian])
    served = web_server.served(
        site, identity, "wordpress.conf.j2", socket=f"/run/php/{one.account}.sock"
    )
    return HostPart(
        host=site.host,
        packages=_PACKAGES,
        accounts=(Account(one.account, (), "/usr/sbin/nologin", system=True),),
        directories=(*served.directories, *_directories(one)),
        certificates=(served.certificate,),
        files=(*served.files, *_shared_files(), *_files(one)),
        links=tuple(_links(one)),
        absent=(*web_server.ABSENT, f"/etc/php/{one.php}/fpm/pool.d/www.conf"),
        services=(
            served.service,
            Service("mariadb"),
            Service(f"php{one.php}-fpm", (one.pool,)),
            Service(one.timer, tuple(f"{_UNITS}/{name}" for name in _CRON), True),
        ),
        ports=web_server.PORTS,
        databases=(Database(one.account, one.account, _PRIVILEGES),),
        salts=(Salts(one.salts, one.account),),
        sites=(inside(site, one.account, site.administrator or email),),
    )


def _directories(one: _Site) -> Iterator[Directory]:
    yield Directory("/usr/local/share/provisioner")
    yield Directory(SHARED)
    for name in ("themes", f"themes/{THEME}", "mu-plugins"):
        yield Directory(f"{SHARED}/{name}")
    # The web server reads through its group; no other site's account gets in.
    yield Directory(one.root, "0750", one.account, "www-data")
    for name in ("wp-content", "wp-content/uploads"):
        yield Directory(f"{one.root}/{name}", "0755", one.account, one.account)
    yield Directory(one.scratch, "0700", one.account, one.account)


def _links(one: _Site) -> Iterator[Link]:
    for name in ("themes", "mu-plugins"):
        yield Link(f"{one.root}/wp-content/{name}", f"{SHARED}/{name}")
    for name in ("plugins", "languages"):
        yield Link(f"{one.root}/wp-content/{name}", f"{_CODE}/wp-content/{name}")


def _shared_files() -> Iterator[File]:
    """What all WordPress sites of a host have in common."""
    yield File(HELPER, render("wordpress/site.php.j2"))
    words = render("wordpress/words.php.j2", words=WORDS)
    yield File(f"{SHARED}/themes/{THEME}/words.php", words)
    for name in _THEME_FILES:
        content = render(f"wordpress/theme/{name}.j2")
        yield File(f"{SHARED}/themes/{THEME}/{name}", content)
    guard = render("wordpress/guard.php.j2", theme=f"{SHARED}/themes/{THEME}")
    yield File(f"{SHARED}/mu-plugins/guard.php", guard)
    for name in _CRON:
        content = render(f"wordpress/{name}.j2", helper=HELPER, config=_CONFIG)
        yield File(f"{_UNITS}/{name}", content)


def _files(one: _Site) -> Iterator[File]:
    """What this site has of its own."""
    values = {"one": one, "site": one.site}
    yield File(
        f"{_CONFIG}/config-{one.site.domain}.php",
        render("wordpress/config.php.j2", **values),
        "0640",
        "root",
        one.account,
    )
    yield File(f"{_CONFIG}/{one.account}.env", f"HTTP_HOST={one.site.domain}\n")
    yield File(
        one.pool,
        render("wordpress/pool.conf.j2", **values, shared=SHARED, code=_CODE),
        validate=f"/usr/sbin/php-fpm{one.php} --test --fpm-config %s",
    )
    yield web_server.maintenance_page(one.site, one.identity)
