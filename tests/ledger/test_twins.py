"""One call that several sources report is one event: whichever comes first, in one commit or in many."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.ledger import twins
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.schema import CALL_NAMES, SIGHTINGS
from outlay.ledger.verify import findings
from outlay.usage import PricedEvent
from tests.ledger.making import NOON, priced

UTC: Final = ZoneInfo("UTC")
ANSWER: Final = "chatcmpl-BpJAaDu4TDQQAGQSrmLLVy6RWZTsy"


@pytest.fixture(name="ledger")
def _ledger() -> Iterator[DuckLedger]:
    ledger = DuckLedger(None, lambda _: UTC)
    yield ledger
    ledger.close()


def report(source: str, *, name: str = "", late_s: float = 0.0, **fields: Any) -> PricedEvent:
    made = priced(name or f"{source}-1")
    usual: dict[str, Any] = {"source": source, "response_id": ANSWER, "latency_ms": 900}
    event = replace(made.event, time=NOON + timedelta(seconds=late_s), **usual | fields)
    return replace(made, event=event)


def sighted(ledger: DuckLedger) -> list[tuple[Any, ...]]:
    with ledger.snapshot() as snapshot:
        return snapshot.rows(f"SELECT source, id, by_source, by_id FROM {SIGHTINGS} ORDER BY by_source, by_id")


def sound(ledger: DuckLedger) -> None:
    with ledger.snapshot() as snapshot:
        assert [each for each in findings(snapshot, lambda _: UTC) if each.wrong] == []


GATEWAY = report("gateway", name="call_1")
TRACED = report("otlp:shop", name=f"openai:{ANSWER}", late_s=-0.1)
ELSEWHERE = report("otlp:proxy", name=f"azure:{ANSWER}", late_s=0.05)


@pytest.mark.parametrize(
    "order",
    [(GATEWAY, TRACED), (TRACED, GATEWAY), (GATEWAY, TRACED, ELSEWHERE), (ELSEWHERE, TRACED, GATEWAY)],
    ids=["gateway first", "telemetry first", "three, gateway first", "three, gateway last"],
)
@pytest.mark.parametrize("together", [True, False], ids=["one commit", "a commit each"])
def test_the_first_report_is_the_event(ledger: DuckLedger, order: Sequence[PricedEvent], *, together: bool) -> None:
    stored = (
        ledger.commit([ledger.stage([each]) for each in order]).stored
        if together
        else tuple(ledger.append([each]).stored[0] for each in order)
    )
    assert stored == (True, *(False for _ in order[1:]))
    first = order[0].event
    assert sighted(ledger) == sorted((first.source, first.id, each.event.source, each.event.id) for each in order[1:])
    sound(ledger)


def test_sent_again_it_is_sighted_once(ledger: DuckLedger) -> None:
    for each in (GATEWAY, TRACED, TRACED, GATEWAY):
        ledger.append([each])
    assert len(sighted(ledger)) == 1
    assert ledger.append([GATEWAY, TRACED]).stored == (False, False)
    assert len(sighted(ledger)) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (report("api:shop"), report("api:other")),
        (report("gateway"), report("api:shop")),
        (report("gateway"), report("import:csv")),
        (report("gateway", name="call_1"), report("gateway", name="call_2")),
        (GATEWAY, report("otlp:shop", response_id="stub")),
        (report("gateway", response_id="chatcmpl-123"), report("otlp:shop", response_id="chatcmpl-123")),
        (report("gateway", response_id=None), report("otlp:shop", response_id=None)),
        (GATEWAY, report("otlp:shop", organisation="other")),
        (GATEWAY, report("otlp:shop", late_s=4000)),
        (TRACED, report("otlp:shop", name=f"openai:{ANSWER}", late_s=30)),
        (TRACED, report("otlp:proxy", late_s=30)),
    ],
    ids=[
        "two senders",
        "a sender of events",
        "an import",
        "gateway counts each",
        "stub",
        "counted ids",
        "no id",
        "another organisation",
        "hours apart",
        "one tool, not at the same time",
        "two tools, not at the same time",
    ],
)
def test_what_is_not_told_to_be_the_same_counts(ledger: DuckLedger, first: PricedEvent, second: PricedEvent) -> None:
    assert ledger.append([first]).stored == (True,)
    assert ledger.append([second]).stored == (True,)
    assert sighted(ledger) == []


def span(at: str, inside: str = "", **fields: Any) -> PricedEvent:
    told = {"trace_id": "t1", "span_id": at} | ({"inside": [inside]} if inside else {})
    return report("otlp:shop", name=f"t1:{at}", response_id=None, metadata=told, **fields)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["inner first", "outer first"])
def test_a_call_inside_a_call_is_the_same(ledger: DuckLedger, order: tuple[int, int]) -> None:
    both = (span("inner", "outer"), span("outer"))
    assert [ledger.append([both[number]]).stored[0] for number in order] == [True, False]


def test_several_tries_inside_a_call_are_that_many(ledger: DuckLedger) -> None:
    tries = [span("try-1", "outer"), span("try-2", "outer", late_s=1), span("outer")]
    assert [ledger.append([each]).stored[0] for each in tries] == [True, True, False]


def test_what_a_duplicate_knows_finds_the_third(ledger: DuckLedger) -> None:
    inner = report("otlp:shop", metadata={"trace_id": "t1", "span_id": "inner", "inside": ["outer"]})
    stored = [ledger.append([each]).stored[0] for each in (GATEWAY, inner, span("outer"))]
    assert stored == [True, False, False]
    assert {row[0] for row in sighted(ledger)} == {"gateway"}


def test_a_request_id_is_a_name_too(ledger: DuckLedger) -> None:
    request = {"request_id": "req_011CYvBm7NestsCukYLh1Zqg"}
    ledger.append([report("gateway", metadata=request)])
    by_agent = report("otlp:claude-code", response_id=None, metadata=request)
    assert ledger.append([by_agent]).stored == (False,)


def test_fees_of_a_call_told_twice_count_once(ledger: DuckLedger) -> None:
    def with_fee(call: PricedEvent) -> list[PricedEvent]:
        fee = replace(
            call.event,
            id=f"{call.event.id}#web_search",
            response_id=None,
            service="web_search",
            metadata={"part_of": call.event.id},
        )
        return [call, replace(call, event=fee)]

    assert ledger.append(with_fee(GATEWAY)).stored == (True, True)
    assert ledger.append(with_fee(TRACED)).stored == (False, False)
    sound(ledger)


def test_a_fee_that_only_one_tells_of_counts(ledger: DuckLedger) -> None:
    ledger.append([TRACED])
    fee = replace(GATEWAY.event, id="call_1#web_search", response_id=None, metadata={"part_of": "call_1"})
    assert ledger.append([GATEWAY, replace(GATEWAY, event=fee)]).stored == (False, True)


def test_an_old_name_is_forgotten_when_days_are_folded(ledger: DuckLedger) -> None:
    ledger.append([GATEWAY])
    ledger.append([report("gateway", name="call_9", late_s=8 * 86_400)])
    ledger.fold()
    with ledger.snapshot() as snapshot:
        assert snapshot.rows(f"SELECT count(*) FROM {CALL_NAMES}") == [(1,)]


def test_what_was_sighted_once_never_counts_later(ledger: DuckLedger) -> None:
    ledger.append([GATEWAY])
    ledger.append([TRACED])
    ledger.append([report("gateway", name="call_9", response_id=None, late_s=8 * 86_400)])
    ledger.append([report("gateway", name="call_8", response_id=f"{ANSWER}8", late_s=8 * 86_400)])
    ledger.fold()
    assert ledger.append([TRACED]).stored == (False,)
    assert len(sighted(ledger)) == 1
    sound(ledger)


def test_an_id_that_every_answer_has_is_not_looked_for_at_each(
    ledger: DuckLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = list[bool]()
    told_of = twins._is_told_of

    def counting(*event_and_report: Any, by_span: bool) -> bool:
        looked.append(by_span)
        return told_of(*event_and_report, by_span=by_span)

    several = [report("otlp:shop", name=f"call-{number}", late_s=10 * number) for number in range(250)]
    monkeypatch.setattr(twins, "_is_told_of", counting)
    assert all(ledger.append(several).stored)
    assert ledger.append([report("otlp:proxy", late_s=2490.1)]).stored == (False,)
    assert len(looked) <= 251 * twins.MOST_HOLDERS


def test_a_failed_commit_leaves_no_name(ledger: DuckLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "_insert", fail)
        with pytest.raises(RuntimeError, match="the disk is gone"):
            ledger.append([GATEWAY])
    assert ledger.append([TRACED]).stored == (True,)
    sound(ledger)


def test_verify_finds_what_counts_twice(ledger: DuckLedger) -> None:
    ledger.append([GATEWAY])
    ledger._writer.execute(f"DELETE FROM {CALL_NAMES}")
    ledger.append([TRACED])
    with ledger.snapshot() as snapshot:
        wrong = {each.rule for each in findings(snapshot, lambda _: UTC) if each.wrong}
    assert wrong == {"no answer counts for both gateway and OpenTelemetry"}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["gateway", "otlp:a", "otlp:b"]), st.integers(0, 4)), max_size=12))
def test_every_answer_counts_once_however_reports_come(drawn: list[tuple[str, int]]) -> None:
    ledger = DuckLedger(None, lambda _: UTC)
    try:
        stored = [
            ledger.append([report(source, name=f"{source}-{number}", response_id=f"{ANSWER}{number}")]).stored[0]
            for source, number in drawn
        ]
        assert sum(stored) == len({number for _, number in drawn})
        sound(ledger)
    finally:
        ledger.close()
