"""Whether the process lives, whether it can take work, and its metrics."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from outlay.errors import Forbidden, KeyInvalid, Unavailable
from outlay.web.api.endpoint import Endpoint
from outlay.web.gate import Gate, key_text
from outlay.web.metrics import Metrics

_TEXT: Final = {"text/plain": None}


class HealthApi:
    def __init__(self, gate: Gate, metrics: Metrics, works: Callable[[], bool]) -> None:
        self._gate = gate
        self._metrics = metrics
        self._works = works

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                method="GET",
                path="/healthz",
                name="isAlive",
                summary="Is the process alive?",
                description="Answers `ok` as long as the process answers at all.",
                handle=self.alive,
                needs="nothing",
                answer=_TEXT,
            ),
            Endpoint(
                method="GET",
                path="/readyz",
                name="isReady",
                summary="Can it take work?",
                description="Answers `ready` while ledger and intake work, 503 when they do not.",
                handle=self.ready,
                needs="nothing",
                answer=_TEXT,
                errors=(Unavailable,),
            ),
            Endpoint(
                method="GET",
                path="/metrics",
                name="metrics",
                summary="Prometheus metrics",
                description="Intake metrics for everyone; with an API key of scope `read` also tokens and cost.",
                handle=self.metrics,
                needs="nothing",
                answer=_TEXT,
                errors=(KeyInvalid, Forbidden),
            ),
        ]

    async def alive(self, request: Request) -> Response:
        del request
        return PlainTextResponse("ok\n")

    async def ready(self, request: Request) -> Response:
        del request
        if not self._works():
            raise Unavailable("intake does not run; restart Outlay and see its log for the reason")
        return PlainTextResponse("ready\n")

    async def metrics(self, request: Request) -> Response:
        return await run_in_threadpool(self._exposed, request)

    def _exposed(self, request: Request) -> Response:
        viewer = None if key_text(request) is None else self._gate.viewer_of(request)
        organisation = viewer.organisation if viewer is not None and viewer.sees_all else None
        return Response(self._metrics.exposition(organisation), media_type=CONTENT_TYPE_LATEST)
