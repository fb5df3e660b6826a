"""Serves one data directory: queue, API and pages on top of the opened parts, and the loop that runs them."""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from socket import socket
from typing import Any, Final

import uvicorn
from msgspec import Struct
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Lifespan

from outlay import __version__
from outlay.access.accounts import Accounts
from outlay.access.keys import KeyRing
from outlay.access.passwords import Passwords
from outlay.access.sessions import Sessions
from outlay.access.upstreams import OpenUpstreams
from outlay.app import Outlay
from outlay.config import Settings
from outlay.control.upstream_reach import reachable
from outlay.errors import LedgerFailed, Unavailable
from outlay.gateway.assembly import Around, build_gateway
from outlay.gateway.handler import Gateway, GatewayFirst
from outlay.intake.handover import HANDOVER_PATH, ServingRecord, new_token, remove_record, write_record
from outlay.intake.queue import IntakeQueue, QueueLimits
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.query.questions import Questions
from outlay.usage import PricedEvent
from outlay.web.api.body import MIB
from outlay.web.api.endpoint import Endpoint
from outlay.web.api.event_list import EventListApi
from outlay.web.api.events import EventsApi, IntakeFront
from outlay.web.api.handover import Handover
from outlay.web.api.health import HealthApi
from outlay.web.api.otlp import OtlpApi
from outlay.web.api.repricing import RepricingHandover
from outlay.web.api.usage import UsageApi
from outlay.web.bounded_protocol import BoundedProtocol
from outlay.web.browsers import Browsers, Cookies
from outlay.web.export import Exporter
from outlay.web.forms import Forms
from outlay.web.frame import Frame
from outlay.web.gate import Gate
from outlay.web.live.streams import LiveLimits, LiveStreams
from outlay.web.metrics import Metrics
from outlay.web.pages.agents.export import AgentExport, AgentsExport
from outlay.web.pages.agents.one_page import AgentPage
from outlay.web.pages.agents.page import AgentsPage
from outlay.web.pages.agents.session_export import SessionExport
from outlay.web.pages.agents.session_page import SessionPage
from outlay.web.pages.annotations.page import AnnotationsPage
from outlay.web.pages.board import BoardRoute
from outlay.web.pages.calls.export import CallsExport
from outlay.web.pages.calls.page import CallsPage
from outlay.web.pages.consumption.export import ConsumptionExport
from outlay.web.pages.consumption.page import ConsumptionPage
from outlay.web.pages.explorer.page import ExplorerPage
from outlay.web.pages.exports.focus import ENDINGS, FocusExport
from outlay.web.pages.exports.page import FOCUS, ExportsPage
from outlay.web.pages.filter.page import FilterPage
from outlay.web.pages.gateway.page import GatewayPage
from outlay.web.pages.home import HomePage
from outlay.web.pages.imports.page import ImportsPage, Means
from outlay.web.pages.imports.work import Work
from outlay.web.pages.keys.page import KeysPage
from outlay.web.pages.password import PasswordPage
from outlay.web.pages.prices.changing import ChangingPrices
from outlay.web.pages.prices.page import PricesPage
from outlay.web.pages.sign_in import SignInPage
from outlay.web.pages.theme import ThemePage
from outlay.web.pages.usage.export import UsageExport
from outlay.web.pages.usage.page import UsagePage
from outlay.web.pages.views.page import ViewsPage
from outlay.web.pages.welcome.page import Setting, WelcomePage
from outlay.web.refusals import Refusals
from outlay.web.render import Renderer
from outlay.web.site import build_site
from outlay.web.turns import Turns
from outlay.web.view.board import BoardPage
from outlay.web.view.marks import Marks

QUEUED_BODIES: Final = 4  # bodies of the largest size that may wait at the same time
LAST_USED_EVERY_SECONDS: Final = 60
CHECKPOINT_AFTER_EVENTS: Final = 50_000
SWITCH_SECONDS: Final = 0.0005

_log = logging.getLogger(__name__)


class Serving(Struct, frozen=True):
    """A site that is ready to run, what must be stopped after it, and the secret that opens it to our own commands."""

    site: ASGIApp
    queue: IntakeQueue
    token: str
    live: LiveStreams
    repricings: RepricingJobs


