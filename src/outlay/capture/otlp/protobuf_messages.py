"""Takes OTLP bodies in protobuf apart, and writes the answers. Loaded with the first such body (see `messages`)."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from outlay.capture.otlp.signal import Signal
from outlay.capture.otlp.telemetry import Attributes, LogRecord, Span, Tool, stated_id
from outlay.capture.otlp.words import EVENT_NAME, FIRST_TOKEN_EVENTS, wanted
from outlay.errors import BodyUnreadable


def read_spans(body: bytes) -> list[Span]:
    """Return the spans of a body; BodyUnreadable when it is none."""
    request = ExportTraceServiceRequest()
    _parse(request, body)
    return [
        _span(span, tool, resource)
        for of_resource in request.resource_spans
        for resource in (_attributes(of_resource.resource.attributes),)
        for of_scope in of_resource.scope_spans
        for tool in (_tool(of_scope.scope),)
        for span in of_scope.spans
    ]


def read_logs(body: bytes) -> list[LogRecord]:
    """Return the log records of a body; BodyUnreadable when it is none."""
    request = ExportLogsServiceRequest()
    _parse(request, body)
    found: list[LogRecord] = []
    for of_resource in request.resource_logs:
        resource = _attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_logs:
            tool = _tool(of_scope.scope)
            for record in of_scope.log_records:
                attributes = _attributes(record.attributes)
                stated = attributes.get(EVENT_NAME) or record.event_name or record.body.string_value
                found.append(
                    LogRecord(
                        tool=tool,
                        resource=resource,
                        event=str(stated)[:256],
                        trace=stated_id(record.trace_id.hex()),
                        span=stated_id(record.span_id.hex()),
                        time=record.time_unix_nano or record.observed_time_unix_nano,
                        attributes=attributes,
                    )
                )
    return found


def check_metrics(body: bytes) -> None:
    """Raise BodyUnreadable unless the body is one of metrics."""
    _parse(ExportMetricsServiceRequest(), body)


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


def _parse(
    request: ExportTraceServiceRequest | ExportLogsServiceRequest | ExportMetricsServiceRequest, body: bytes
) -> None:
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise BodyUnreadable(f"the body is no OTLP protobuf message: {error}") from None


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


def _tool(scope: InstrumentationScope) -> Tool:
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
