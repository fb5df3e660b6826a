"""Holds every answer of the ledger equal, to the last digit, to the one that plain Python gets from the same events."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.store import Snapshot
from outlay.query.ask import Query
from outlay.query.catalogue import MEASURES
from outlay.query.result import Result, Row
from outlay.query.run import run
from outlay.query.timerange import LastDays, Span
from outlay.usage import PricedEvent
from tests.query import drawn, oracle
from tests.query.drawn import MOMENTS

ELSEWHERE = parse_zone("Pacific/Chatham")
# A failing seed says enough; shrinking it would take minutes and make nothing smaller.
slow = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate], deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@contextmanager
def ledger_of(events: Sequence[PricedEvent], zone: ZoneInfo) -> Iterator[Snapshot]:
    """Open a ledger that has folded the first half of the events and not yet the second."""
    ledger = DuckLedger(None, lambda _: zone, memory_mb=256, threads=1)
    try:
        half = len(events) // 2
        ledger.append(events[:half])
        ledger.fold()
        ledger.append(events[half:])
        with ledger.snapshot() as snapshot:
            yield snapshot
    finally:
        ledger.close()


def check(result: Result, events: Sequence[PricedEvent], zone: ZoneInfo) -> None:
    asked = result.query
    expected = oracle.answer(asked, result.span, zone, events)
    assert lines_of(asked, result.rows, [each.start for each in result.buckets], zone) == expected.lines
    assert result.totals == expected.totals
    assert result.adds_up.holds == all(
        parts == total for parts, total in parts_and_totals(asked, expected.lines, expected.totals)
    )
    repeats = asked.tags == "repeat" and any(each.startswith("tag") for each in asked.dimensions)
    if asked.dimensions and not repeats and asked.rest == "other":
        assert result.adds_up.holds
    assert [each.total for each in result.adds_up.sums] == [
        total for measure, total in zip(asked.measures, expected.totals, strict=True) if is_proven(asked, measure)
    ]
    check_baseline(result, expected, events, zone)


def check_baseline(result: Result, current: oracle.Expected, events: Sequence[PricedEvent], zone: ZoneInfo) -> None:
    asked, compared = result.query, result.compared
    if compared is None:
        assert asked.baseline is None
        return
    earlier = compared.baseline.span
    assert compared.totals == oracle.figures(asked.measures, oracle.selected(asked, earlier, events))
    kept = oracle.best_groups(asked, oracle.selected(asked, result.span, events)) if asked.limit else None
    if asked.dimensions or asked.grain != "none":
        expected = oracle.grouped(asked, zone, oracle.selected(asked, earlier, events), kept)
        assert lines_of(asked, compared.rows, [each.start for each in compared.buckets], zone) == expected
    by_place = {(row.bucket, row.key, row.other): row.figures for row in compared.rows}
    assert [row.before for row in result.rows] == [by_place.get((r.bucket, r.key, r.other)) for r in result.rows]
    assert len(current.lines) == len(result.rows)


def lines_of(asked: Query, rows: Sequence[Row], starts: Sequence[datetime], zone: ZoneInfo) -> list[oracle.Line]:
    return [
        oracle.Line(
            () if row.bucket is None else oracle.calendar_key(starts[row.bucket], asked.grain, zone),
            row.key,
            row.other,
            row.figures,
        )
        for row in rows
    ]


def is_proven(asked: Query, measure: str) -> bool:
    return MEASURES[measure].additive and (asked.tags == "repeat" or oracle.is_divided(measure))


def parts_and_totals(
    asked: Query, lines: Sequence[oracle.Line], totals: oracle.Figures
) -> Iterator[tuple[object, object]]:
    for at, measure in enumerate(asked.measures):
        if is_proven(asked, measure):
            known = [figure for line in lines if isinstance(figure := line.figures[at], int | Decimal)]
            yield (sum(known) if known or MEASURES[measure].kind == "count" else None), totals[at]


@pytest.mark.parametrize("name", MOMENTS)
@given(seed=st.integers(0, 2**32), count=st.integers(25, 60), moment=st.integers(0, 1))
@example(seed=346, count=45, moment=0)  # Kathmandu: two averages of 0.1, one of which floating point made 0.0999…
@settings(slow, max_examples=10)
def test_every_answer_is_what_plain_python_makes_of_the_same_events(
    name: str, seed: int, count: int, moment: int
) -> None:
    zone, now, random = parse_zone(name), MOMENTS[name][moment], Random(seed)
    events = drawn.ledger(random, count, name, now)
    with ledger_of(events, zone) as snapshot:
        for _ in range(8):
            query = drawn.query(random, name, now)
            result = run(query, snapshot, zone, now)
            check(result, events, zone)
            # In the eyes of an organisation elsewhere the rollup's days are wrong, so only events are read.
            without_rollup = run(query, snapshot, ELSEWHERE, now)
            assert without_rollup == result


@given(seed=st.integers(0, 2**32))
@settings(slow, max_examples=2)
def test_every_measure_by_every_dimension(seed: int) -> None:
    name, random = "Europe/Berlin", Random(seed)
    zone, now = parse_zone(name), MOMENTS[name][0]
    events = drawn.ledger(random, 60, name, now)
    with ledger_of(events, zone) as snapshot:
        for dimension in drawn.ALL_DIMENSIONS:
            query = Query(drawn.ADMIN, tuple(MEASURES), (dimension,), range=LastDays(30))
            check(run(query, snapshot, zone, now), events, zone)


def test_the_oracle_knows_every_measure() -> None:
    assert set(oracle.MEANINGS) == set(MEASURES)


def test_an_empty_span_is_empty_and_not_an_error() -> None:
    zone = parse_zone("UTC")
    now = MOMENTS["UTC"][0]
    query = Query(drawn.ADMIN, tuple(MEASURES))
    with ledger_of([], zone) as snapshot:
        result = run(query, snapshot, zone, now)
    assert result.total("requests") == 0
    assert result.total("cost") is None
    assert isinstance(result.span, Span)