def assemble(outlay: Outlay) -> Serving:
    """Build queue, API and pages over the opened parts."""
    settings = outlay.settings
    keys = KeyRing(outlay.control)
    sessions = Sessions(outlay.control, timedelta(hours=settings.session_hours))
    gate = Gate(outlay.control, keys, sessions, outlay.clock)
    idle = IdleWork(outlay.ledger.fold_runs, outlay.ledger.checkpoint)
    queue = IntakeQueue(outlay.intake, _queue_limits(settings), idle.when_idle)
    repricings = RepricingJobs(outlay.repricing_means(), outlay.intake, queue)
    metrics = Metrics(lambda: queue.waiting_events)
    outlay.intake.listen(metrics.usage.add)
    outlay.intake.listen(idle.stored)
    questions = Questions(outlay.ledger, outlay.control, outlay.clock)
    refusals = Refusals(outlay.clock)
    front = IntakeFront(outlay.intake, queue, metrics.intake, refusals)
    token = new_token()
    frame = Frame(Renderer(settings.root_path), outlay.control, gate)
    marks = Marks(outlay.control, outlay.names, outlay.books, frame.renderer)
    explorer = ExplorerPage(frame.renderer, outlay.names, marks)
    boards: list[BoardPage] = [
        ConsumptionPage(frame.renderer, outlay.names, marks),
        UsagePage(frame.renderer, outlay.names, marks),
        explorer,
        CallsPage(frame.renderer, outlay.names),
        AgentsPage(frame.renderer, outlay.names, marks),
        AgentPage(frame.renderer, outlay.names, marks),
        SessionPage(frame.renderer, outlay.names),
    ]
    live = LiveStreams(gate, questions, _live_limits(settings), metrics.live)
    outlay.intake.listen(live.stored)
    exporter = Exporter(gate, questions)
    forms = Forms(gate, settings.public_url)
    imports = ImportsPage(
        frame, forms, Means(questions, front, outlay.clock, settings.data_dir, settings.max_upload_mb)
    )
    pages = [
        *(route for page in boards for route in BoardRoute(frame, questions, page).routes()),
        *live.routes(boards),
        *exporter.routes(ConsumptionExport(outlay.names)),
        *exporter.routes(UsageExport(outlay.names)),
        *exporter.routes(explorer),
        *exporter.routes(CallsExport()),
        *exporter.routes(AgentsExport(outlay.names)),
        *exporter.routes(AgentExport(outlay.names)),
        *exporter.routes(SessionExport()),
        *_price_pages(frame, questions, forms, repricings),
        *ExportsPage(frame, questions, outlay.names).routes(),
        *exporter.routes(FocusExport(outlay.control, outlay.names), FOCUS, ENDINGS),
        *FilterPage(frame, questions, outlay.names).routes(),
        *_account_pages(outlay, frame, gate, sessions, questions),
        *WelcomePage(frame, forms, questions, refusals, Setting(outlay.clock, settings.data_dir)).routes(),
        *imports.routes(),
        *Handover(front, outlay.organisation, token).routes(),
        *RepricingHandover(repricings, outlay.organisation, token).routes(),
    ]
    gateway = _gateway(outlay, keys, queue, metrics)
    running = _running(queue, keys, gateway, imports.work, repricings)
    endpoints = _endpoints(outlay, gate, front, questions, metrics, gateway)
    site = build_site(endpoints, pages, frame, running)
    return Serving(GatewayFirst(gateway, site, settings.root_path), queue, token, live, repricings)


def _endpoints(
    outlay: Outlay, gate: Gate, front: IntakeFront, questions: Questions, metrics: Metrics, gateway: Gateway
) -> list[Endpoint]:
    """Return the API: how events come in, and how questions are asked."""
    settings = outlay.settings
    return [
        *EventsApi(gate, front, outlay.clock, (settings.max_body_mb, settings.max_batch_events)).endpoints(),
        *OtlpApi(
            gate, front, outlay.clock, (settings.otlp_body_mb, settings.max_batch_events), gateway.caught_up
        ).endpoints(),
        *UsageApi(gate, questions).endpoints(),
        *EventListApi(gate, questions).endpoints(),
        *HealthApi(gate, metrics, lambda: front.queue.works).endpoints(),
    ]


