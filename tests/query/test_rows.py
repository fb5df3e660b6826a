from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.errors import QueryInvalid
from outlay.kit.period import as_micros, parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.schema import EVENT_COLUMNS
from outlay.ledger.store import Snapshot
from outlay.query.ask import Filter, Query
from outlay.query.event_order import EVENT_ORDERS, NEWEST_FIRST, OLDEST_FIRST, Place, read_cursor, write_cursor
from outlay.query.refine import Moment
from outlay.query.rows import EventRow, list_events
from outlay.query.run import run
from outlay.query.timerange import LastDays, LastHours
from outlay.usage import PricedEvent
from tests.query import drawn, oracle
from tests.query.test_oracle import ledger_of

ZONE = parse_zone("Europe/Berlin")
NOW = drawn.MOMENTS["Europe/Berlin"][0]
EVENTS = drawn.ledger(Random(7), 80, "Europe/Berlin", NOW)
HERE = Moment(ZONE, NOW)
QUERY = Query(drawn.ADMIN, ("requests", "cost"), range=LastDays(40))


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with ledger_of(EVENTS, ZONE) as opened:
        yield opened


def every_page(query: Query, snapshot: Snapshot, limit: int, order: str = NEWEST_FIRST) -> list[EventRow]:
    found: list[EventRow] = []
    after = None
    while True:
        page = list_events(query, snapshot, HERE, order=order, after=after, limit=limit)
        assert len(page.rows) <= limit
        found += page.rows
        if page.next is None:
            return found
        after = page.next


def shown_id(priced: PricedEvent) -> str:
    """Return the id that an event is listed with: what was moved is listed as itself."""
    into = any(each.event.takes_out and each.event.adjusts == priced.event.adjusts for each in EVENTS)
    return oracle.named(priced) if priced.event.repricing and into else priced.event.id


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
    assert [row.id for row in found] == [shown_id(priced) for priced in wanted]


@pytest.mark.parametrize("order", EVENT_ORDERS)
@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_every_order_lists_the_same_events_unknown_last(snapshot: Snapshot, order: str, limit: int) -> None:
    meaning: Callable[[PricedEvent], Any] = {
        "time": lambda priced: priced.event.time,
        "cost": lambda priced: priced.cost.pico,
        "latency_ms": lambda priced: priced.event.latency_ms,
        "tokens": lambda priced: priced.event.tokens.total,
    }[order.removeprefix("-")]
    way = -1 if order.startswith("-") else 1
    numbered = {id(priced): number for number, priced in enumerate(EVENTS)}
    wanted = sorted(expected(QUERY, snapshot), key=lambda priced: way * numbered[id(priced)])
    known = [priced for priced in wanted if meaning(priced) is not None]
    known.sort(key=meaning, reverse=way < 0)
    wanted = known + [priced for priced in wanted if meaning(priced) is None]
    assert [row.id for row in every_page(QUERY, snapshot, limit, order)] == [shown_id(priced) for priced in wanted]


@pytest.mark.parametrize("order", EVENT_ORDERS)
def test_what_comes_in_meanwhile_changes_no_page(order: str) -> None:
    ledger = DuckLedger(None, lambda _: ZONE, memory_mb=256, threads=1)
    ledger.append(EVENTS[:50])
    query, moment, found, after = replace(QUERY, range=LastHours(24 * 35)), HERE, list[str](), None
    with ledger.snapshot() as snapshot:
        wanted = [row.id for row in every_page(query, snapshot, 1000, order)]
    for number in range(50, len(EVENTS)):
        with ledger.snapshot() as snapshot:
            page = list_events(query, snapshot, moment, order=order, after=after, limit=3)
        found += [row.id for row in page.rows]
        assert page.watermark == 50
        after = page.next
        if after is None:
            break
        ledger.append(EVENTS[number : number + 1])
        moment = Moment(ZONE, moment.now + timedelta(hours=1))  # the beginning of the range moves on too
    ledger.close()
    assert found == wanted


def test_the_rows_make_the_figure(snapshot: Snapshot) -> None:
    found = every_page(QUERY, snapshot, 10)
    result = run(QUERY, snapshot, ZONE, NOW)
    assert sum(row.requests for row in found) == result.total("requests")
    assert sum(row.cost for row in found if row.cost is not None) == result.total("cost")


def test_a_row_is_the_event(snapshot: Snapshot) -> None:
    row, priced = list_events(QUERY, snapshot, HERE, limit=1).rows[0], expected(QUERY, snapshot)[0]
    event = priced.event
    assert (row.time, row.received_at, row.id, row.tags) == (
        event.time,
        event.received_at,
        event.id,
        list(dict.fromkeys(event.tags)),
    )
    assert (row.input_tokens, row.tokens) == (event.tokens.input_total, event.tokens.total)


def test_a_row_has_every_column_but_the_day() -> None:
    apart = {"day", "moved_by"}
    assert EventRow.__struct_fields__[:-2] == tuple(name for name in EVENT_COLUMNS if name not in apart)


_NUMBERS = st.integers(0, 10**17)


@given(
    order=st.sampled_from(["-cost", "-latency_ms", "-tokens"]),
    key=st.none() | st.integers(1 - 10**18, 10**18 - 1),
    seq=_NUMBERS,
    asked_at=st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - hypothesis draws them so
)
def test_a_cursor_reads_what_it_wrote(order: str, key: int | None, seq: int, asked_at: datetime) -> None:
    place = Place(order, key, seq, seq + 1, asked_at.replace(tzinfo=UTC))
    assert read_cursor(write_cursor(place)) == place


@given(
    text=st.text(max_size=80)
    | st.text("AZaz09-_=", max_size=40)
    | st.from_regex(r"-?(time|cost|tokens)/-?[0-9]{0,18}/[0-9]{1,19}/[0-9]{1,18}/[0-9]{1,18}", fullmatch=True).map(
        lambda plain: urlsafe_b64encode(plain.encode()).rstrip(b"=").decode()
    )
)
def test_a_forged_cursor_is_refused_or_harmless(snapshot: Snapshot, text: str) -> None:
    try:
        place = read_cursor(text)
    except QueryInvalid:
        return
    assert write_cursor(place) == text
    page = list_events(QUERY, snapshot, HERE, order=place.order, after=text)
    assert page.watermark <= snapshot.watermark
    assert {row.organisation for row in page.rows} <= {"acme"}


def test_a_cursor_gives_no_sight(snapshot: Snapshot) -> None:
    everywhere = write_cursor(Place(NEWEST_FIRST, as_micros(NOW), 10**9, 10**9, NOW + timedelta(days=1)))
    stranger = Query(drawn.STRANGER, range=LastDays(40))
    assert list_events(stranger, snapshot, HERE, after=everywhere).rows == ()


def test_a_cursor_is_of_one_order(snapshot: Snapshot) -> None:
    after = list_events(QUERY, snapshot, HERE, limit=1).next
    assert after is not None
    with pytest.raises(QueryInvalid, match="list by '-time', not 'time'"):
        list_events(QUERY, snapshot, HERE, order=OLDEST_FIRST, after=after)
    with pytest.raises(QueryInvalid, match="can't be listed by 'name'"):
        list_events(QUERY, snapshot, HERE, order="name")


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_limit_out_of_bounds_is_refused(snapshot: Snapshot, limit: int) -> None:
    with pytest.raises(QueryInvalid, match="can't be listed"):
        list_events(QUERY, snapshot, HERE, limit=limit)


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
