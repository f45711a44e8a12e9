"""A test run counts the answers that its sandboxes held against the vendor's schema."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from provisioner.sandbox import process, tally
from provisioner.sandbox.outsider import call, order, signed_in
from provisioner.sandbox.tenant.seed import Conduct, TenantSeed

pytest_plugins = ["pytester"]


def test_a_sandbox_that_was_not_told_to_checks_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: tuple[TenantSeed, ...]
) -> None:
    file = tmp_path / "tally"
    monkeypatch.setenv(tally.VARIABLE, str(file))
    folder = tmp_path / "sandbox"
    state = process.up_seeds(folder, seeds, conduct=Conduct(validate=False))
    with signed_in(state, state.tenants[0]) as client:
        for _ in range(3):
            call(client, "GET", "domains")
        bad = [{"userPrincipalName": "bad@galil.onmicrosoft.example", "jobTitle": 7}]
        order(state, "POST", f"users?tenant={state.tenant_id}", bad)
        assert client.get("users").status_code == httpx.codes.INTERNAL_SERVER_ERROR
    process.down(folder)
    found = tally.total(file)
    assert found.checked == 4
    (wrong,) = found.violations
    assert "jobTitle" in wrong
    # What the first run was told is not told again by the next.
    process.up_seeds(folder, seeds, conduct=Conduct(validate=False))
    process.down(folder)
    assert tally.total(file) == found


@pytest.mark.parametrize(
    ("violations", "code", "told"),
    [((), 0, "names and wrong types: 0"), (("GET /users: .x",), 1, "GET /users: .x")],
)
def test_the_sum_is_told_and_an_unknown_name_fails_the_run(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    violations: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    # What the run of the run is told must not be this run's.
    monkeypatch.setenv(tally.VARIABLE, "")
    support = Path(__file__).parents[1] / "support"
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parents[2]}:{support}")
    pytester.makeconftest('pytest_plugins = ["tally"]')
    pytester.makepyfile(
        f"""
        import pytest
        from provisioner.sandbox import tally

        @pytest.mark.parametrize("number", range(4))
        def test_one(number):
            tally.add(100, {violations!r} if number == 2 else ())
        """
    )
    ended = pytester.runpytest_subprocess("-n", "2")
    assert ended.ret == code
    output = ended.stdout.str()
    assert "held against the vendor's schema: 400;" in output
    assert told in output
