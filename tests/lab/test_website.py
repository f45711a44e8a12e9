"""A static website on a real host: served, broken by hand, seen and repaired."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab
from made import Made

from provisioner.errors import TransientProviderError
from provisioner.kinds.host.websites import website_part
from provisioner.model.hosts import Accessibility, Website
from provisioner.providers.ansible.hosts import Authority, HostSeen
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

FAULTS: dict[str, tuple[str, set[str]]] = {
    "a page defaced": (
        f"echo owned >{ROOT}/index.html",
        {f"file {ROOT}/index.html content"},
    ),
    "a vhost that nginx refuses": (
        f"echo 'listen many;' >>{VHOST}",
        {f"file {VHOST} content", "service nginx current"},
    ),
    "nginx stopped, and it cannot start": (
        "systemctl stop nginx",
        {"service nginx running"},
    ),
    "the certificate gone": (
        f"rm {CERTIFICATE}",
        {f"certificate {CERTIFICATE}"},
    ),
    "the package's own site back": (
        "ln -s ../sites-available/default /etc/nginx/sites-enabled/default",
        {"absent /etc/nginx/sites-enabled/default"},
    ),
    "pages open to all": (f"chmod 0777 {ROOT}", {f"directory {ROOT} mode"}),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A private CA of the tests."""
    home = tmp_path_factory.mktemp("ca")
    made = Authority(str(home / "ca.pem"), str(home / "ca.key"))
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subprocess.run(
        f"openssl {words} -subj /CN=Tests -keyout {made.key} -out {made.certificate}".split(),
        check=True,
        capture_output=True,
    )
    return made


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


def test_after_an_apply_neither_the_module_nor_check_mode_says_anything(
    made: Made,
) -> None:
    assert made.differs() == {}
    assert made.check_mode() == set()


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


def test_every_fault_made_by_hand_is_found_named_and_repaired(made: Made) -> None:
    made.as_root(*(script for script, _ in FAULTS.values()))
    expected = {field for _, some in FAULTS.values() for field in some}
    # A unit that does not run has nothing old in it.
    assert set(made.differs()) == expected - {"service nginx current"}
    assert made.repair() is None
    assert made.differs() == {}
    assert _fetch(made, "https://www.rameh.example/").status == 200


def test_a_site_that_nobody_declared_is_told(made: Made) -> None:
    path = Path(VHOST).with_name("stranger.conf")
    made.as_root(f"echo '# x' >{path}")
    seen = made.seen()
    assert isinstance(seen, HostSeen)
    assert seen.undeclared[f"file {path}"] == "a file that nobody declared"
    made.as_root(f"rm {path}")


def test_without_an_authority_a_certificate_is_left_to_a_person(made: Made) -> None:
    made.as_root(f"mv {CERTIFICATE} {CERTIFICATE}.kept")
    alone = Made(made.lab, made.host, made.part)
    failed = alone.repair()
    assert "No authority signs certificates here" in str(failed)
    made.as_root(f"mv {CERTIFICATE}.kept {CERTIFICATE}")
    assert made.differs() == {}
