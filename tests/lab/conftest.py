"""What tests on lab hosts share beside the lab itself."""

from __future__ import annotations

import subprocess

import pytest

from provisioner.providers.ansible.hosts import Authority


@pytest.fixture(scope="session")
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
