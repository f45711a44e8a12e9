"""A server with WordPress on Debian 12: older systemd, PHP and Python, the same end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, images
from made import Checked, Made

from provisioner.kinds.host.servers import server_part
from provisioner.kinds.host.websites import website_part
from provisioner.model.hosts import Accessibility, Admin, Host, Server, Website
from provisioner.providers.ansible.hosts import Authority
from provisioner.providers.web import Web
from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.image import image_of
from provisioner.sandbox.sample.machines import public_key

pytestmark = pytest.mark.skipif(
    not os.environ.get("LAB_DEBIAN_12"), reason="builds a second image: LAB_DEBIAN_12=1"
)
NAME = "old1"
SITE = Website(
    "main",
    "wordpress",
    NAME,
    "www.rameh.example",
    "ar",
    "الرامة",
    Accessibility("سمير", "04-999-0001", "access@rameh.example"),
)
SERVER = Server(
    NAME, f"{NAME}.galil.example", admins=(Admin("dana", (public_key("d"),)),)
)
STATE = ("enabled", "running")


@pytest.fixture(scope="module")
def made(
    lab_image: Path, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("old")
    part = server_part(SERVER, Host(NAME, "galil", "10.0.0.1", (), debian=12), web=True)
    site = website_part(SITE, "rameh-main", 12, "it@rameh.example")
    try:
        lab = Lab(folder / "lab", image_of(images(), "bookworm"))
        yield Made(lab, lab.host(NAME), part, authority, (site,))
    finally:
        process.down(folder / "lab", purge=True)


def test_one_apply_makes_all_of_it_and_the_site_is_served(made: Made) -> None:
    state = made.state
    state["sites"][0]["password"] = "made up"  # pragma: allowlist secret
    assert made.apply(state) is None
    assert made.differs() == {}
    assert made.check_mode() == Checked(set(), set())
    made.lab.point({SITE.domain: NAME})
    assert made.authority is not None
    web = Web(made.lab.state.web_proxy, made.authority.certificate)
    home = asyncio.run(web.fetch(f"https://{SITE.domain}/"))
    assert (home.status, SITE.title in home.body) == (200, True)


def test_units_that_somebody_stopped_and_masked_run_again(made: Made) -> None:
    made.as_root(
        "systemctl disable -q --now fail2ban",
        "systemctl mask -q --now nginx",
        "echo '# mine' >>/etc/timezone",
    )
    assert set(made.differs()) == {
        "file /etc/timezone content",
        *(f"service {unit} {word}" for unit in ("fail2ban", "nginx") for word in STATE),
    }
    assert made.repair() is None
    assert made.differs() == {}
