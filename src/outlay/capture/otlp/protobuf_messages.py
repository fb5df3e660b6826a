"""Takes OTLP bodies in protobuf apart, and writes the answers. Loaded with the first such body (see `messages`)."""

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from outlay.capture.otlp.protobuf_fields import Place, Shape, Walk
from outlay.capture.otlp.signal import Signal
from outlay.capture.otlp.telemetry import Attributes, LogRecord, Span, Tool, stated_id
from outlay.capture.otlp.words import EVENT_NAME, FIRST_TOKEN_EVENTS, wanted
from outlay.errors import BodyUnreadable

# Numbers of fields, the same in all three signals: an export of resources, of scopes, of records.
_RESOURCES: Final = 1
_FIRST: Final = 1  # what a list of either is of: its resource, its scope
_SCOPES: Final = 2
_RECORDS: Final = 2


def _shape_of_values() -> Shape:
    """Return the shape of an attribute's value, which may hold lists and maps of values."""
    value: dict[int, Shape] = {}
    value |= {5: {1: value}, 6: {1: {2: value}}}
    return value


# Which fields of which message are messages, of a number that nothing bounds.
_VALUE: Final = _shape_of_values()
_PAIR: Final[Shape] = {2: _VALUE}
_WITH_ATTRIBUTES: Final[Shape] = {1: _PAIR, 3: _PAIR}  # a resource's, a scope's
_SPAN: Final[Shape] = {9: _PAIR, 11: {3: _PAIR}, 13: {4: _PAIR}}
_LOG_RECORD: Final[Shape] = {5: _VALUE, 6: _PAIR}

M = TypeVar("M", bound=Message)


def read_spans(body: bytes) -> list[Span]:
    """Return the spans of a body; BodyUnreadable when it is none, BodyTooLarge when it is made of too much."""
    walk = Walk(body)
    return [
        _span(_parsed(SpanMessage(), walk.record(span, _SPAN)), tool, resource)
        for of_resource in walk.inside(walk.whole, _RESOURCES)
        for resource in (_resource(walk, of_resource),)
        for of_scope in walk.inside(of_resource, _SCOPES)
        for tool in (_tool(walk, of_scope),)
        for span in walk.inside(of_scope, _RECORDS)
    ]


def read_logs(body: bytes) -> list[LogRecord]:
    """Return the log records of a body; BodyUnreadable when it is none, BodyTooLarge when it is made of too much."""
    walk = Walk(body)
    return [
        _record(_parsed(LogMessage(), walk.record(record, _LOG_RECORD)), tool, resource)
        for of_resource in walk.inside(walk.whole, _RESOURCES)
        for resource in (_resource(walk, of_resource),)
        for of_scope in walk.inside(of_resource, _SCOPES)
        for tool in (_tool(walk, of_scope),)
        for record in walk.inside(of_scope, _RECORDS)
    ]


def check_metrics(body: bytes) -> None:
    """Raise BodyUnreadable unless the body is one of metrics; nothing of them is built, since nothing is read."""
    walk = Walk(body)
    for of_resource in walk.inside(walk.whole, _RESOURCES):
        for of_scope in walk.inside(of_resource, _SCOPES):
            for metric in walk.inside(of_scope, _RECORDS):
                walk.pass_over(metric)


def write_answer(signal: Signal, rejected: int, message: str) -> bytes:
    """Return the answer to an export of which `rejected` records were refused."""
    if signal == "traces":
        traces = ExportTraceServiceResponse()
        if rejected or message:
            traces.partial_success.rejected_spans = rejected
            traces.partial_success.error_message = message
        return traces.SerializeToString()
    if signal == "logs":
        logs = ExportLogsServiceResponse()
        if rejected or message:
            logs.partial_success.rejected_log_records = rejected
            logs.partial_success.error_message = message
        return logs.SerializeToString()
    return ExportMetricsServiceResponse().SerializeToString()


def _parsed(message: M, data: bytes) -> M:
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise BodyUnreadable(f"the body is no OTLP protobuf message: {error}") from None
    return message


def _resource(walk: Walk, place: Place) -> Attributes:
    return _attributes(_parsed(Resource(), walk.once(place, _FIRST, _WITH_ATTRIBUTES)).attributes)


def _span(span: SpanMessage, tool: Tool, resource: Attributes) -> Span:
    return Span(
        tool=tool,
        resource=resource,
        trace=stated_id(span.trace_id.hex()),
        id=stated_id(span.span_id.hex()),
        parent=stated_id(span.parent_span_id.hex()),
        name=span.name,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=_attributes(span.attributes),
        first_token=next((event.time_unix_nano for event in span.events if event.name in FIRST_TOKEN_EVENTS), 0),
    )


def _record(record: LogMessage, tool: Tool, resource: Attributes) -> LogRecord:
    attributes = _attributes(record.attributes)
    stated = attributes.get(EVENT_NAME) or record.event_name or record.body.string_value
    return LogRecord(
        tool=tool,
        resource=resource,
        event=str(stated)[:256],
        trace=stated_id(record.trace_id.hex()),
        span=stated_id(record.span_id.hex()),
        time=record.time_unix_nano or record.observed_time_unix_nano,
        attributes=attributes,
    )


def _tool(walk: Walk, place: Place) -> Tool:
    scope = _parsed(InstrumentationScope(), walk.once(place, _FIRST, _WITH_ATTRIBUTES))
    return Tool(scope.name, scope.version)


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs if wanted(pair.key)}


def _value(value: AnyValue) -> Any:  # noqa: ANN401 - an attribute may hold anything
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "bool_value":
            return value.bool_value
        case "array_value":
            return [each.string_value for each in value.array_value.values]
        case _:
            return None
