"""The demo, run once for everybody who looks at what it did and left."""

from __future__ import annotations

import fcntl
import pickle

import pytest
from demo_run import Demo, run_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demo:
    """One run for all workers of a session: the first one runs it, the others wait."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    result = shared / "demo.result"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            ran = run_demo(shared / "demo")
            result.write_bytes(pickle.dumps(ran))
        told: Demo = pickle.loads(result.read_bytes())  # noqa: S301 - our own
    return told
