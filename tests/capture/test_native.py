import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from time import process_time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.capture.cloudevents import read_cloud_event, read_cloud_events
from outlay.capture.native import read_json, read_lines
from outlay.capture.received import MOST_REMARKS, Arrival, Received
from outlay.errors import BodyTooLarge, BodyUnreadable
from outlay.kit.money import as_pico
from outlay.usage import ReportedCost, Tokens, UsageEvent

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
ARRIVAL = Arrival(organisation="acme", source="api:ci", received_at=NOW, api_key="key_1")


def read(*events: Any) -> Received:
    return read_json(msgspec.json.encode(list(events)), ARRIVAL, 100)


def only(received: Received) -> UsageEvent:
    assert received.refused == []
    ((_, event),) = received.events
    return event


def reason(event: dict[str, Any]) -> str:
    (refused,) = read(event).refused
    return f"{refused.error.code}: {refused.error.message}"


def test_every_field_arrives_under_its_name() -> None:
    fields = {
        "id": "e1",
        "user": "ann",
        "team": "core",
        "agent": "bot",
        "agent_type": "no_code",
        "parent_agent": "boss",
        "run_id": "r",
        "session_id": "s",
        "pod": "p",
        "task": "t",
        "service": "ocr",
        "operation": "scan",
        "provider": "openai",
        "model": "gpt-4o",
        "response_id": "resp",
        "status": "error",
        "variant": "batch",
        "unit": "pages",
    }
    event = only(read(fields | {"quantity": "1.5", "latency_ms": 12.6, "first_token_ms": 3, "metadata": {"a": 1}}))
    assert {name: getattr(event, name) for name in fields} == fields
    assert (event.organisation, event.source, event.api_key) == ("acme", "api:ci", "key_1")
    assert (event.quantity, event.latency_ms, event.first_token_ms) == (Decimal("1.5"), 13, 3)
    assert event.model_raw == "gpt-4o"
    assert event.metadata == {"a": 1}


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        pytest.param("2026-10-01T12:00:00Z", NOW, id="utc"),
        pytest.param("2026-10-01T17:45:00+05:45", NOW, id="offset"),
        pytest.param("2026-10-01t12:00:00z", NOW, id="lower-case"),
        pytest.param("2026-10-01T12:00:00.0000009Z", NOW, id="finer-than-microseconds"),
        pytest.param(1790856000, NOW, id="seconds"),
        pytest.param(1790856000.25, NOW.replace(microsecond=250_000), id="fraction"),
        pytest.param(1790856000000, NOW, id="milliseconds"),
        pytest.param(1790856000000.5, NOW.replace(microsecond=500), id="milliseconds-fraction"),
    ],
)
def test_times_are_instants_in_utc(time: str | float, expected: datetime) -> None:
    event = only(read({"id": "a", "time": time}))
    assert event.time == expected
    assert event.time_stated


def test_an_event_without_time_gets_the_time_of_receipt_and_says_so() -> None:
    event = only(read({"id": "a"}))
    assert (event.time, event.time_stated) == (NOW, False)


