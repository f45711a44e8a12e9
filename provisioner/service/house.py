"""What `serve` keeps going in one process: leader, worker, notifier, steward, endpoints."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import uvicorn

from provisioner.service.endpoints import App, Endpoints
from provisioner.service.leader import Leader
from provisioner.service.notify import Notifier
from provisioner.service.request_progress import Steward
from provisioner.service.worker import Worker

_log = logging.getLogger(__name__)
_GOODBYE = 3  # seconds for answers in hand, such as a page that follows a log
_STOPPING = 30.0  # seconds for runs in hand; more than the engine gives them


class House:
    """Threads that live together: when one dies, `/healthz` says so."""

    def __init__(
        self,
        leader: Leader,
        worker: Worker,
        notifier: Notifier,
        steward: Steward,
        *,
        ready: Callable[[], None],
        metrics: Callable[[], bytes],
        host: str,
        port: int,
        pages: App | None = None,
    ) -> None:
        self._leader = leader
        self._worker = worker
        self._notifier = notifier
        self._steward = steward
        app = Endpoints(self._dead, ready, metrics, pages)
        self._http = uvicorn.Server(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GOODBYE,
            )
        )
        self._threads = [
            threading.Thread(target=leader.serve, name="leader", daemon=True),
            threading.Thread(target=worker.serve, name="worker", daemon=True),
            threading.Thread(target=notifier.serve, name="notifier", daemon=True),
            threading.Thread(target=steward.serve, name="steward", daemon=True),
            threading.Thread(target=self._http.run, name="http", daemon=True),
        ]
        self._ending = threading.Event()

    def stop(self) -> None:
        """End soon and in order; from any thread or a signal."""
        self._ending.set()

    def serve(self) -> None:
        """Keep everything going until `stop`, or until one of the threads has died."""
        for thread in self._threads:
            thread.start()
        try:
            self._watch()
        except KeyboardInterrupt:
            _log.info("interrupted")
        _log.info("stopping")
        self._leader.stop()
        self._worker.stop()
        self._notifier.stop()
        self._steward.stop()
        *workers, http = self._threads
        for thread in workers:
            thread.join(_STOPPING)
        self._http.should_exit = True
        http.join(_STOPPING)

    def _watch(self) -> None:
        while not self._ending.wait(0.2):
            if dead := self._dead():
                _log.error("%s has died, so all ends; start me again", dead)
                return

    def _dead(self) -> str:
        return ", ".join(
            thread.name
            for thread in self._threads
            if thread.ident is not None and not thread.is_alive()
        )
