"""`POST /v1/events`: metered operations in, one answer per event out, after they are on disk."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from outlay.access.keys import ApiKey
from outlay.capture.cloudevents import CloudEvent, read_cloud_event, read_cloud_events
from outlay.capture.encoding import decoded
from outlay.capture.native import read_json, read_lines
from outlay.capture.received import Arrival, Received
from outlay.capture.wire import WireEvent
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
)
from outlay.intake.accept import Intake
from outlay.intake.outcome import Outcome
from outlay.intake.prepare import Prepared
from outlay.intake.queue import IntakeQueue
from outlay.kit.clock import Clock
from outlay.web.api.body import MIB, read_body
from outlay.web.api.endpoint import Endpoint
from outlay.web.gate import Gate
from outlay.web.metrics import IntakeCounters
from outlay.web.refusals import Refusals

BINDINGS: Final = ("user", "team", "agent", "agent_type", "pod")

_Reader = Callable[[bytes, Arrival, int], Received]


class RejectedEvent(Struct, frozen=True):
    """One event that was not stored: its index in the request, its id where readable, and why."""

    index: int
    id: str | None
    code: str
    message: str


class EventsAnswer(Struct, frozen=True, omit_defaults=True):
    """What became of a request. `warnings` (at most 100) are about events that were taken all the same."""

    stored: int
    duplicates: int
    rejected: list[RejectedEvent]
    warnings: list[RejectedEvent] = []


CURL_DEFAULT: Final = "application/x-www-form-urlencoded"  # what `curl -d` calls any body unless told otherwise
READERS: Final[dict[str, _Reader]] = {
    "application/json": read_json,
    "application/x-ndjson": read_lines,
    "application/ndjson": read_lines,
    "application/jsonl": read_lines,
    "application/cloudevents+json": lambda body, arrival, _: read_cloud_event(body, arrival),
    "application/cloudevents-batch+json": read_cloud_events,
}


class IntakeFront(Struct, frozen=True):
    """The funnel, the queue before it, who counts what passes, and who remembers what was refused."""

    intake: Intake
    queue: IntakeQueue
    counters: IntakeCounters
    refusals: Refusals


class EventsApi:
    def __init__(self, gate: Gate, front: IntakeFront, clock: Clock, limits: tuple[int, int]) -> None:
        """`limits` are the largest body in MiB (before and after decoding) and the most events of one request."""
        self._gate = gate
        self._front = front
        self._clock = clock
        self._most_bytes = limits[0] * MIB
        self._most_events = limits[1]

    def endpoints(self) -> list[Endpoint]:
        one = WireEvent | list[WireEvent]
        return [
            Endpoint(
                method="POST",
                path="/v1/events",
                name="sendEvents",
                summary="Send events",
                description=(
                    "Send one event, an array of them, one JSON object a line, or CloudEvents 1.0. Answered after "
                    "all stored events are on disk. One bad event never affects the others; sending an event again "
                    "(same id, source and time) changes nothing. 422 only when no event of the request could be "
                    "used. Content-Encoding gzip and zstd are read."
                ),
                handle=self.receive,
                needs="send",
                body={
                    "application/json": one,
                    "application/x-ndjson": None,
                    "application/cloudevents+json": CloudEvent,
                    "application/cloudevents-batch+json": list[CloudEvent],
                },
                answer={"application/json": EventsAnswer},
                also={422: "No event of the request could be used; `rejected` says why."},
                errors=(
                    BodyUnreadable,
                    BodyTooLarge,
                    MediaTypeUnsupported,
                    NotSignedIn,
                    KeyInvalid,
                    Forbidden,
                    IntakeFull,
                    LedgerFailed,
                ),
            )
        ]

    async def receive(self, request: Request) -> Response:
        refusals = self._front.refusals
        try:
            key = self._gate.key_of(request, "send")
        except AccessError as error:
            refusals.add(error.message)
            raise
        try:
            answer = await self._answered(request, key)
        except OutlayError as error:
            refusals.add(error.message, key.organisation, key.name)
            raise
        self._count(answer)
        if answer.rejected:
            refusals.add(_reason(answer.rejected), key.organisation, key.name)
        usable = answer.stored or answer.duplicates or not answer.rejected
        status = HTTPStatus.OK if usable else HTTPStatus.UNPROCESSABLE_ENTITY
        return Response(msgspec.json.encode(answer), status, media_type="application/json")

    async def _answered(self, request: Request, key: ApiKey) -> EventsAnswer:
        read = _reader_for(request.headers.get("content-type", ""))
        encoding = request.headers.get("content-encoding", "")
        arrival = arrival_of(key, self._clock, f"api:{key.name}")
        body = await read_body(request, self._most_bytes)
        found: list[Received] = []

        def prepare() -> Prepared:
            received = read(decoded(body, encoding, self._most_bytes), arrival, self._most_events)
            found.append(received)
            return self._front.intake.prepare(key.organisation, [event for _, event in received.events])

        outcomes = await self._front.queue.submit(len(body), prepare)
        return _answer(found[0], outcomes)

    def _count(self, answer: EventsAnswer) -> None:
        results = (("stored", answer.stored), ("duplicate", answer.duplicates), ("rejected", len(answer.rejected)))
        for result, number in results:
            self._front.counters.add("api", result, number)


def _reason(rejected: Sequence[RejectedEvent]) -> str:
    first = f"event {rejected[0].index}: {rejected[0].message}"
    return first if len(rejected) == 1 else f"{first} (and {len(rejected) - 1:,} more were rejected)"


def arrival_of(key: ApiKey, clock: Clock, source: str) -> Arrival:
    """Return how what comes with a key is attributed, now; `source` is where its ids are unique."""
    return Arrival(
        organisation=key.organisation,
        source=source,
        received_at=clock.now(),
        api_key=key.id,
        fixed={name: bound for name in BINDINGS if (bound := getattr(key, name)) is not None},
        tags=key.tags,
    )


def _reader_for(content_type: str) -> _Reader:
    name = content_type.partition(";")[0].strip().lower()
    if name in {"", CURL_DEFAULT}:
        name = "application/json"
    reader = READERS.get(name)
    if reader is None:
        raise MediaTypeUnsupported(f"content type {name[:64]!r} is not read here; use one of {', '.join(READERS)}")
    return reader


def _answer(received: Received, outcomes: Sequence[Outcome]) -> EventsAnswer:
    counts = {"stored": 0, "duplicate": 0, "rejected": 0}
    rejected = [
        RejectedEvent(refused.index, refused.id, refused.error.code, refused.error.message)
        for refused in received.refused
    ]
    for (index, event), outcome in zip(received.events, outcomes, strict=True):
        counts[outcome.result] += 1
        if outcome.result == "rejected":
            rejected.append(RejectedEvent(index, event.id, outcome.code or "", outcome.message or ""))
    rejected.sort(key=lambda each: each.index)
    warnings = [RejectedEvent(each.index, each.id, each.code, each.message) for each in received.remarks]
    return EventsAnswer(counts["stored"], counts["duplicate"], rejected, warnings)