@pytest.mark.parametrize(
    ("wire", "tokens"),
    [
        pytest.param(
            {"input": 100, "cache_read": 60, "cache_write_5m": 30, "output": 5, "reasoning": 2},
            Tokens(input_uncached=10, cache_read=60, cache_write_5m=30, output=5, reasoning=2),
            id="total-with-cache",
        ),
        pytest.param({"input_uncached": 10, "cache_read": 60}, Tokens(input_uncached=10, cache_read=60), id="parts"),
        pytest.param(
            {"input": 70, "input_uncached": 10, "cache_read": 60},
            Tokens(input_uncached=10, cache_read=60),
            id="both-agreeing",
        ),
        pytest.param({"output": 0}, Tokens(output=0), id="unknown-stays-unknown"),
        pytest.param(
            {"input": 50, "cache_write": 30, "cache_write_1h": 10},
            Tokens(input_uncached=20, cache_write_1h=10, cache_write_other=20),
            id="writes-of-unstated-duration",
        ),
        pytest.param({"input": 5, "output": 6, "total": 11}, Tokens(input_uncached=5, output=6), id="total-checked"),
    ],
)
def test_token_counts_become_disjoint_parts(wire: dict[str, int], tokens: Tokens) -> None:
    assert only(read({"id": "a", "tokens": wire})).tokens == tokens


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"tokens": {"input": 5, "cache_read": 9}}, "tokens_contradict: tokens.input is 5 but its parts cache_read 9"),
        ({"tokens": {"input": 9, "input_uncached": 8, "cache_read": 2}}, "tokens_contradict: tokens.input 9 leaves 7"),
        ({"tokens": {"output": 1, "reasoning": 2}}, "tokens_contradict: tokens.reasoning is 2 but tokens.output"),
        ({"tokens": {"reasoning": 2}}, "tokens.output, which includes it, is not stated"),
        ({"tokens": {"input": -1}}, "field_invalid: tokens.input: Expected `int` >= 0"),
        ({"tokens": {"input": 1, "output": 2, "total": 4}}, "tokens_contradict: tokens.total is 4"),
        ({"tokens": {"cache_write": 1, "cache_write_5m": 2}}, "tokens_contradict: tokens.cache_write is 1"),
        ({"tokens": {"prompt": 1}}, "field_invalid: tokens: Object contains unknown field `prompt`"),
        ({"tokens": {"input": 1.5}}, "field_invalid: tokens.input"),
        ({"time": "2026-10-01T12:00:00"}, "field_invalid: time '2026-10-01T12:00:00' has no zone"),
        ({"time": "yesterday"}, "field_invalid: time 'yesterday' is no RFC 3339 time"),
        ({"time": -5}, "field_invalid: time -5"),
        ({"time": 10**30}, "field_invalid: time"),
        ({"agent_type": "API"}, "it is one of api, framework, no_code"),
        ({"status": "fine"}, "it is one of ok, error, cancelled, blocked, pending"),
        ({"tags": ["prod"]}, "field_invalid: tag 'prod' is not of the form key:value"),
        ({"cost": "-1"}, "only an adjustment"),
        ({"quantity": "-1", "unit": "pages"}, "only an adjustment"),
        ({"cost": "1e9999999"}, "below a million dollars"),
        ({"quantity": "1e999999999999", "unit": "pages"}, "too large for one event"),
        ({"cost": "NaN"}, "field_invalid: cost is NaN"),
        ({"cost": "1e-400000000"}, "field_invalid: cost has more than 30 decimals"),
        ({"cost": "1000000"}, "below a million dollars"),
        ({"cost": "1", "currency": "EUR"}, "field_invalid: currency is 'EUR'"),
        ({"quantity": 3}, "field_invalid: quantity is given without a unit"),
        ({"quantity": "Infinity", "unit": "pages"}, "field_invalid: quantity is Infinity"),
        ({"id": ""}, "field_invalid: id:"),
        ({"id": 5}, "field_invalid: id:"),
    ],
)
def test_a_bad_event_says_what_is_wrong_with_it(event: dict[str, Any], said: str) -> None:
    assert said in reason({"id": "a"} | event)


def test_one_bad_event_never_sinks_its_neighbours() -> None:
    received = read({"id": "a"}, 5, {"id": "b", "status": "?"}, {"user": "x"}, {"id": "c"})
    assert [(index, event.id) for index, event in received.events] == [(0, "a"), (4, "c")]
    assert [(each.index, each.id) for each in received.refused] == [(1, None), (2, "b"), (3, None)]


def test_an_unknown_field_is_left_out_and_remarked_with_the_name_meant() -> None:
    received = read({"id": "a", "modle": "gpt-4o"})
    assert only(received).model is None
    (remark,) = received.remarks
    assert remark.message == "'modle' is no field of an event and was left out; did you mean model?"


def test_an_empty_field_is_left_out_and_remarked() -> None:
    received = read({"id": "a", "user": "", "model": "gpt-4o"})
    assert (only(received).user, only(received).model) == (None, "gpt-4o")
    assert [remark.code for remark in received.remarks] == ["empty_field"]


