"""Certificates as in production: certbot asks an authority that looks for its answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab
from made import Made

from provisioner.errors import ProviderError
from provisioner.kinds.host.websites import website_part
from provisioner.model.hosts import Accessibility, Acme, Website

NAME = "acme1"
ALIAS = "jobs.rameh.example"
SITE = Website(
    "jobs",
    "static",
    NAME,
    "www.jobs.example",
    "ar",
    "وظائف",
    Accessibility("سمير", "04-999-0001", "access@rameh.example"),
    aliases=(ALIAS,),
)
CERTIFICATE = "/etc/nginx/tls/www.jobs.example.crt"
PROGRAM = Path(__file__).parents[1] / "support" / "acme_authority.py"
FOLDER = "/srv/authority"
KEY = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9"


@pytest.fixture(scope="module")
def made(lab: Lab) -> Iterator[Made]:
    """A host that has a site and no authority of its own."""
    acme = Acme("http://127.0.0.1:14000/directory", "it@galil.example")
    host = lab.host(NAME)
    yield Made(lab, host, website_part(SITE, "rameh-jobs", acme=acme))
    lab.drop(host)


def _of_certificate(made: Made, words: str) -> str:
    command = f"sudo openssl x509 -in {CERTIFICATE} -noout {words}"
    return made.lab.run(made.host, command).stdout


def test_without_an_answer_the_site_stands_and_its_certificate_is_told(
    made: Made,
) -> None:
    failed = made.apply(made.state)
    assert isinstance(failed, ProviderError)
    assert "could not be signed" in str(failed)
    (left,) = made.differs().values()
    assert left.field == f"certificate {CERTIFICATE}"


def test_the_authority_finds_its_answer_and_signs(made: Made) -> None:
    put = f"sudo install -D /dev/stdin {FOLDER}/authority.py"
    made.lab.run(made.host, put, given=PROGRAM.read_text(encoding="utf-8"))
    files = f"-keyout {FOLDER}/ca.key -out {FOLDER}/ca.pem"
    made.as_root(
        f"{KEY} -subj /CN=Outside {files} 2>/dev/null",
        f"systemd-run -q python3 {FOLDER}/authority.py {FOLDER} 14000",
        "timeout 10 sh -c 'until ss -tln | grep -q :14000; do sleep 0.1; done'",
    )
    assert made.repair() is None
    assert made.differs() == {}
    assert "CN=Outside" in _of_certificate(made, "-issuer").replace(" ", "")
    assert f"DNS:{ALIAS}" in _of_certificate(made, "-ext subjectAltName")


def test_what_certbot_renews_by_itself_is_served(made: Made) -> None:
    before = _of_certificate(made, "-serial")
    made.as_root("certbot -q renew --force-renewal --no-random-sleep-on-renew")
    after = _of_certificate(made, "-serial")
    assert after != before
    served = "openssl s_client -connect 127.0.0.1:443 -servername www.jobs.example"
    script = f"{served} </dev/null 2>/dev/null | openssl x509 -noout -serial"
    assert made.lab.run(made.host, script).stdout == after
    assert made.differs() == {}
