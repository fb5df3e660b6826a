"""`GET <page>/live?<its state>`: a page's updates as server-sent events, for signed-in members.

A browser says what its page has (`Outlay-Has`, the digests of its parts; `Last-Event-ID`, its watermark) and gets what
differs, at once and from then on. Events: `update` ({id: [digest, html]}), `layout` (fetch the page anew), `ended` (the
rights are gone; reload). A comment every 15 s keeps proxies from closing the line.
"""

import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from typing import Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from outlay.errors import AccessError, OutlayError, TooManyLive
from outlay.query.questions import Asking, Questions
from outlay.usage import PricedEvent
from outlay.web.gate import SESSION_COOKIE, Gate, SignedIn
from outlay.web.live.counters import LiveCounters
from outlay.web.live.figured import Figured, figured, read_digests
from outlay.web.live.hub import Hub, Seat, Watched
from outlay.web.live.rights import Pass, Rights
from outlay.web.live.sent import GZIP_HEAD, HEARTBEAT, Sent, event
from outlay.web.view.board import BoardPage
from outlay.web.view.money import InCurrency

HEARTBEAT_SECONDS: Final = 15.0
RETRY_MS: Final = (1000, 3000)  # drawn for each stream, so that not all come back at the same moment
HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "vary": "accept-encoding",
    "x-accel-buffering": "no",  # nginx would hold events back
}


class LiveLimits(Struct, frozen=True):
    """How many live pages may be open: in all, and of one member."""

    all: int
    per_member: int


class LiveStreams:
    """The streams of all pages of figures. One per process."""

    def __init__(
        self, gate: Gate, questions: Questions, in_currency: InCurrency, limits: LiveLimits, counters: LiveCounters
    ) -> None:
        self._gate = gate
        self._in_currency = in_currency
        self._questions = questions
        self._limits = limits
        self._counters = counters
        self._hub = Hub(self._figure, counters)
        self._rights = Rights(lambda tokens: run_in_threadpool(gate.viewers_of, tokens))
        self._pages: dict[str, BoardPage] = {}
        self._open_of: Counter[str] = Counter()

    def routes(self, pages: Sequence[BoardPage]) -> list[Route]:
        """Return the streams of these pages."""
        self._pages.update({page.path: page for page in pages})
        return [Route(f"{page.path}/live", self._answering(page), methods=["GET"]) for page in pages]

    def stored(self, events: Sequence[PricedEvent]) -> None:
        """Have the pages figured anew that events change; an intake listener."""
        self._hub.stored(events)

    def close(self) -> None:
        """End every stream at once: a server that stops would wait for them."""
        self._hub.close()

    def _answering(self, page: BoardPage) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            return await self._open(request, page)

        return answer

    async def _open(self, request: Request, page: BoardPage) -> Response:
        who = await run_in_threadpool(self._gate.member_of, request)
        watched = Watched(who.viewer, page.path, request.url.query)
        has = read_digests(request.headers.get("outlay-has", ""))
        with ExitStack() as leaving:
            self._admit(who)
            leaving.callback(self._dismiss, who)
            seat = await self._hub.join(watched, has, _watermark_of(request))
            leaving.callback(self._hub.leave, watched, seat)
            self._rights.watch(seat, Pass(request.cookies[SESSION_COOKIE], who.viewer))
            leaving.callback(self._rights.forget, seat)
            events = events_of(seat, self._counters)
            return _EventStream(events, leaving.pop_all().close, packed=_takes_gzip(request))

    def _admit(self, who: SignedIn) -> None:
        limits, mine = self._limits, self._open_of[who.member.id]
        if mine < limits.per_member and self._open_of.total() < limits.all:
            self._open_of[who.member.id] += 1
            return
        self._counters.refused += 1
        if not limits.all:
            raise TooManyLive("live mode is switched off in this Outlay")
        if mine >= limits.per_member:
            raise TooManyLive(f"you have {mine} live pages open, which is the most; close one of them")
        raise TooManyLive("too many live pages are open in this Outlay; its operator can raise live_streams")

    def _dismiss(self, who: SignedIn) -> None:
        self._open_of[who.member.id] -= 1
        if not self._open_of[who.member.id]:
            del self._open_of[who.member.id]

    async def _figure(self, watched: Watched) -> Figured:
        return await run_in_threadpool(self._figured, watched)

    def _figured(self, watched: Watched) -> Figured:
        page = self._pages[watched.path]

        def answer(asking: Asking) -> Figured:
            return figured(self._in_currency.board(page, asking, watched.query), asking.zone, asking.now)

        return self._questions.ask(watched.viewer, answer)


class _EventStream(StreamingResponse):
    """A stream that tells when it is over, however it ends: also when it never began.

    It is compressed here and not by the layer that compresses pages, which would do it for every viewer anew.
    """

    def __init__(self, events: AsyncIterator[Sent], when_over: Callable[[], None], *, packed: bool) -> None:
        headers = HEADERS | ({"content-encoding": "gzip"} if packed else {})
        super().__init__(_packed(events) if packed else _plain(events), headers=headers)
        self._when_over = when_over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._when_over()


async def _packed(events: AsyncIterator[Sent]) -> AsyncIterator[bytes]:
    yield GZIP_HEAD
    async for each in events:
        yield each.packed


async def _plain(events: AsyncIterator[Sent]) -> AsyncIterator[bytes]:
    async for each in events:
        yield each.plain


async def events_of(seat: Seat, counters: LiveCounters) -> AsyncIterator[Sent]:
    """Yield what a viewer is sent, until their rights or this process end."""
    low, high = RETRY_MS
    yield Sent(b"retry: %d\n\n" % (low + secrets.randbelow(high - low)))
    try:
        while True:
            update = await seat.next(HEARTBEAT_SECONDS)
            counters.updates += update is not None
            yield update or HEARTBEAT
    except AccessError as error:
        yield event("ended", {"code": error.code, "detail": error.message})
    except OutlayError:  # the page comes back by itself, and is told what is wrong then
        return


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _watermark_of(request: Request) -> int:
    said = request.headers.get("last-event-id", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0
