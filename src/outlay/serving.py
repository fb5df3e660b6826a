"""Runs the site of one data directory until told to stop. What the site is made of is `wiring/`'s business."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from outlay import __version__
from outlay.app import Outlay
from outlay.config import Settings
from outlay.errors import Unavailable
from outlay.intake.handover import HANDOVER_PATH, ServingRecord, remove_record, write_record
from outlay.web.bounded_protocol import BoundedProtocol
from outlay.wiring.site import assemble

SWITCH_SECONDS: Final = 0.0005


def serve(outlay: Outlay, when_ready: Callable[[], None]) -> None:
    """Serve until told to stop; call `when_ready` once requests are answered. Commits what waits before it returns.

    Raises Unavailable when it can't start, which uvicorn's log has said more about.
    """
    serving = assemble(outlay)
    data_dir, host, port = outlay.settings.data_dir, outlay.settings.host, outlay.settings.port

    def ready(address: tuple[str, int]) -> None:
        write_record(data_dir, _record(outlay, address, serving.token))
        when_ready()

    server = _Server(server_config(serving.site, outlay.settings), ready, serving.live.close)
    # What exists now stays until the end; leaving it out makes every later collection short.
    gc.freeze()
    # The committing thread needs Python's lock for moments between the engine's work, many times a commit; with the
    # usual 5 ms it would wait longer for the thread that reads and prices than it works.
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        server.run()
    except SystemExit:
        raise Unavailable(f"can't serve on {host}:{port}, see above; another port: --port or OUTLAY_PORT") from None
    finally:
        remove_record(data_dir)
        serving.repricings.close()
        serving.queue.close()  # a second Ctrl-C skips the site's own end
        gc.unfreeze()


def server_config(site: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return how the site is served: forwarded addresses count when a trusted proxy says them, from nobody else."""
    return uvicorn.Config(
        site,
        http=BoundedProtocol,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=75,
    )


def _record(outlay: Outlay, address: tuple[str, int], token: str) -> ServingRecord:
    path = f"{outlay.settings.root_path}{HANDOVER_PATH}"
    return ServingRecord(*address, path, os.getpid(), token, __version__, outlay.books.version)


class _Server(uvicorn.Server):
    """uvicorn's, which tells once it listens, and where; and which leaves the end of the process to its caller.

    `when_stopping` ends what would never end by itself, before uvicorn waits for all answers.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        when_ready: Callable[[tuple[str, int]], None],
        when_stopping: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._when_ready = when_ready
        self._when_stopping = when_stopping

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_ready(_reached_at(self.servers[0].sockets[0].getsockname()))

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._when_stopping()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            # uvicorn would now raise the signal again, and the process end before the ledger is closed.
            self._captured_signals.clear()


def _reached_at(bound: tuple[Any, ...]) -> tuple[str, int]:
    """Return where this machine reaches what listens there: who listens everywhere is reached on the loopback."""
    host, port, *_ = bound
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not bound