@pytest.mark.parametrize(
    "bad",
    [b'{"id":"b","user":"\\ud800"}', b'{"id":"b","user":"\xff"}', b'{"id":"b","latency_ms":NaN}'],
    ids=["surrogate", "utf-8", "nan"],
)
def test_malformed_text_refuses_its_own_event_alone(bad: bytes) -> None:
    body = b' [ {"id":"a","cost":0.10000000000000000001} , ' + bad + b', {"id":"c"} ] '
    received = read_json(body, ARRIVAL, 10)
    assert [event.id for _, event in received.events] == ["a", "c"]
    assert [each.index for each in received.refused] == [1]


@pytest.mark.parametrize("body", [b'[{"id":"\\ud800"', b'[{"id":"\\ud800"}{}]', b'[{"id":"\\ud800"}] []', b"[,]", b"["])
def test_an_array_that_cant_be_taken_apart_is_refused_whole(body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        read_json(body, ARRIVAL, 10)


def test_costs_are_read_exactly_from_strings_and_numbers() -> None:
    assert only(read({"id": "a", "cost": "0.052005"})).reported_cost == ReportedCost(52_005_000_000)
    body = b'{"id": "a", "cost": 0.1}'
    assert only(read_json(body, ARRIVAL, 1)).reported_cost == ReportedCost(as_pico(Decimal("0.1")))


def test_an_adjustment_may_lower_cache_writes_of_which_no_duration_is_known() -> None:
    wire = {"cache_write": -10, "cache_write_5m": -4}
    event = only(read({"id": "b", "adjusts": "a", "tokens": wire}))
    assert event.tokens == Tokens(cache_write_5m=-4, cache_write_other=-6)


def test_an_adjustment_may_lower_counts_and_cost() -> None:
    event = only(read({"id": "b", "adjusts": "a", "cost": "-0.5", "tokens": {"input": -10, "output": -1}}))
    assert (event.requests, event.tokens) == (0, Tokens(input_uncached=-10, output=-1))
    assert event.reported_cost == ReportedCost(-(10**12) // 2)


def test_what_the_key_is_bound_to_wins_over_what_is_claimed() -> None:
    bound = msgspec.structs.replace(ARRIVAL, fixed={"user": "ann", "pod": "p1"})
    event = only(read_json(b'{"id": "a", "user": "mallory", "team": "core"}', bound, 1))
    assert (event.user, event.pod, event.team) == ("ann", "p1", "core")


def test_lines_are_read_each_for_itself() -> None:
    received = read_lines(b'{"id":"a"}\n\n{"id":\r\n{"id":"b"}', ARRIVAL, 10)
    assert [event.id for _, event in received.events] == ["a", "b"]
    assert [each.index for each in received.refused] == [1]


@pytest.mark.parametrize("body", [b"", b"{", b"[1", b"[" * 100_000, b"nul", b"{} {}"])
def test_a_body_that_is_no_json_is_refused_whole(body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        read_json(body, ARRIVAL, 10)


@pytest.mark.parametrize("body", [b"[{},{},{}]", b'[{"id":"a"},{"id":"b"},{"id":"c"}]'], ids=["bad", "good"])
def test_too_many_events_are_refused_whole(body: bytes) -> None:
    with pytest.raises(BodyTooLarge, match="more than 2 events"):
        read_json(body, ARRIVAL, 2)
    with pytest.raises(BodyTooLarge, match="more than 2 events"):
        read_lines(b"{}\n{}\n{}", ARRIVAL, 2)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" + b"0," * 2_000_000 + b"0]", id="numbers"),
        pytest.param(b"[" + b'{"id":"1"},' * 400_000 + b'{"id":"1"}]', id="events"),
        pytest.param(b"1\n" * 2_000_000, id="lines"),
    ],
)
def test_far_too_many_events_never_become_objects(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge, match="more than 10 events"):
            (read_lines if body.startswith(b"1") else read_json)(body, ARRIVAL, 10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(body)


@pytest.mark.parametrize("around", [b"%s", b"[%s]"], ids=["one", "batch"])
def test_one_event_with_millions_of_values_is_refused_before_they_are_held(around: bytes) -> None:
    body = around % (b'{"id": "a", "metadata": {"a": [' + b"[]," * 3_000_000 + b"1]}}")
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge, match="values in it, too many"):
            read_json(body, ARRIVAL, 10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(body)


def test_many_unknown_fields_cost_next_to_nothing() -> None:
    event: dict[str, Any] = {"id": "a"} | {f"usser{number}": 1 for number in range(20_000)}
    started = process_time()
    received = read(event, event | {"id": "b"})
    assert process_time() - started < 2  # comparing each with every other, as was done once, takes minutes
    assert (len(received.events), len(received.remarks)) == (2, MOST_REMARKS)
    assert "did you mean user?" in received.remarks[0].message


def test_an_unknown_name_of_any_length_is_told() -> None:
    (remark,) = read({"id": "a", "x" * 1_000_000: 1}).remarks
    assert len(remark.message) < 200


@pytest.mark.parametrize("beside", ["", ', "yours": 1'], ids=["as-sent", "beside-an-unknown-field"])
def test_no_number_goes_through_floating_point(beside: str) -> None:
    fields = f'"quantity": 123456789012.123456, "unit": "pages", "cost": 123456.123456789012{beside}'
    exact = (Decimal("123456789012.123456"), ReportedCost(123456123456789012))
    event = only(read_json(f'{{"id": "a", {fields}}}'.encode(), ARRIVAL, 10))
    assert (event.quantity, event.reported_cost) == exact
    cloud = f'{{"specversion": "1.0", "id": "a", "source": "s", "type": "t", "data": {{{fields}}}}}'
    event = only(read_cloud_event(cloud.encode(), ARRIVAL))
    assert (event.quantity, event.reported_cost) == exact


def test_an_empty_adjusts_makes_no_adjustment() -> None:
    assert "tokens.output: Expected `int` >= 0" in reason({"id": "a", "adjusts": "", "tokens": {"output": -5}})


CLOUD = {"specversion": "1.0", "id": "e1", "source": "/billing", "type": "llm.call", "data": {"model": "gpt-4o"}}


def test_a_cloud_event_is_an_event_in_an_envelope() -> None:
    body = CLOUD | {"time": "2026-10-01T12:00:00Z", "subject": "ann", "traceparent": "00-…"}
    event = only(read_cloud_event(msgspec.json.encode(body), ARRIVAL))
    assert (event.id, event.source, event.time, event.user, event.model) == ("e1", "api:/billing", NOW, "ann", "gpt-4o")


def test_a_batch_of_cloud_events_refuses_each_bad_one_by_its_index() -> None:
    bad = {name: value for name, value in CLOUD.items() if name != "source"}
    worse = CLOUD | {"data": {"status": "?"}}
    body = msgspec.json.encode([bad, CLOUD, CLOUD | {"specversion": "0.3"}, worse, CLOUD | {"id": "e2"}])
    received = read_cloud_events(body, ARRIVAL, 10)
    assert [(index, event.id) for index, event in received.events] == [(1, "e1"), (4, "e2")]
    assert sorted(each.index for each in received.refused) == [0, 2, 3]
    assert read_cloud_events(b"[]", ARRIVAL, 10) == Received([], [], [])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
field_names = st.sampled_from(["id", "time", "tokens", "tags", "cost", "quantity", "unit", "status", "metadata", "x"])


@given(events=st.lists(st.dictionaries(field_names, json_values, max_size=6), max_size=4))
def test_no_json_escapes_the_declared_errors(events: list[Any]) -> None:
    received = read(*events)
    assert len(received.events) + len(received.refused) == len(events)


@given(body=st.binary(max_size=200))
def test_no_bytes_escape_the_declared_errors(body: bytes) -> None:
    for reader in (read_json, read_lines, read_cloud_events):
        try:
            reader(body, ARRIVAL, 10)
        except (BodyUnreadable, BodyTooLarge):
            continue
