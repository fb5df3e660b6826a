"""Takes OTLP bodies in JSON apart, and writes the answers: lowerCamelCase, ids in hex, 64-bit numbers also as text.

The JSON of protobuf itself would read ids as base64, so its reader can't be used. Fields that are not known are passed
over, as the protocol asks.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from outlay.capture.otlp.most import check_parts, check_records
from outlay.capture.otlp.signal import Signal
from outlay.capture.otlp.telemetry import Attributes, LogRecord, Span, Tool, stated_id
from outlay.capture.otlp.words import EVENT_NAME, FIRST_TOKEN_EVENTS, wanted
from outlay.errors import BodyUnreadable

_Id = Annotated[str, Meta(pattern="^([0-9a-fA-F]{2}){0,16}$")]
_Nanos = int | Annotated[str, Meta(pattern="^[0-9]{0,20}$")]
_INT: Final = re.compile(r"-?[0-9]{1,19}")
_ERROR_CODES: Final = (2, "STATUS_CODE_ERROR")


class _Wire(Struct, rename="camel", gc=False):
    """A message of the protocol; what is left out, or null, is empty."""


class _Value(_Wire, gc=False):
    string_value: str | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    bool_value: bool | None = None
    array_value: "_Values | None" = None


class _Values(_Wire, gc=False):
    values: list[_Value] | None = None


class _Pair(_Wire, gc=False):
    key: str = ""
    value: _Value | None = None


class _Resource(_Wire, gc=False):
    attributes: list[_Pair] | None = None


class _Scope(_Wire, gc=False):
    name: str | None = None
    version: str | None = None


class _Status(_Wire, gc=False):
    code: int | str | None = None


class _SpanEvent(_Wire, gc=False):
    name: str | None = None
    time_unix_nano: _Nanos | None = None


class _Span(_Wire, gc=False):
    trace_id: _Id | None = None
    span_id: _Id | None = None
    parent_span_id: _Id | None = None
    name: str | None = None
    start_time_unix_nano: _Nanos | None = None
    end_time_unix_nano: _Nanos | None = None
    attributes: list[_Pair] | None = None
    events: list[_SpanEvent] | None = None
    status: _Status | None = None


class _ScopeSpans(_Wire, gc=False):
    scope: _Scope | None = None
    spans: list[_Span] | None = None


class _ResourceSpans(_Wire, gc=False):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] | None = None


class _Traces(_Wire, gc=False):
    resource_spans: list[_ResourceSpans] | None = None


class _Record(_Wire, gc=False):
    trace_id: _Id | None = None
    span_id: _Id | None = None
    time_unix_nano: _Nanos | None = None
    observed_time_unix_nano: _Nanos | None = None
    event_name: str | None = None
    body: _Value | None = None
    attributes: list[_Pair] | None = None


class _ScopeLogs(_Wire, gc=False):
    scope: _Scope | None = None
    log_records: list[_Record] | None = None


class _ResourceLogs(_Wire, gc=False):
    resource: _Resource | None = None
    scope_logs: list[_ScopeLogs] | None = None


class _Logs(_Wire, gc=False):
    resource_logs: list[_ResourceLogs] | None = None


class _Metrics(_Wire, gc=False):
    resource_metrics: list[dict[str, msgspec.Raw]] | None = None


_decode_traces = msgspec.json.Decoder(_Traces).decode
_decode_logs = msgspec.json.Decoder(_Logs).decode
_decode_metrics = msgspec.json.Decoder(_Metrics).decode
_MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_REJECTED: Final[dict[Signal, str]] = {
    "traces": "rejectedSpans",
    "logs": "rejectedLogRecords",
    "metrics": "rejectedDataPoints",
}


def read_spans(body: bytes) -> list[Span]:
    """Return the spans of a body; BodyUnreadable when it is none, BodyTooLarge when it is made of too much."""
    check_parts(body.count(b"{"))
    try:
        traces = _decode_traces(body)
    except _MALFORMED as error:
        raise _unreadable(error) from None
    check_records(
        sum(len(scope.spans or ()) for each in traces.resource_spans or () for scope in each.scope_spans or ())
    )
    return [
        _span(span, tool, resource)
        for of_resource in traces.resource_spans or ()
        for resource in (_resource(of_resource.resource),)
        for of_scope in of_resource.scope_spans or ()
        for tool in (_tool(of_scope.scope),)
        for span in of_scope.spans or ()
    ]


def read_logs(body: bytes) -> list[LogRecord]:
    """Return the log records of a body; BodyUnreadable when it is none, BodyTooLarge when it is made of too much."""
    check_parts(body.count(b"{"))
    try:
        logs = _decode_logs(body)
    except _MALFORMED as error:
        raise _unreadable(error) from None
    check_records(
        sum(len(scope.log_records or ()) for each in logs.resource_logs or () for scope in each.scope_logs or ())
    )
    return [
        _record(record, tool, resource)
        for of_resource in logs.resource_logs or ()
        for resource in (_resource(of_resource.resource),)
        for of_scope in of_resource.scope_logs or ()
        for tool in (_tool(of_scope.scope),)
        for record in of_scope.log_records or ()
    ]


def check_metrics(body: bytes) -> None:
    """Raise BodyUnreadable unless the body is one of metrics."""
    check_parts(body.count(b"{"))
    try:
        _decode_metrics(body)
    except _MALFORMED as error:
        raise _unreadable(error) from None


def write_answer(signal: Signal, rejected: int, message: str) -> bytes:
    """Return the answer to an export of which `rejected` records were refused."""
    if not (rejected or message):
        return b"{}"
    partial = {_REJECTED[signal]: str(rejected), "errorMessage": message}
    return msgspec.json.encode({"partialSuccess": partial})


def write_status(code: int, message: str) -> bytes:
    """Return a `google.rpc.Status`."""
    return msgspec.json.encode({"code": code, "message": message})


def _unreadable(error: Exception) -> BodyUnreadable:
    return BodyUnreadable(f"the body is no OTLP message in JSON: {error}")


def _span(span: _Span, tool: Tool, resource: Attributes) -> Span:
    events = span.events or ()
    return Span(
        tool=tool,
        resource=resource,
        trace=_id(span.trace_id),
        id=_id(span.span_id),
        parent=_id(span.parent_span_id),
        name=span.name or "",
        start=_nanos(span.start_time_unix_nano),
        end=_nanos(span.end_time_unix_nano),
        failed=span.status is not None and span.status.code in _ERROR_CODES,
        attributes=_attributes(span.attributes or ()),
        first_token=next((_nanos(event.time_unix_nano) for event in events if event.name in FIRST_TOKEN_EVENTS), 0),
    )


def _record(record: _Record, tool: Tool, resource: Attributes) -> LogRecord:
    attributes = _attributes(record.attributes or ())
    said = record.body.string_value if record.body is not None else None
    return LogRecord(
        tool=tool,
        resource=resource,
        event=str(attributes.get(EVENT_NAME) or record.event_name or said or "")[:256],
        trace=_id(record.trace_id),
        span=_id(record.span_id),
        time=_nanos(record.time_unix_nano) or _nanos(record.observed_time_unix_nano),
        attributes=attributes,
    )


def _resource(resource: _Resource | None) -> Attributes:
    return {} if resource is None else _attributes(resource.attributes or ())


def _tool(scope: _Scope | None) -> Tool:
    return Tool("") if scope is None else Tool(scope.name or "", scope.version or "")


def _id(stated: str | None) -> str:
    return stated_id(stated or "")


def _nanos(stated: int | str | None) -> int:
    return int(stated or 0)


def _attributes(pairs: Iterable[_Pair]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs if pair.value is not None and wanted(pair.key)}


def _value(value: _Value) -> Any:  # noqa: ANN401 - an attribute may hold anything
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return _as_int(value.int_value)
    if value.double_value is not None:
        return value.double_value
    if value.bool_value is not None:
        return value.bool_value
    if value.array_value is not None:
        return [each.string_value for each in value.array_value.values or () if each.string_value is not None]
    return None


def _as_int(stated: int | str) -> int | str:
    text = str(stated)
    return int(text) if _INT.fullmatch(text) else text
