"""What names a call beyond its event's identity, so that a second report of it is known: by the gateway and by
OpenTelemetry, or by two tools of one program.

A name is the provider's id of the answer or of the request, or a span: the one the call was reported at, and those it
was made in. Other sources (events of one's own, imports) are never compared: their ids mean what their senders say.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from outlay.kit.period import as_micros
from outlay.usage import PricedEvent, UsageEvent, names_one_call

GATEWAY: Final = "gateway"
TELEMETRY: Final = "otlp:"

_MILLISECOND: Final = 1_000  # in microseconds


class Report(Struct, frozen=True, gc=False):
    """One event that may be told of twice: its row, its identity, and the names it is compared by.

    A report is of a known call when one of `asks` is claimed; what it is told to be itself, it `claims`. `time` and
    `ended` are microseconds.
    """

    row: int
    organisation: str
    source: str
    id: str
    time: int
    ended: int
    asks: tuple[str, ...]
    claims: tuple[str, ...]


def reports_of(events: Sequence[PricedEvent]) -> tuple[Report, ...]:
    """Return the reports among the events of one request; most requests have none."""
    if not any(_may_be_told_twice(priced.event) for priced in events):
        return ()
    answers = {priced.event.id: priced.event.response_id for priced in events}
    return tuple(
        report
        for row, priced in enumerate(events)
        if _may_be_told_twice(priced.event) and (report := _report(row, priced.event, answers)) is not None
    )


def from_gateway(source: str) -> bool:
    return source == GATEWAY


def told_by_several(source: str) -> bool:
    """Say whether calls of a source may come from another one as well."""
    return source == GATEWAY or source.startswith(TELEMETRY)


def _may_be_told_twice(event: UsageEvent) -> bool:
    return told_by_several(event.source) and event.adjusts is None


def _report(row: int, event: UsageEvent, answers: Mapping[str, str | None]) -> Report | None:
    facts = event.metadata or {}
    ids = [f"id:{name}" for name in (_answer(event, facts, answers),) if name is not None]
    request = facts.get("request_id")
    if isinstance(request, str) and names_one_call(request):
        ids.append(f"request:{request}")
    spans = _spans(facts) if event.source.startswith(TELEMETRY) else None
    if not ids and spans is None:
        return None
    at, around = spans or ("", ())
    time = as_micros(event.time)
    return Report(
        row=row,
        organisation=event.organisation,
        source=event.source,
        id=event.id,
        time=time,
        ended=time + (event.latency_ms or 0) * _MILLISECOND,
        # A call told of at the span of a known one, inside it or around it, is that call; beside it, it is another try.
        asks=(*ids, *_names("at", at), *_names("in", at), *_names("at", *around)),
        claims=(*ids, *_names("at", at), *_names("in", *around)),
    )


def _names(where: str, *spans: str) -> Iterator[str]:
    return (f"{where}:{span}" for span in spans if span)


def _answer(event: UsageEvent, facts: Mapping[str, Any], answers: Mapping[str, str | None]) -> str | None:
    """Return the answer's id; for a part of a call (a fee …) that of the call, and which part it is."""
    whole = facts.get("part_of")
    if isinstance(whole, str):
        answer = answers.get(whole)
        return f"{answer}#{event.id.rpartition('#')[2]}" if answer is not None and names_one_call(answer) else None
    return event.response_id if event.response_id is not None and names_one_call(event.response_id) else None


def _spans(facts: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """Return the span a call was reported at and those it was made in, each with its trace."""
    trace, span = facts.get("trace_id"), facts.get("span_id")
    if not trace or not span or "part_of" in facts:
        return None
    return f"{trace}:{span}", tuple(f"{trace}:{around}" for around in facts.get("inside", ()))