def _live_limits(settings: Settings) -> LiveLimits:
    return LiveLimits(settings.live_streams, settings.live_streams_per_member)


def _gateway(outlay: Outlay, keys: KeyRing, queue: IntakeQueue, metrics: Metrics) -> Gateway:
    """Return the gateway over the upstreams that are kept."""
    upstreams = OpenUpstreams(outlay.upstreams, outlay.clock)
    around = Around(
        keys, upstreams, reachable, outlay.intake, queue, metrics.intake.add, outlay.clock, outlay.organisation
    )
    gateway, counters = build_gateway(outlay.settings, around)
    metrics.also(counters)
    return gateway


def _queue_limits(settings: Settings) -> QueueLimits:
    largest_body = max(settings.max_body_mb, settings.otlp_body_mb) * MIB
    return QueueLimits(settings.queue_events, largest_body * QUEUED_BODIES, settings.commit_events)


def _price_pages(frame: Frame, questions: Questions, forms: Forms, repricings: RepricingJobs) -> list[Route]:
    return [*PricesPage(frame, questions, repricings).routes(), *ChangingPrices(frame, forms, repricings).routes()]


def _account_pages(outlay: Outlay, frame: Frame, gate: Gate, sessions: Sessions, questions: Questions) -> list[Route]:
    """Return the pages of sign-in, one's own account, and API keys."""
    settings = outlay.settings
    forms = Forms(gate, settings.public_url)
    cookies = Cookies(settings.root_path, secure=settings.secure_cookies)
    browsers = Browsers(sessions, cookies, outlay.clock)
    accounts = Accounts(outlay.control, Passwords(), outlay.clock, outlay.organisation)
    turns = Turns()
    return [
        *HomePage(frame, questions).routes(),
        *SignInPage(frame, forms, browsers, accounts, turns).routes(),
        *PasswordPage(frame, forms, browsers, accounts, turns).routes(),
        *ThemePage(frame, forms, cookies).routes(),
        *GatewayPage(frame, forms, outlay.upstreams, private=settings.private_upstreams).routes(),
        *KeysPage(frame, forms, outlay.control, outlay.names, outlay.clock).routes(),
        *ViewsPage(frame, forms, outlay.clock).routes(),
        *AnnotationsPage(frame, forms, outlay.clock).routes(),
    ]


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


class IdleWork:
    """What the ledger does when nothing comes: it folds runs, a piece at a time; then, when much has come, its log is
    written into its file, so that a start stays quick.
    """

    def __init__(self, fold_runs: Callable[[], bool], checkpoint: Callable[[], None]) -> None:
        self._fold_runs = fold_runs
        self._checkpoint = checkpoint
        self._events = 0

    def stored(self, events: Sequence[PricedEvent]) -> None:
        self._events += len(events)

    def when_idle(self) -> bool:
        """Do the next piece; return whether there is another."""
        try:
            if self._fold_runs():
                return True
        except LedgerFailed:
            _log.exception("can't fold the runs; trying again later")
        if self._events >= CHECKPOINT_AFTER_EVENTS:
            self._events = 0
            self._checkpoint()
        return False


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


def _running(
    queue: IntakeQueue, keys: KeyRing, gateway: Gateway, imports: Work, repricings: RepricingJobs
) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        queue.start()
        gateway.start()
        repricings.start(asyncio.get_running_loop())
        writing = asyncio.create_task(_write_last_used(keys))
        try:
            yield
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            await gateway.close()
            await imports.close()
            await asyncio.to_thread(repricings.close)
            await asyncio.to_thread(queue.close)
            await asyncio.to_thread(keys.write_last_used)

    return lifespan


async def _write_last_used(keys: KeyRing) -> None:
    while True:
        await asyncio.sleep(LAST_USED_EVERY_SECONDS)
        await asyncio.to_thread(keys.write_last_used)
