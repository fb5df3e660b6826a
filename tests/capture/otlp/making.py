"""Makes spans and log records to order, in both encodings."""

import json
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

TRACE: Final = "0123456789abcdef0123456789abcdef"
START_NS: Final = 1_795_000_000 * 10**9  # 2026-11-18
LASTING_NS: Final = 800 * 10**6
SERVICE: Final = "shop"
CALL: Final[dict[str, Any]] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
}


class MadeSpan(Struct, frozen=True):
    span: str
    parent: str
    name: str
    start: int
    end: int
    failed: bool
    attributes: dict[str, Any]
    scope: str
    trace: str


class MadeRecord(Struct, frozen=True):
    event: str
    time: int
    span: str
    attributes: dict[str, Any]
    scope: str


def a_span(  # noqa: PLR0913 - what a test does not name is as usual
    *,
    span: str = "11" * 8,
    parent: str = "",
    name: str = "chat gpt-4o",
    start: int = START_NS,
    lasting: int = LASTING_NS,
    failed: bool = False,
    scope: str = "some.tool",
    trace: str = TRACE,
    usual: dict[str, Any] = CALL,
    **attributes: Any,
) -> MadeSpan:
    """Return a call, or what the `usual` attributes and further ones make of it."""
    return MadeSpan(span, parent, name, start, start + lasting, failed, usual | attributes, scope, trace)


def a_record(event: str, *, time: int = START_NS, span: str = "", scope: str = "", **attributes: Any) -> MadeRecord:
    return MadeRecord(event, time, span, attributes, scope)


def as_protobuf(spans: Sequence[MadeSpan], **resource: Any) -> bytes:
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    of_resource.resource.attributes.extend(_pairs({"service.name": SERVICE} | resource))
    for made in spans:
        of_scope = of_resource.scope_spans.add()
        of_scope.scope.name = made.scope
        span = of_scope.spans.add()
        span.trace_id, span.span_id = bytes.fromhex(made.trace), bytes.fromhex(made.span)
        span.parent_span_id, span.name = bytes.fromhex(made.parent), made.name
        span.start_time_unix_nano, span.end_time_unix_nano = made.start, made.end
        span.status.code = 2 if made.failed else 0  # type: ignore[assignment] # the stubs want the enum's name
        span.attributes.extend(_pairs(made.attributes))
    return request.SerializeToString()


def as_json(spans: Sequence[MadeSpan], **resource: Any) -> bytes:
    of_scopes = [
        {
            "scope": {"name": made.scope},
            "spans": [
                {
                    "traceId": made.trace.upper(),
                    "spanId": made.span,
                    "parentSpanId": made.parent,
                    "name": made.name,
                    "startTimeUnixNano": str(made.start),
                    "endTimeUnixNano": made.end,
                    "attributes": _json_pairs(made.attributes),
                    "status": {"code": 2 if made.failed else 0},
                    "someLaterField": {"of": ["the", "protocol"]},
                }
            ],
        }
        for made in spans
    ]
    resources = {"attributes": _json_pairs({"service.name": SERVICE} | resource)}
    return json.dumps({"resourceSpans": [{"resource": resources, "scopeSpans": of_scopes}]}).encode()


def logs_as_protobuf(records: Sequence[MadeRecord], **resource: Any) -> bytes:
    request = ExportLogsServiceRequest()
    of_resource = request.resource_logs.add()
    of_resource.resource.attributes.extend(_pairs({"service.name": SERVICE} | resource))
    for made in records:
        of_scope = of_resource.scope_logs.add()
        of_scope.scope.name = made.scope
        record = of_scope.log_records.add()
        record.time_unix_nano, record.body.string_value = made.time, made.event
        if made.span:
            record.trace_id, record.span_id = bytes.fromhex(TRACE), bytes.fromhex(made.span)
        record.attributes.extend(_pairs(made.attributes))
    return request.SerializeToString()


def _pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in attributes.items()]


def _value(value: Any) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            made = AnyValue()
            made.array_value.values.extend(_value(each) for each in value)
            return made
        case _:
            return AnyValue(string_value=value)


def _json_pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _json_value(value)} for key, value in attributes.items()]


def _json_value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_json_value(each) for each in value]}}
        case _:
            return {"stringValue": value}
