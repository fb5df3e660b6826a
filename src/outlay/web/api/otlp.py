"""`POST /v1/traces`, `/v1/logs` and `/v1/metrics`: the OTLP/HTTP receiver, for any OpenTelemetry exporter.

The protocol has its own manners: answers in the encoding of the request, refusals as a `google.rpc.Status`, and 200
with a partial success where only some records can't be used, so that nobody sends them again.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from outlay.access.keys import ApiKey
from outlay.capture.encoding import decoded
from outlay.capture.otlp.messages import JSON, MEDIA, PROTOBUF, messages_of, status_body
from outlay.capture.otlp.read import read_export
from outlay.capture.otlp.signal import Signal
from outlay.capture.received import Received
from outlay.errors import (
    AccessError,
    BodyTooLarge,
    BodyUnreadable,
    Forbidden,
    IntakeFull,
    KeyInvalid,
    LedgerFailed,
    MediaTypeUnsupported,
    NotSignedIn,
    OutlayError,
    Unavailable,
)
from outlay.intake.outcome import Outcome
from outlay.intake.prepare import Prepared
from outlay.intake.queue import RETRY_AFTER_SECONDS
from outlay.kit.clock import Clock
from outlay.web.api.body import MIB, read_body
from outlay.web.api.endpoint import Endpoint
from outlay.web.api.events import IntakeFront, arrival_of
from outlay.web.gate import Gate

SOURCE: Final = "otlp"

CaughtUp = Callable[[], Awaitable[None]]

# HTTP status -> gRPC code, which is what a Status carries
_CODES: Final[dict[int, int]] = {400: 3, 401: 16, 403: 7, 413: 8, 415: 3, 422: 3, 429: 8, 503: 14}
_UNKNOWN: Final = 2
_ERRORS: Final = (
    BodyUnreadable,
    BodyTooLarge,
    MediaTypeUnsupported,
    NotSignedIn,
    KeyInvalid,
    Forbidden,
    IntakeFull,
    LedgerFailed,
)
_WHAT: Final[dict[Signal, str]] = {
    "traces": "Model calls are read from spans of the GenAI conventions, old and new, OpenLLMetry, OpenInference, the "
    "Vercel AI SDK and Langfuse. Spans around calls, and calls reported twice, are recognised and not counted again.",
    "logs": "Model calls are read from events of coding agents (Claude Code, Codex, Gemini CLI) and of the GenAI "
    "conventions; every other record is passed over.",
    "metrics": "Taken and passed over: metrics repeat what spans and logs say call by call.",
}


class PartialSuccess(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """How many records can't be used, and why. They must not be sent again."""

    rejected_spans: str = "0"
    rejected_log_records: str = "0"
    rejected_data_points: str = "0"
    error_message: str = ""


class ExportAnswer(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The answer to an export, in the encoding of the request; empty when all of it could be used."""

    partial_success: PartialSuccess | None = None


class OtlpApi:
    def __init__(
        self, gate: Gate, front: IntakeFront, clock: Clock, limits: tuple[int, int], gateway_first: CaughtUp
    ) -> None:
        """`limits` are the largest body in MiB (before and after decoding) and the most calls of one request.

        `gateway_first` returns once the gateway has recorded what it knows: of two reports of a call, the first counts.
        """
        self._gate = gate
        self._front = front
        self._clock = clock
        self._most_bytes = limits[0] * MIB
        self._most_calls = limits[1]
        self._gateway_first = gateway_first

    def endpoints(self) -> list[Endpoint]:
        handlers: dict[Signal, Callable[[Request], Any]] = {
            "traces": self.receive_traces,
            "logs": self.receive_logs,
            "metrics": self.receive_metrics,
        }
        return [
            Endpoint(
                method="POST",
                path=f"/v1/{signal}",
                name=f"export{signal.capitalize()}",
                summary=f"Export OpenTelemetry {signal}",
                description=(
                    f"OTLP/HTTP in protobuf or JSON, plain or gzip. {_WHAT[signal]} Refusals are a "
                    "google.rpc.Status in the encoding of the request."
                ),
                handle=handle,
                needs="send",
                body={PROTOBUF: None, JSON: dict[str, Any]},
                answer={JSON: ExportAnswer, PROTOBUF: None},
                errors=_ERRORS,
            )
            for signal, handle in handlers.items()
        ]

    async def receive_traces(self, request: Request) -> Response:
        return await self._receive("traces", request)

    async def receive_logs(self, request: Request) -> Response:
        return await self._receive("logs", request)

    async def receive_metrics(self, request: Request) -> Response:
        return await self._receive("metrics", request)

    async def _receive(self, signal: Signal, request: Request) -> Response:
        """Answer an export. Errors become answers here: the protocol says how they look."""
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        key: ApiKey | None = None
        try:
            key = self._gate.key_of(request, "send")
            _check_media(media)
            received, outcomes = await self._stored(signal, media, request, key)
        except OutlayError as error:
            self._remember(error, key)
            return _refusal(media if media in MEDIA else JSON, error)
        rejected, message = self._counted(received, outcomes, key)
        return Response(messages_of(media).write_answer(signal, rejected, message), media_type=media)

    async def _stored(
        self, signal: Signal, media: str, request: Request, key: ApiKey
    ) -> tuple[Received, Sequence[Outcome]]:
        encoding = request.headers.get("content-encoding", "")
        arrival = arrival_of(key, self._clock, SOURCE)
        body = await read_body(request, self._most_bytes)
        found: list[Received] = []

        def prepare() -> Prepared:
            plain = decoded(body, encoding, self._most_bytes)
            received = read_export(signal, media, plain, arrival, self._most_calls)
            found.append(received)
            return self._front.intake.prepare(key.organisation, [event for _, event in received.events])

        await self._gateway_first()
        outcomes = await self._front.queue.submit(len(body), prepare)
        return found[0], outcomes

    def _remember(self, error: OutlayError, key: ApiKey | None) -> None:
        if key is not None:
            self._front.refusals.add(error.message, key.organisation, key.name)
        elif isinstance(error, AccessError):
            self._front.refusals.add(error.message)

    def _counted(self, received: Received, outcomes: Sequence[Outcome], key: ApiKey) -> tuple[int, str]:
        """Count what became of the calls; return how many were refused, and why the first one was."""
        reasons = {refused.index: refused.error.message for refused in received.refused}
        for (index, _), outcome in zip(received.events, outcomes, strict=True):
            if outcome.result == "rejected":  # one call may be several events
                reasons.setdefault(index, outcome.message or "")
        for result, number in Counter(outcome.result for outcome in outcomes).items():
            self._front.counters.add(SOURCE, result, number)
        self._front.counters.add(SOURCE, "rejected", len(received.refused))
        if not reasons:
            return 0, ""
        first = reasons[min(reasons)]
        self._front.refusals.add(first, key.organisation, key.name)
        return len(reasons), first


def _check_media(media: str) -> None:
    if media not in MEDIA:
        raise MediaTypeUnsupported(f"content type {media[:64]!r} is not read here; use one of {', '.join(MEDIA)}")


def _refusal(media: str, error: OutlayError) -> Response:
    body = status_body(media, _CODES.get(error.status, _UNKNOWN), error.message)
    headers = {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="outlay"'
    return Response(body, error.status, headers, media)
