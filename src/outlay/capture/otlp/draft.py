"""A call as it is put together from one or several reports of it, and the event it becomes."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from outlay.capture.otlp.who import Who, fits
from outlay.capture.readings.events import events_of
from outlay.capture.readings.reading import Reading
from outlay.capture.received import Arrival
from outlay.errors import FieldInvalid
from outlay.usage import NO_TOKENS, ReportedCost, Status, Tokens, UsageEvent, names_one_call

SOURCE: Final = "otlp:{service}"
UNNAMED_SERVICE: Final = "unknown_service"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_AROUND: Final = 8
_LONGEST_IDENTITY: Final = 200
LATEST_NS: Final = 253_402_300_800 * 1_000_000_000  # the year 10000


class Draft(Struct, kw_only=True):
    """One call. `inside` are the spans of the same trace around the call that are it too, or may be.

    `time_ns` is 0 where no time is stated. `reading` is what the provider's own words state, where they were passed on;
    it counts more than `tokens`. `doubtful` says what is known to be wrong with the tool's counts.
    """

    service: str
    tool: str
    operation: str
    time_ns: int
    latency_ms: int | None = None
    first_token_ms: int | None = None
    trace: str = ""
    span: str = ""
    inside: tuple[str, ...] = ()
    provider: str | None = None
    model: str | None = None
    response_id: str | None = None
    request_id: str | None = None
    status: Status = "ok"
    tokens: Tokens = NO_TOKENS
    reading: Reading | None = None
    variant: str | None = None
    reported_cost: ReportedCost | None = None
    who: Who = Who()
    missing: tuple[str, ...] = ()
    doubtful: str = ""
    also_by: tuple[str, ...] = ()

    @property
    def states_usage(self) -> bool:
        return self.reading is not None or self.tokens != NO_TOKENS

    def absorb(self, outer: "Draft") -> None:
        """Take over what an outer report of the same call knows and this one does not."""
        self.also_by = (*self.also_by, outer.tool, *outer.also_by)
        self.who = joined(self.who, outer.who)
        self.inside = (*self.inside, outer.span, *outer.inside)
        for name in ("provider", "model", "response_id", "request_id", "variant", "first_token_ms", "reported_cost"):
            if getattr(self, name) is None:
                setattr(self, name, getattr(outer, name))
        if outer.states_usage and not self.states_usage:
            self.tokens, self.reading = outer.tokens, outer.reading
            self.missing, self.doubtful = outer.missing, outer.doubtful


def joined(nearer: Who, farther: Who) -> Who:
    """Return what either knows; the nearer one wins."""
    known = {name: value for name, value in asdict(nearer).items() if value}
    return Who(**asdict(farther) | known)


def events_of_call(draft: Draft, arrival: Arrival) -> list[UsageEvent]:
    """Return the event of a call, and those of what it is stated to have used beside its tokens.

    FieldInvalid when the call can't be told from others, or when it was.
    """
    who = asdict(draft.who)
    tags = who.pop("tags")
    taken = {tag.partition(":")[0] for tag in arrival.tags}
    event = UsageEvent(
        organisation=arrival.organisation,
        source=SOURCE.format(service=fits(draft.service) or UNNAMED_SERVICE),
        id=_identity(draft),
        time=_moment(draft.time_ns) if draft.time_ns else arrival.received_at,
        received_at=arrival.received_at,
        time_stated=bool(draft.time_ns),
        api_key=arrival.api_key,
        tags=(*arrival.tags, *(tag for tag in tags if tag.partition(":")[0] not in taken)),
        operation=fits(draft.operation),
        provider=fits(draft.provider),
        model_raw=fits(draft.model),
        response_id=fits(draft.response_id),
        status=draft.status,
        latency_ms=draft.latency_ms,
        first_token_ms=draft.first_token_ms,
        tokens=draft.tokens,
        variant=fits(draft.variant),
        reported_cost=draft.reported_cost,
        metadata=_metadata(draft),
        **who,
    )
    event = msgspec.structs.replace(event, **arrival.fixed) if arrival.fixed else event
    return events_of(draft.reading, event)


def _identity(draft: Draft) -> str:
    if draft.response_id is not None and names_one_call(draft.response_id):
        return _short(":".join(filter(None, (fits(draft.provider), draft.response_id))))
    if draft.request_id is not None and names_one_call(draft.request_id):
        return _short(f"request:{draft.request_id}")
    if draft.trace and draft.span:
        return _short(f"{draft.trace}:{draft.span}")
    if not draft.time_ns:
        raise FieldInvalid("neither a response id, nor trace and span ids, nor a time: the call can't be known again")
    facts = (draft.operation, draft.model, draft.who.session_id, draft.time_ns, draft.status, *draft.tokens.stated())
    return _digest(repr(facts))


def _short(identity: str) -> str:
    """Return an identity that fits an event, and the parts of it that add their own name."""
    return identity if len(identity) <= _LONGEST_IDENTITY else _digest(identity)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _moment(nanos: int) -> datetime:
    if not 0 <= nanos < LATEST_NS:
        raise FieldInvalid(f"time {nanos} ns is no unix time")
    return _EPOCH + timedelta(microseconds=nanos // 1000)


def _metadata(draft: Draft) -> dict[str, Any]:
    also = [tool[:256] for tool in dict.fromkeys(draft.also_by) if tool != draft.tool][:4]
    facts = {
        "reported_by": draft.tool[:256],
        "also_by": also,
        "partial": list(draft.missing),
        "trace_id": draft.trace,
        "span_id": draft.span,
        "inside": list(draft.inside[:_MOST_AROUND]),
        "request_id": fits(draft.request_id),
        "doubtful": draft.doubtful,
    }
    return {name: value for name, value in facts.items() if value}
