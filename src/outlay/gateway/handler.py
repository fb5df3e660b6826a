"""The gateway as an ASGI application in front of the site: paths of upstreams are calls, everything else is the site's.

It stands before the site's own layers, which would cost more than the rest of a call. Whatever becomes of a call, it is
settled once, its connection let go, and the caller gets an answer its SDK understands.
"""

import asyncio
import logging
from time import monotonic
from typing import Any, Final

from msgspec import Struct

from outlay.access.allowances import Allowances
from outlay.errors import GatewayFull, ModelRefused, OutlayError, TooManyRequests, UpstreamTimeout
from outlay.gateway.allowed import FREE, check_models, check_provider
from outlay.gateway.answers import Style, refusal, style_of
from outlay.gateway.attribution import TextLimits, attributed
from outlay.gateway.call import NOTHING_USED, SOURCE, Call, Ending
from outlay.gateway.callers import Callers, without_signature
from outlay.gateway.counters import GatewayCounters
from outlay.gateway.forward import Exchange, Roads
from outlay.gateway.headers import sort_headers
from outlay.gateway.recording import Recorder
from outlay.gateway.request import MIB, Body, CallerGone, Message, Receive, Request, Send, read_body
from outlay.gateway.routes import Address, address_of, check_path, check_query, meaning_of, way_of
from outlay.kit.ids import new_id
from outlay.usage import Status, UsageEvent

CALL_ID: Final = "call"
BLOCKED_A_MINUTE: Final = 30  # calls of one key that are recorded though they went nowhere: a program may try for ever
_UNREAD: Final = Body(b"", whole=False)

_log = logging.getLogger(__name__)


class GatewayLimits(Struct, frozen=True):
    """The bounds of what passes; see the settings of the same names."""

    body_mb: int
    calls: int
    texts: TextLimits
    wait_for_disk: bool = False


