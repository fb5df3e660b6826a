"""Assembles the whole site: what comes in, what is asked, what is shown, and what runs beside."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

from msgspec import Struct
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan

from outlay.access.key_ring import KeyRing
from outlay.access.sessions import Sessions
from outlay.access.standing import Standing
from outlay.access.upstreams import OpenUpstreams
from outlay.app import Outlay
from outlay.config import Settings
from outlay.control.upstream_reach import reachable
from outlay.gateway.assembly import Around, build_gateway
from outlay.gateway.handler import Gateway, GatewayFirst
from outlay.intake.handover import new_token
from outlay.intake.queue import IntakeQueue, QueueLimits
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.intake.upkeep import Upkeep, UpkeepThread
from outlay.query.questions import Questions
from outlay.web.api.administration import Administration
from outlay.web.api.audit import AuditApi
from outlay.web.api.body import MIB
from outlay.web.api.endpoint import Endpoint
from outlay.web.api.event_list import EventListApi
from outlay.web.api.events import EventsApi, IntakeFront
from outlay.web.api.handover import Handover
from outlay.web.api.health import HealthApi
from outlay.web.api.keys import KeysApi
from outlay.web.api.members import MembersApi
from outlay.web.api.operator import OperatorApi, OperatorMeans
from outlay.web.api.organisations import OrganisationApi
from outlay.web.api.otlp import OtlpApi
from outlay.web.api.rates import RatesApi
from outlay.web.api.repricing import RepricingHandover
from outlay.web.api.teams import TeamsApi
from outlay.web.api.usage import UsageApi
from outlay.web.browsers import Cookies
from outlay.web.doorstep import Doorstep, visitors_of
from outlay.web.forms import Forms
from outlay.web.frame import Frame
from outlay.web.gate import Gate
from outlay.web.live.streams import LiveStreams
from outlay.web.metrics import Metrics
from outlay.web.own_address import OwnAddress, hosts_of
from outlay.web.pages.imports.page import ImportsPage, Means
from outlay.web.pages.imports.work import Work
from outlay.web.pages.members.moves_page import MovesPage
from outlay.web.pages.members.moving import MovingCalls
from outlay.web.pages.prices.changing import ChangingPrices
from outlay.web.pages.prices.page import PricesPage
from outlay.web.pages.welcome.page import Setting, WelcomePage
from outlay.web.refusals import Refusals
from outlay.web.render import Renderer
from outlay.web.site import build_site, routes_of
from outlay.wiring.accounts import account_pages, settings_pages
from outlay.wiring.figures import figures
from outlay.wiring.idle import IdleWork
from outlay.wiring.parts import SiteParts
from outlay.wiring.sign_in import browsers_of, mail_of
from outlay.wiring.sign_on import sign_on_api, sign_on_means

QUEUED_BODIES: Final = 4  # bodies of the largest size that may wait at the same time
LAST_USED_EVERY_SECONDS: Final = 60


class Serving(Struct, frozen=True):
    """A site that is ready to run, what must be stopped after it, and the secret that opens it to our own commands."""

    site: ASGIApp
    routes: tuple[BaseRoute, ...]
    queue: IntakeQueue
    token: str
    live: LiveStreams
    repricings: RepricingJobs


def assemble(outlay: Outlay) -> Serving:
    """Build queue, API and pages over the opened parts."""
    settings = outlay.settings
    idle = IdleWork(outlay.ledger.fold_runs, outlay.ledger.checkpoint)
    queue = IntakeQueue(outlay.intake, _queue_limits(settings), idle)
    repricings = RepricingJobs(outlay.repricing_means(), outlay.intake, queue)
    upkeep = UpkeepThread(Upkeep(outlay.control, outlay.ledger, outlay.clock).work)
    parts = _parts(outlay, queue, upkeep)
    refusals = Refusals(outlay.clock)
    front = IntakeFront(outlay.intake, queue, parts.metrics.intake, refusals)
    shown = figures(parts)
    for listener in (parts.metrics.usage.add, idle.stored, shown.live.stored):
        outlay.intake.listen(listener)
    frame, forms, questions = parts.frame, parts.forms, parts.questions
    means = Means(questions, front, outlay.clock, settings.data_dir, settings.max_upload_mb)
    imports = ImportsPage(frame, forms, means)
    token = new_token()
    pages = [
        *shown.routes,
        *PricesPage(frame, questions, repricings).routes(),
        *ChangingPrices(frame, forms, repricings).routes(),
        *MovesPage(frame, forms, repricings).routes(),
        *MovingCalls(frame, forms, repricings).routes(),
        *account_pages(parts),
        *settings_pages(parts),
        *WelcomePage(frame, forms, questions, refusals, Setting(outlay.clock, settings.data_dir)).routes(),
        *imports.routes(),
        *Handover(front, outlay.organisation, token).routes(),
        *RepricingHandover(repricings, outlay.organisation, token).routes(),
    ]
    gateway = _gateway(parts, queue)
    running = _running(queue, parts, gateway, imports.work, repricings)
    routes = routes_of(_endpoints(parts, front, gateway), pages, settings.root_path)
    site = build_site(routes, frame, running, https=settings.public_url.startswith("https:"))
    inside = GatewayFirst(gateway, site, settings.root_path)
    visitors = visitors_of(settings)
    front_door = Doorstep(inside, hosts_of(settings), visitors, parts.keys.in_use, settings.root_path)
    return Serving(front_door, tuple(routes), queue, token, shown.live, repricings)


def _parts(outlay: Outlay, queue: IntakeQueue, upkeep: UpkeepThread) -> SiteParts:
    settings = outlay.settings
    keys = KeyRing(outlay.control, settings.key_requests_a_minute)
    sessions = Sessions(outlay.control, timedelta(hours=settings.session_hours))
    gate = Gate(outlay.control, keys, sessions, outlay.clock)
    questions = Questions(outlay.ledger, outlay.control, outlay.clock)
    frame = Frame(Renderer(settings.root_path), outlay.control, gate)
    forms = Forms(gate, OwnAddress(settings))
    cookies = Cookies(settings.root_path, secure=settings.secure_cookies)
    browsers, mail = browsers_of(outlay, sessions, cookies), mail_of(outlay)
    metrics = Metrics(lambda: queue.waiting_events)
    sign_on = sign_on_means(outlay)
    return SiteParts(
        outlay, keys, sessions, gate, questions, frame, forms, metrics, upkeep, cookies, browsers, mail, sign_on
    )


def _operator_means(parts: SiteParts) -> OperatorMeans:
    outlay = parts.outlay
    return OperatorMeans(outlay.control, parts.questions, outlay.clock, parts.upkeep.soon, parts.forms.link_address)


def _endpoints(parts: SiteParts, front: IntakeFront, gateway: Gateway) -> list[Endpoint]:
    """Return the API: how events come in, and how questions are asked."""
    settings, gate, clock = parts.settings, parts.gate, parts.outlay.clock
    return [
        *EventsApi(gate, front, clock, (settings.max_body_mb, settings.max_batch_events)).endpoints(),
        *OtlpApi(gate, front, clock, (settings.otlp_body_mb, settings.max_batch_events), gateway.caught_up).endpoints(),
        *UsageApi(gate, parts.questions, parts.outlay.control).endpoints(),
        *KeysApi(Administration(gate), parts.outlay.control, clock).endpoints(),
        *EventListApi(gate, parts.questions, parts.outlay.control).endpoints(),
        *MembersApi(Administration(gate), parts.outlay.control, clock).endpoints(),
        *TeamsApi(Administration(gate), parts.outlay.control, clock).endpoints(),
        *AuditApi(Administration(gate), parts.outlay.control).endpoints(),
        *OrganisationApi(Administration(gate), parts.outlay.control, clock).endpoints(),
        *OperatorApi(Administration(gate), _operator_means(parts)).endpoints(),
        *RatesApi(Administration(gate), parts.outlay.control, clock).endpoints(),
        *sign_on_api(parts, Administration(gate)),
        *HealthApi(gate, parts.metrics, lambda: front.queue.works).endpoints(),
    ]


def _gateway(parts: SiteParts, queue: IntakeQueue) -> Gateway:
    """Return the gateway over the upstreams that are kept."""
    outlay, metrics = parts.outlay, parts.metrics
    upstreams = OpenUpstreams(outlay.upstreams, Standing(outlay.control), outlay.clock)
    around = Around(
        parts.keys, upstreams, reachable, outlay.intake, queue, metrics.intake.add, outlay.clock, outlay.organisation
    )
    gateway, counters = build_gateway(outlay.settings, around)
    metrics.also(counters)
    return gateway


def _queue_limits(settings: Settings) -> QueueLimits:
    largest_body = max(settings.max_body_mb, settings.otlp_body_mb) * MIB
    return QueueLimits(settings.queue_events, largest_body * QUEUED_BODIES, settings.commit_events)


def _running(
    queue: IntakeQueue, parts: SiteParts, gateway: Gateway, imports: Work, repricings: RepricingJobs
) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        queue.start()
        gateway.start()
        repricings.start(asyncio.get_running_loop())
        parts.upkeep.start()
        parts.mail.start()
        writing = asyncio.create_task(_write_last_used(parts.keys))
        try:
            yield
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            await asyncio.to_thread(parts.upkeep.close)
            await parts.mail.close()
            await gateway.close()
            await imports.close()
            await asyncio.to_thread(repricings.close)
            await asyncio.to_thread(queue.close)
            await asyncio.to_thread(parts.keys.write_last_used)

    return lifespan


async def _write_last_used(keys: KeyRing) -> None:
    while True:
        await asyncio.sleep(LAST_USED_EVERY_SECONDS)
        await asyncio.to_thread(keys.write_last_used)
