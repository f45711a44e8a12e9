"""The demo's chapter on hosts: a servant of the town tidies up on its servers."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

from provisioner import inventory
from provisioner.cli.demo_stage import Stage
from provisioner.model.hosts import Website
from provisioner.sandbox.hosts import hosts_of

_UNIT = "fail2ban"
_OWNED = "owned"
_STRANGER = "stranger"
_SITES = "/etc/nginx/sites-enabled"


class HostsChapter:
    """A server, websites on another, and what is put beside them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        cluster = inventory.load(stage.inventory)
        towns = cluster.municipalities
        self._sites = [(one.slug, site) for one in towns for site in one.websites]
        self._static = self._first("static")
        self._wordpress = self._first("wordpress")
        self._web = self._static[1].host
        hosts = [server.host for one in towns for server in one.servers]
        self._server = next(one for one in hosts if one != self._web)

    def _first(self, kind: str) -> tuple[str, Website]:
        return next(one for one in self._sites if one[1].type == kind)

    def damage(self) -> None:
        static, wordpress = map(_identity, (self._static, self._wordpress))
        at = ("--host", self._web)
        vhost, page = f"{_SITES}/{static}.conf", f"/srv/www/{static}/index.html"
        self._break("edit-file", *at, "--path", vhost, "--value", "autoindex on;")
        self._break("deface-page", *at, "--path", page, "--value", _OWNED)
        self._break("rename-site", *at, "--value", f"wp-{wordpress}")
        self._break("add-vhost", *at, "--value", _STRANGER)
        self._break("stop-service", "--host", self._server, "--value", _UNIT)

    def _break(self, *words: str) -> None:
        self._stage.run("sandbox", "break", *words)

    def drift_faults(self, told: set[tuple[str, str]]) -> Iterable[str]:
        expected = {
            (self._static[1].name, "drifted"),
            (self._wordpress[1].name, "drifted"),
            (self._server, "drifted"),
            self._left,
        }
        for one in sorted(expected - told):
            yield f"drift did not tell {one}"

    @property
    def _left(self) -> tuple[str, str]:
        return f"{self._web} file {_SITES}/{_STRANGER}.conf", "unmanaged"

    def repair_faults(self) -> Iterable[str]:
        """Each site is fetched from outside, by name, with its certificate checked."""
        import httpx

        lab = hosts_of(self._stage.sandbox)
        if lab is None:
            yield "the hosts are gone"
            return
        trust = ssl.create_default_context(cafile=self._stage.sandbox / "ca.pem")
        with httpx.Client(proxy=lab.web_proxy, verify=trust, timeout=20) as client:
            for _, site in self._sites:
                try:
                    answer = client.get(f"https://{site.domain}/")
                except httpx.TransportError as error:
                    yield f"{site.domain} is not served: {error}"
                    continue
                if answer.status_code != 200 or site.title not in answer.text:
                    yield f"{site.domain} does not serve its page"

    def end_faults(self, told: set[tuple[str, str]]) -> Iterable[str]:
        if self._left not in told:
            yield "drift no longer tells the stranger's site"

    def restore(self) -> None:
        self._stage.title("What was saved is brought back, and compared")
        self._stage.run("backups", "drill")
        self._stage.run("backups", expect=(0, 2))


def _identity(one: tuple[str, Website]) -> str:
    """What a site is called on its host."""
    return f"{one[0]}-{one[1].name}"
