"""Clients that others wrote, each installed by hand into one folder of its own.

`PROVISIONER_CONFORMANCE` names a folder with any of these; what is not there is skipped:

    python3 -m venv $PROVISIONER_CONFORMANCE/azure-cli
    $PROVISIONER_CONFORMANCE/azure-cli/bin/pip install azure-cli
    npm install --prefix $PROVISIONER_CONFORMANCE/javascript @microsoft/microsoft-graph-client
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from provisioner.sandbox import process
from provisioner.sandbox.state import SandboxState
from provisioner.sandbox.tenant.seed import Conduct, SkuSeed, TenantSeed

VARIABLE = "PROVISIONER_CONFORMANCE"
SEED = TenantSeed(
    name="galil",
    tenant_id="11111111-2222-4333-8444-555555555555",
    client_id="99999999-8888-4777-8666-555555555555",
    client_secret="conformance-secret-of-the-tests",
    initial_domain="galil.onmicrosoft.example",
    display_name="Galil",
    skus=(SkuSeed("EXCHANGESTANDARD", 5),),
    administrators=("admin",),
)
Azure = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.conformance)
            item.add_marker(pytest.mark.timeout(600))


def installed(what: str, how: str) -> Path:
    """The folder or program of a client; skips, and says how to install it."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"set {VARIABLE} to a folder and there: {how}")
    found = Path(folder) / what
    if not found.exists():
        pytest.skip(f"{found} is missing; install it: {how}")
    return found


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxState]:
    """A sandbox whose every answer is held against the vendor's schema."""
    folder = tmp_path_factory.mktemp("conformance") / "sandbox"
    conduct = Conduct(mailbox_delay=0.0, validate=True)
    state = process.up_seeds(folder, [SEED], conduct=conduct)
    people = [
        {
            "userPrincipalName": f"p{number}@{SEED.initial_domain}",
            "displayName": f"Person {number} כהן",
            "department": "Water" if number % 10 == 0 else "Roads",
        }
        for number in range(230)
    ]
    ordered(state, "POST", "users", people)
    yield state
    violations = ordered(state, "GET", "violations")
    process.down(folder)
    assert violations == []


def ordered(state: SandboxState, method: str, path: str, body: Any = None) -> Any:
    """Ask the sandbox's admin endpoint."""
    answer = httpx.request(
        method,
        f"{state.admin_url}/{path}",
        headers={"X-Sandbox-Key": state.admin_key},
        json=body,
        trust_env=False,
        timeout=60,
    )
    return answer.raise_for_status().json()


@pytest.fixture(scope="module")
def order(cloud: SandboxState) -> Callable[..., Any]:
    """`order(method, path, body)` at the admin endpoint."""
    return lambda *what: ordered(cloud, *what)


@pytest.fixture(scope="module")
def domain() -> str:
    return SEED.initial_domain


@pytest.fixture(scope="module")
def az_program() -> Path:
    return installed(
        "azure-cli/bin/az",
        "python3 -m venv azure-cli && azure-cli/bin/pip install azure-cli",
    )


@pytest.fixture(scope="module")
def az(
    az_program: Path, cloud: SandboxState, tmp_path_factory: pytest.TempPathFactory
) -> Azure:
    """azure-cli with the sandbox as its cloud, signed in by the client's secret.

    `az("ad", "user", "list")` gives the parsed answer; `fails=True` what it complains of.
    """
    environment = {
        **os.environ,
        "AZURE_CONFIG_DIR": str(tmp_path_factory.mktemp("azure")),
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_NO_COLOR": "true",
        "REQUESTS_CA_BUNDLE": cloud.ca_file,
        "NO_PROXY": "*",
        "PYTHONPATH": "",
    }

    def run(*words: str, fails: bool = False) -> Any:
        ended = subprocess.run(
            [az_program, *words, "--output", "json"],
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert bool(ended.returncode) == fails, (words, ended.stdout, ended.stderr)
        if fails:
            return ended.stderr
        return json.loads(ended.stdout) if ended.stdout.strip() else None

    root = cloud.authority
    run(
        *("cloud", "register", "--name", "Sandbox"),
        *("--endpoint-active-directory", root),
        *("--endpoint-active-directory-resource-id", f"{root}/"),
        *("--endpoint-active-directory-graph-resource-id", f"{root}/"),
        *("--endpoint-microsoft-graph-resource-id", f"{root}/"),
        *("--endpoint-management", f"{root}/"),
        *("--endpoint-resource-manager", f"{root}/"),
    )
    run("cloud", "set", "--name", "Sandbox")
    run(
        *("login", "--service-principal", "--allow-no-subscriptions"),
        *("--username", cloud.client_id, "--password", cloud.client_secret),
        *("--tenant", cloud.tenant_id),
    )
    return run


@pytest.fixture(scope="module")
def library() -> Path:
    """The entry of the vendor's JavaScript client."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    return installed(
        "javascript/node_modules/@microsoft/microsoft-graph-client/lib/src/index.js",
        "npm install --prefix javascript @microsoft/microsoft-graph-client",
    )


@pytest.fixture(scope="module")
def javascript(library: Path, cloud: SandboxState) -> Callable[[str], Any]:
    """Run one story of `stories.mjs` in node with the vendor's client."""
    state = {
        "graph": cloud.graph_url_https.removesuffix("v1.0"),
        "authority": cloud.authority,
        "tenant": cloud.tenant_id,
        "client": cloud.client_id,
        "secret": cloud.client_secret,
        "domain": SEED.initial_domain,
        "module": str(library),
    }

    def tell(story: str) -> Any:
        ended = subprocess.run(
            ["node", Path(__file__).with_name("stories.mjs"), story],
            input=json.dumps(state),
            env={**os.environ, "NODE_EXTRA_CA_CERTS": cloud.ca_file},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return tell
