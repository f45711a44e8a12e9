"""A process that has loaded what commands load, and becomes one of them at each order.

usage: python warmed.py FD. On the socket FD come orders, one a message: JSON with `words`,
`cwd` and `environment`, and three descriptors for standard output, standard error and the
word on how it ended (the process's number, then its exit code, a line each). Every order
is carried out in a process of its own, forked from here: it is the program as it is, but
for the second of processor time that loading takes.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

# What is heavy to load, and looks at nothing of the environment meanwhile.
LOADED = """
alembic.command azure.identity.aio babel.dates babel.support cryptography.fernet
dns.asyncresolver httpx jinja2.sandbox
kiota_authentication_azure.azure_identity_access_token_provider
kiota_http.httpx_request_adapter msgraph.graph_request_adapter msgraph_core
provisioner.bootstrap provisioner.engine.reconcile provisioner.renderers
provisioner.service.worker pydantic_settings rich.progress rich.table
sqlalchemy.dialects.sqlite
"""


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the tests, not for us
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for one in LOADED.split():
        importlib.import_module(one)
    gc.freeze()
    orders = socket.socket(fileno=int(sys.argv[1]))
    while message := socket.recv_fds(orders, 1 << 20, 3):
        body, descriptors, _, _ = message
        if not body:
            return  # the other side is closed
        if os.fork() == 0:
            orders.close()
            become(json.loads(body), *descriptors)
            return
        for one in descriptors:
            os.close(one)


def become(order: dict[str, Any], out: int, err: int, word: int) -> None:
    """Carry an order out in a child, and tell of the child until it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child:
        os.write(word, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(word, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    for given, standard in ((out, 1), (err, 2)):
        os.dup2(given, standard)
        os.close(given)
    os.close(word)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["provisioner", *order["words"]]
    from provisioner.cli.main import main as program

    program()


if __name__ == "__main__":
    main()
