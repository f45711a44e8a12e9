"""The demo's chapter on hosts: a servant of the town tidies up on its servers."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

from provisioner import inventory
from provisioner.cli.demo_stage import Stage
from provisioner.sandbox.hosts import hosts_of

_UNIT = "fail2ban"
_OWNED = "owned"
_STRANGER = "stranger"
_SITES = "/etc/nginx/sites-enabled"


class HostsChapter:
    """A server, a website on another, and what is put beside it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        cluster = inventory.load(stage.inventory)
        self._slug, self._site = next(
            (one.slug, site)
            for one in cluster.municipalities
            for site in one.websites
            if site.type == "static"
        )
        self._server = next(
            server.host
            for one in cluster.municipalities
            for server in one.servers
            if server.host != self._site.host
        )
        self._stranger = f"{_SITES}/{_STRANGER}.conf"

    def damage(self) -> None:
        identity = f"{self._slug}-{self._site.name}"
        at = ("--host", self._site.host)
        vhost, page = f"{_SITES}/{identity}.conf", f"/srv/www/{identity}/index.html"
        self._break("edit-file", *at, "--path", vhost, "--value", "autoindex on;")
        self._break("deface-page", *at, "--path", page, "--value", _OWNED)
        self._break("add-vhost", *at, "--value", _STRANGER)
        self._break("stop-service", "--host", self._server, "--value", _UNIT)

    def _break(self, *words: str) -> None:
        self._stage.run("sandbox", "break", *words)

    def drift_faults(self, told: set[tuple[str, str]]) -> Iterable[str]:
        expected = {
            (self._site.name, "drifted"),
            (self._server, "drifted"),
            self._left,
        }
        for one in sorted(expected - told):
            yield f"drift did not tell {one}"

    @property
    def _left(self) -> tuple[str, str]:
        return f"{self._site.host} file {self._stranger}", "unmanaged"

    def repair_faults(self) -> Iterable[str]:
        """The site is fetched from outside, by name, with its certificate checked."""
        import httpx

        lab = hosts_of(self._stage.sandbox)
        if lab is None:
            yield "the hosts are gone"
            return
        trust = ssl.create_default_context(cafile=self._stage.sandbox / "ca.pem")
        try:
            with httpx.Client(proxy=lab.web_proxy, verify=trust, timeout=20) as client:
                answer = client.get(f"https://{self._site.domain}/")
        except httpx.TransportError as error:
            yield f"{self._site.domain} is not served: {error}"
            return
        if answer.status_code != 200 or self._site.title not in answer.text:
            yield f"{self._site.domain} does not serve its page"

    def end_faults(self, told: set[tuple[str, str]]) -> Iterable[str]:
        if self._left not in told:
            yield "drift no longer tells the stranger's site"
