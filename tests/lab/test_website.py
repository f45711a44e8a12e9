"""A static website on a real host: served, broken by hand, seen and repaired."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from lab import Lab
from made import Made
from msgspec import structs

from provisioner.errors import TransientProviderError
from provisioner.kinds.host.merge import merge
from provisioner.kinds.host.websites import website_part
from provisioner.model.hosts import Accessibility, Website
from provisioner.providers.ansible.hosts import Authority
from provisioner.providers.web import Page, Web

NAME = "site1"
SITE = Website(
    "main",
    "static",
    NAME,
    "www.rameh.example",
    "ar",
    "الرامة",
    Accessibility("سمير", "04-999-0001", "access@rameh.example"),
    aliases=("rameh-web.example",),
)
ROOT = "/srv/www/rameh-main"
VHOST = "/etc/nginx/sites-enabled/rameh-main.conf"
CERTIFICATE = "/etc/nginx/tls/www.rameh.example.crt"


@pytest.fixture(scope="module")
def made(lab: Lab, authority: Authority) -> Iterator[Made]:
    """A host that serves the site."""
    host = lab.host(NAME)
    one = Made(lab, host, website_part(SITE, "rameh-main"), authority)
    lab.point({name: NAME for name in (SITE.domain, *SITE.aliases, "other.example")})
    assert one.apply(one.state) is None
    yield one
    lab.drop(host)


def _fetch(made: Made, url: str) -> Page:
    assert made.authority is not None
    web = Web(made.lab.state.web_proxy, made.authority.certificate)
    return asyncio.run(web.fetch(url))


def test_the_site_is_served_by_name_with_its_certificate(made: Made) -> None:
    home = _fetch(made, "https://www.rameh.example/")
    assert home.status == 200
    assert '<html lang="ar" dir="rtl">' in home.body
    assert home.days is not None
    assert home.days > 80
    assert "default-src 'self'" in home.headers["content-security-policy"]
    statement = _fetch(made, "https://www.rameh.example/accessibility")
    assert "access@rameh.example" in statement.body
    assert _fetch(made, "https://www.rameh.example/nothing").status == 404


def test_every_other_way_in_leads_to_the_one_name_or_nowhere(made: Made) -> None:
    for url in ("http://www.rameh.example/", "https://rameh-web.example/"):
        page = _fetch(made, url)
        assert page.status == 301
        assert page.headers["location"] == "https://www.rameh.example/"
    for url in ("http://other.example/", "https://other.example/"):
        with pytest.raises(TransientProviderError):
            _fetch(made, url)


def test_a_site_that_nginx_refuses_is_not_put_in_place_and_others_are(
    made: Made,
) -> None:
    """What the inventory says makes a vhost that cannot be; the former one stays."""
    before = made.lab.run(made.host, f"cat {VHOST}").stdout
    other = structs.replace(SITE, name="other", domain="other.example", aliases=())
    part = website_part(other, "rameh-other")
    state = merge([("rameh/website/other", part)])
    bad = next(one for one in made.state["files"] if one["path"] == VHOST)
    state["files"].insert(0, {**bad, "content": f"{bad['content']}\nlisten many;\n"})
    failed = made.apply(state)
    assert VHOST in str(failed)
    assert "validate" in str(failed)
    assert made.lab.run(made.host, f"cat {VHOST}").stdout == before
    assert _fetch(made, "https://www.rameh.example/").status == 200
    assert _fetch(made, "https://other.example/").status == 200
    assert made.differs() == {}
    gone = [{"path": one.path} for one in part.files if "rameh-other" in one.path]
    assert made.apply({"gone": gone}) is None


def test_without_an_authority_a_certificate_is_left_to_a_person(made: Made) -> None:
    made.as_root(f"mv {CERTIFICATE} {CERTIFICATE}.kept")
    alone = Made(made.lab, made.host, made.part)
    failed = alone.repair()
    assert "No authority signs certificates here" in str(failed)
    made.as_root(f"mv {CERTIFICATE}.kept {CERTIFICATE}")
    assert made.differs() == {}


def test_a_host_that_lost_the_web_server_serves_again_after_one_apply(
    made: Made,
) -> None:
    """As a new host does, it gets the package first, and the package's own site with it."""
    made.as_root("apt-get -qq -y purge 'nginx*' >/dev/null 2>&1", "rm -rf /etc/nginx")
    assert made.differs()["package nginx"].after == "installed"
    assert made.repair() is None
    assert made.differs() == {}
    assert _fetch(made, "https://www.rameh.example/").status == 200
