from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.errors import QueryInvalid
from outlay.kit.period import as_micros, parse_zone
from outlay.ledger.schema import EVENT_COLUMNS
from outlay.ledger.store import Snapshot
from outlay.query.ask import Filter, Query
from outlay.query.rows import EventRow, Position, list_events, read_cursor, write_cursor
from outlay.query.run import run
from outlay.query.timerange import LastDays
from outlay.usage import PricedEvent
from tests.query import drawn, oracle
from tests.query.test_oracle import ledger_of

ZONE = parse_zone("Europe/Berlin")
NOW = drawn.MOMENTS["Europe/Berlin"][0]
EVENTS = drawn.ledger(Random(7), 80, "Europe/Berlin", NOW)
QUERY = Query(drawn.ADMIN, ("requests", "cost"), range=LastDays(40))


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with ledger_of(EVENTS, ZONE) as opened:
        yield opened


def every_page(query: Query, snapshot: Snapshot, limit: int) -> list[EventRow]:
    found: list[EventRow] = []
    after = None
    while True:
        page = list_events(query, snapshot, ZONE, NOW, after=after, limit=limit)
        assert len(page.rows) <= limit
        found += page.rows
        if page.next is None:
            return found
        after = page.next


def expected(query: Query, snapshot: Snapshot) -> list[PricedEvent]:
    result = run(query, snapshot, ZONE, NOW)
    found = oracle.selected(result.query, result.span, EVENTS)
    return sorted(found, key=lambda priced: (priced.event.time, int(priced.event.id)), reverse=True)


@pytest.mark.parametrize(
    "viewer", drawn.VIEWERS[2:], ids=lambda viewer: f"{viewer.organisation}-{viewer.role}-{viewer.user}"
)
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_list_what_the_viewer_may_see_newest_first_and_once(
    snapshot: Snapshot, viewer: Viewer, limit: int
) -> None:
    query = Query(viewer, ("requests", "cost"), range=LastDays(40), filters=(Filter("tag:env", "has"),))
    wanted = expected(query, snapshot)
    found = every_page(query, snapshot, limit)
    assert [row.id for row in found] == [priced.event.id for priced in wanted]


def test_the_rows_make_the_figure(snapshot: Snapshot) -> None:
    found = every_page(QUERY, snapshot, 10)
    result = run(QUERY, snapshot, ZONE, NOW)
    assert sum(row.requests for row in found) == result.total("requests")
    assert sum(row.cost for row in found if row.cost is not None) == result.total("cost")


def test_a_row_is_the_event(snapshot: Snapshot) -> None:
    row, priced = list_events(QUERY, snapshot, ZONE, NOW, limit=1).rows[0], expected(QUERY, snapshot)[0]
    event = priced.event
    assert (row.time, row.received_at, row.id, row.tags) == (
        event.time,
        event.received_at,
        event.id,
        list(dict.fromkeys(event.tags)),
    )
    assert (row.input_tokens, row.tokens) == (event.tokens.input_total, event.tokens.total)


def test_a_row_has_every_column_but_the_day() -> None:
    assert EventRow.__struct_fields__ == tuple(name for name in EVENT_COLUMNS if name != "day")


@given(
    time=st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - hypothesis draws them so
    seq=st.integers(0, 10**17),
)
def test_a_cursor_reads_what_it_wrote(time: datetime, seq: int) -> None:
    position = Position(time.replace(tzinfo=UTC), seq)
    assert read_cursor(write_cursor(position)) == position


@given(text=st.text(max_size=80) | st.text("AZaz09-_=", max_size=40))
def test_a_forged_cursor_is_refused(text: str) -> None:
    try:
        position = read_cursor(text)
    except QueryInvalid:
        return
    assert write_cursor(position) == text
    assert as_micros(position.time) >= 0


def test_a_cursor_gives_no_sight(snapshot: Snapshot) -> None:
    everywhere = write_cursor(Position(NOW + timedelta(days=1), 10**9))
    stranger = Query(drawn.STRANGER, range=LastDays(40))
    assert list_events(stranger, snapshot, ZONE, NOW, after=everywhere).rows == ()


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_limit_out_of_bounds_is_refused(snapshot: Snapshot, limit: int) -> None:
    with pytest.raises(QueryInvalid, match="can't be listed"):
        list_events(QUERY, snapshot, ZONE, NOW, limit=limit)


@pytest.mark.parametrize("limit", [None, 5], ids=["every-group", "the-first-ones"])
def test_an_answer_with_too_many_rows_is_refused_and_never_cut(
    snapshot: Snapshot, limit: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = replace(QUERY, dimensions=("user",), grain="hour", limit=limit)
    number = len(run(query, snapshot, ZONE, NOW).rows)
    monkeypatch.setattr("outlay.query.run.MOST_ROWS", number)
    assert len(run(query, snapshot, ZONE, NOW).rows) == number
    monkeypatch.setattr("outlay.query.run.MOST_ROWS", number - 1)
    with pytest.raises(QueryInvalid, match="more than"):
        run(query, snapshot, ZONE, NOW)
