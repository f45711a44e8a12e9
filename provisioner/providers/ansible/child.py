"""One run of ansible-runner in a process of its own, started as a script.

Told in one line of JSON on standard input; tells events on standard output, a line of
JSON each. It ends with its whole family, here and on the hosts, when its input ends: when
whoever started it has enough, or was killed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import ansible_runner  # type: ignore[import-untyped]
import psutil

_TOLD = (
    *("changed", "msg", "skipped", "reason"),
    *("facts", "texts", "undeclared"),
    *("made", "refused"),
)
_EVENTS = (
    "playbook_on_task_start",
    "runner_on_ok",
    "runner_on_failed",
    "runner_on_unreachable",
    "runner_item_on_ok",
    "runner_item_on_failed",
    "playbook_on_stats",
)
_PATIENCE = 3.0
_PATIENCE_THERE = 8.0
# Modules, and what they started, bear the run's name in their environment. They may
# clean up for two seconds.
_END_THERE = """
ours() { grep -lzxF "PROVISIONER_RUN=$1" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3; }
kill -TERM $(ours "$1") 2>/dev/null
for wait in 1 2 3 4 5 6 7 8 9 10; do
    [ -n "$(ours "$1")" ] || exit 0
    sleep 0.2
done
kill -KILL $(ours "$1") 2>/dev/null
"""


def main() -> int:
    order = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What else prints must not come between the events.
    os.dup2(2, 1)
    enough = threading.Event()
    threading.Thread(target=_listen, args=(enough,), daemon=True).start()
    deadline = time.monotonic() + order["timeout"]
    try:
        ended = ansible_runner.run(
            private_data_dir=order["directory"],
            project_dir=order["project"],
            playbook=order["playbook"],
            inventory=f"{order['directory']}/inventory/hosts.json",
            cmdline=order["options"] or None,
            event_handler=lambda event: _tell(out, event),
            cancel_callback=lambda: enough.is_set() or time.monotonic() > deadline,
            settings={"pexpect_timeout": 1, "suppress_ansible_output": True},
            suppress_env_files=True,
            quiet=True,
        )
        late = time.monotonic() > deadline
        if late or enough.is_set():
            end_there(order["ways"], os.environ["PROVISIONER_RUN"])
        _write(out, {"event": "ended", "status": "timeout" if late else ended.status})
    finally:
        end_family(os.environ["PROVISIONER_RUN"])
        shutil.rmtree(order["directory"], ignore_errors=True)
    return 0


def _listen(enough: threading.Event) -> None:
    sys.stdin.read()
    enough.set()


def _tell(out: Any, event: dict[str, Any]) -> bool:
    if event.get("event") in _EVENTS:
        given = event.get("event_data", {})
        res = given.get("res") or {}
        told = {key: res[key] for key in _TOLD if key in res}
        item = res.get("_ansible_item_label", res.get("item"))
        if item is not None:
            told["item"] = item if isinstance(item, str) else str(item)
        if event["event"] == "playbook_on_stats":
            told = {
                key: given.get(key, {})
                for key in ("ok", "dark", "failures", "changed", "rescued", "ignored")
            }
        _write(
            out,
            {
                "event": event["event"],
                "host": given.get("host", ""),
                "task": given.get("task", ""),
                "res": told,
            },
        )
    return False  # nothing is kept on disk


def _write(out: Any, value: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):
        out.write(json.dumps(value, default=str) + "\n")
        out.flush()


def end_there(ways: list[list[str]], run: str) -> None:
    """End what this run began on its hosts, each given by the words of ssh into it.

    A module outlives the connection that brought it. A host that does not answer in time
    is left as it is: the next run looks what became of it.
    """
    begun = []
    for way in ways:
        process = subprocess.Popen(  # noqa: S603 - as Ansible itself goes in
            [*way, f"sudo -n sh -s {run}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin  # noqa: S101 - for mypy
        with suppress(OSError):
            process.stdin.write(_END_THERE.encode())
            process.stdin.close()
        begun.append(process)
    ends = time.monotonic() + _PATIENCE_THERE
    for process in begun:
        try:
            process.wait(max(0.0, ends - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_family(run: str) -> None:
    """Kill every process that bears this run's name in its environment, ourselves not.

    Workers of Ansible and masters of SSH leave their session: a tree would miss them.
    """
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with suppress(psutil.Error):
            if process.environ().get("PROVISIONER_RUN") == run:
                process.kill()
                found.append(process)
    psutil.wait_procs(found, timeout=_PATIENCE)


if __name__ == "__main__":
    sys.exit(main())
