"""Finds the calls among the spans of one export, each once.

A call that was made inside another one's span is the same call, seen by two tools: what they know is put together. An
outer call with several inner ones (it tried again, or fell back) is what the inner ones make together.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from outlay.capture.otlp import words
from outlay.capture.otlp.calls import describe, first_token_in, milliseconds_between, status_of
from outlay.capture.otlp.draft import Draft
from outlay.capture.otlp.kinds import by_claude_code, is_group, operation_of
from outlay.capture.otlp.telemetry import Span
from outlay.capture.otlp.who import who_in

_DEEPEST: Final = 64

_Place = tuple[str, str]  # trace and span


class _Call(Struct, frozen=True):
    span: Span
    operation: str
    around: tuple[Span, ...]  # from the nearest to the farthest that is in this export
    outer: _Place | None  # the span of the call this one was made in, if it is in this export
    inside: str  # the span that may be such a call, when it is not in this export


def calls_in(spans: Sequence[Span]) -> list[Draft]:
    """Return the calls, in the order of their spans; inner ones stand for those around them."""
    at = {(span.trace, span.id): span for span in spans if span.id}
    operations = {id(span): operation for span in spans if (operation := operation_of(span)) is not None}
    calls = [_placed(span, operations[id(span)], at, operations) for span in spans if id(span) in operations]
    drafts = [_draft(call) for call in calls]
    return _each_once(calls, drafts)


def _placed(span: Span, operation: str, at: Mapping[_Place, Span], operations: Mapping[int, str]) -> _Call:
    around = tuple(_ancestors(span, at))
    for ancestor in around:
        if id(ancestor) in operations:
            return _Call(span, operation, around, (ancestor.trace, ancestor.id), "")
        if is_group(ancestor):
            return _Call(span, operation, around, None, "")
    last = around[-1] if around else span
    return _Call(span, operation, around, None, last.parent)


def _ancestors(span: Span, at: Mapping[_Place, Span]) -> Iterator[Span]:
    for _ in range(_DEEPEST):
        parent = at.get((span.trace, span.parent)) if span.parent else None
        if parent is None:
            return
        yield parent
        span = parent


def _draft(call: _Call) -> Draft:
    span = call.span
    attributes = span.attributes
    seen = milliseconds_between(span.start, span.first_token) if span.first_token else None
    draft = Draft(
        service=words.first_text(span.resource, (words.SERVICE_NAME,)) or "",
        tool=str(span.tool),
        operation=call.operation,
        time_ns=span.start,
        latency_ms=milliseconds_between(span.start, span.end),
        first_token_ms=first_token_in(attributes) if seen is None else seen,
        trace=span.trace,
        span=span.id,
        request_id=words.first_text(attributes, words.AGENT_REQUEST_ID) if by_claude_code(span) else None,
        inside=(call.inside,) if call.inside else (),
        status=status_of(attributes, failed=span.failed),
        who=who_in([attributes, *(each.attributes for each in call.around), span.resource]),
    )
    return describe(draft, attributes, span.tool)


def _each_once(calls: Sequence[_Call], drafts: Sequence[Draft]) -> list[Draft]:
    """Join the drafts of calls that were made inside one another, from the inside out."""
    inner: dict[_Place, list[int]] = defaultdict(list)
    for number, call in enumerate(calls):
        if call.outer is not None:
            inner[call.outer].append(number)
    kept = dict(enumerate(drafts))
    stands_for: dict[int, int] = {}
    for number in sorted(kept, key=lambda each: -len(calls[each].around)):
        within = inner.get((calls[number].span.trace, calls[number].span.id), [])
        # A ring of parents would make a call its own inner one.
        near = [each for each in (stands_for.get(each, each) for each in within) if each in kept and each != number]
        if near:
            best = max(near, key=lambda each: (drafts[each].states_usage, drafts[each].status == "ok", each))
            drafts[best].absorb(drafts[number])
            stands_for[number] = best
            del kept[number]
    return [kept[number] for number in sorted(kept)]