class Gateway:
    def __init__(
        self, callers: Callers, roads: Roads, recorder: Recorder, counters: GatewayCounters, limits: GatewayLimits
    ) -> None:
        self._callers = callers
        self._roads = roads
        self._recorder = recorder
        self._counters = counters
        self._limits = limits
        self._recorded_as_blocked = Allowances(BLOCKED_A_MINUTE, "this API key")

    async def caught_up(self) -> None:
        """Return once the calls that have ended by now are recorded: reports of the same calls come after."""
        await self._recorder.backlog.caught_up()

    def start(self) -> None:
        """Begin to record; on the event loop that serves."""
        self._recorder.start()

    async def close(self) -> None:
        """Close the connections, and record what waits."""
        self._roads.pool.close()
        await self._recorder.close()

    async def answer(self, address: Address, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request to a path of the gateway."""
        call = new_id(CALL_ID)
        try:
            request = self._admitted(address, scope, call)
        except OutlayError as error:
            api = meaning_of(address.name, None, scope["method"], address.rest).api
            await _refuse(send, error, style_of(api, address.name), call)
            return
        style = style_of(request.meaning.api, address.name)
        self._counters.open_calls += 1
        try:
            body = await self._allowed(request, receive)
            await self._run(request, body, style, (receive, send))
        except CallerGone:
            pass
        except OutlayError as error:
            await _refuse(send, error, style, call)
        finally:
            self._counters.open_calls -= 1

    def _admitted(self, address: Address, scope: Message, call: str) -> Request:
        """Return the call with its caller. Raises what refuses it."""
        if self._counters.open_calls >= self._limits.calls:
            raise GatewayFull("too many model calls are on their way; send this one again shortly")
        check_path(address.rest)
        check_query(scope["query_string"])
        headers = sort_headers(scope["headers"])
        client = scope.get("client")
        caller = self._callers.caller_of(
            address.name, headers.credentials, scope["query_string"], client[0] if client else None
        )
        upstream, method = caller.upstream, scope["method"]
        headers.travelling[:] = without_signature(headers.travelling, headers.credentials)
        return Request(
            call,
            method.encode(),
            address.rest,
            headers,
            caller,
            meaning_of(upstream.provider, upstream.reading, method, address.rest),
            way_of(upstream.base_url, allow_private=upstream.allow_private),
            monotonic(),
            self._limits.body_mb * MIB,
        )

    async def _allowed(self, request: Request, receive: Receive) -> Body:
        """Return the body of a call that its key may make. Raises ModelRefused, which is recorded."""
        body = _UNREAD
        try:
            check_provider(request)
            body = await read_body(receive, request)
            await check_models(request, body)
        except ModelRefused as error:
            self._blocked(request, body, error)
            raise
        return body

    def _blocked(self, request: Request, body: Body, error: ModelRefused) -> None:
        """Record a call that its key may not make, so that its owner sees it; of many in a minute only some."""
        key = request.caller.key
        if key is None or request.method in FREE:
            return
        self._counters.ended(request.caller.upstream.provider, "blocked")
        try:
            self._recorded_as_blocked.take(key.id)
        except TooManyRequests:
            return
        call = Call(self._recorder, self._pending(request, body), b"", request.began)
        call.begin()
        call.settle(Ending("blocked", error=error.code), monotonic(), NOTHING_USED, None)

    async def _run(self, request: Request, body: Body, style: Style, ends: tuple[Receive, Send]) -> None:
        call = await self._begun(request, body)
        receive, send = ends
        exchange = Exchange(self._roads, request, body, call, send)
        caller = _CallerWatch(receive)
        if body.whole:
            caller.start()
        status: Status = "error"
        try:
            async with asyncio.timeout(request.caller.upstream.timeouts.total_seconds):
                status = await exchange.run(receive, caller.start)
        except CallerGone:
            status = exchange.settle("cancelled", None, sent=exchange.sent)
        except asyncio.CancelledError:
            status = exchange.settle("cancelled", None, sent=exchange.sent)
            if not caller.gone:
                raise
            caller.forgive()
        except TimeoutError:
            caller.stop()
            error = UpstreamTimeout(f"the call took longer than {request.caller.upstream.name} is allowed to")
            status = await self._failed(exchange, error, style, request.id, send)
        except OutlayError as error:
            caller.stop()
            status = await self._failed(exchange, error, style, request.id, send)
        finally:
            caller.stop()
            exchange.settle("error", "internal_error", sent=exchange.sent)
            exchange.release()
            if call is not None:
                self._counters.ended(request.caller.upstream.provider, status)

    async def _begun(self, request: Request, body: Body) -> Call | None:
        """Return the call, which is on disk now; None where there is nothing to record."""
        if request.meaning.api is None:
            return None
        call = Call(self._recorder, self._pending(request, body), body.data if body.whole else b"", request.began)
        call.begin()
        if self._limits.wait_for_disk:
            await self._recorder.on_disk()
        self._counters.admitted(monotonic() - request.began)
        return call

    def _pending(self, request: Request, body: Body) -> UsageEvent:
        caller, meaning, asked = request.caller, request.meaning, body.asked
        whom = attributed(caller.key, request.headers.telling, asked.told, self._limits.texts)
        metadata: dict[str, Any] | None = dict.fromkeys(whom.cut, True) or None
        now = self._roads.clock.now()
        return UsageEvent(
            organisation=caller.organisation,
            source=SOURCE,
            id=request.id,
            time=now,
            received_at=now,
            operation=meaning.operation,
            provider=caller.upstream.provider,
            model_raw=asked.model or meaning.model,
            status="pending",
            metadata=metadata,
            **whom.fields,
        )

    async def _failed(self, exchange: Exchange, error: OutlayError, style: Style, call: str, send: Send) -> Status:
        """Settle a call that failed; answer it where no answer has begun, else break off what has."""
        late = exchange.answering or (isinstance(error, UpstreamTimeout) and exchange.sent)
        status = exchange.settle("error", error.code, sent=late)
        if not exchange.answering:
            await _refuse(send, error, style, call)
        return status


class _CallerWatch:
    """Notices that the caller went away, and cancels the task that works for it."""

    def __init__(self, receive: Receive) -> None:
        self.gone = False
        self._receive = receive
        self._task = asyncio.current_task()
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch, once nobody else asks for the rest of the request."""
        self._watching = asyncio.get_running_loop().create_task(self._wait(self._receive))

    def stop(self) -> None:
        self._task = None
        if self._watching is not None:
            self._watching.cancel()

    def forgive(self) -> None:
        """Take the cancellation back: the task has ended its work in order."""
        if self._task is not None:
            self._task.uncancel()

    async def _wait(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        if self._task is not None:
            self.gone = True
            self._task.cancel()


class GatewayFirst:
    """The gateway before a site: one ASGI application."""

    def __init__(self, gateway: Gateway, site: Any, root_path: str) -> None:  # noqa: ANN401 - any ASGI application
        self._gateway = gateway
        self._site = site
        self._root_path = root_path.encode()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: bytes = scope.get("raw_path") or scope["path"].encode()
            if self._root_path and path.startswith(self._root_path + b"/"):
                path = path[len(self._root_path) :]
            address = address_of(path)
            if address is not None:
                await self._gateway.answer(address, scope, receive, send)
                return
        await self._site(scope, receive, send)


async def _refuse(send: Send, error: OutlayError, style: Style, call: str) -> None:
    status, headers, body = refusal(error, style, call)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
