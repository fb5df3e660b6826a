"""Pages of groups, one after the other, are the unpaged answer; named groups are those of it; and what a comparison
says there was before is what the other range answers when it is asked itself.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.errors import QueryInvalid
from outlay.kit.period import as_micros, parse_zone
from outlay.ledger.store import Snapshot
from outlay.query.ask import Filter, Key, Order, Query, Rest
from outlay.query.baseline import Comparison
from outlay.query.catalogue import MEASURES
from outlay.query.group_pages import OrderedBy, Place, read_place, write_place
from outlay.query.refine import Moment, refine
from outlay.query.result import Result, Row
from outlay.query.run import run
from outlay.query.timerange import Between, LastDays, OneMonth
from tests.query import drawn
from tests.query.drawn import ADMIN, MOMENTS
from tests.query.test_oracle import ledger_of, slow

NAMES = st.sampled_from(sorted(MOMENTS))
BERLIN = parse_zone("Europe/Berlin")
NOW = MOMENTS["Europe/Berlin"][0]


class Asker:
    """Asks one ledger at one instant."""

    def __init__(self, snapshot: Snapshot, zone: str, moment: int) -> None:
        self.snapshot, self.zone, self.now = snapshot, parse_zone(zone), MOMENTS[zone][moment]

    def run(self, query: Query) -> Result:
        return run(query, self.snapshot, self.zone, self.now)

    def pages(self, query: Query) -> Iterator[Result]:
        """Follow `next` from the first page to the last."""
        page = self.run(query)
        yield page
        while page.next is not None:
            page = self.run(replace(query, after=page.next, offset=0))
            yield page


def grouped(random: Random, name: str, moment: int) -> Query:
    """Return a question with groups."""
    query = drawn.query(random, name, MOMENTS[name][moment])
    dimensions = query.dimensions or (random.choice(["user", "model", "tag"]),)
    return replace(query, dimensions=dimensions, comparison="none", limit=None)


def kept_rows(rows: Sequence[Row], keys: Sequence[Key]) -> list[Row]:
    """Return the rows of some groups, bucket by bucket in the order of the keys."""
    found = [row for row in rows if not row.other and row.key in keys]
    return sorted(found, key=lambda row: (-1 if row.bucket is None else row.bucket, keys.index(row.key)))


@given(name=NAMES, seed=st.integers(0, 2**32), moment=st.integers(0, 1), size=st.integers(1, 4))
@settings(slow, max_examples=12)
def test_pages_one_after_the_other_are_the_unpaged_answer(name: str, seed: int, moment: int, size: int) -> None:
    random = Random(seed)
    events = drawn.ledger(random, 50, name, MOMENTS[name][moment])
    with ledger_of(events, parse_zone(name)) as snapshot:
        asker = Asker(snapshot, name, moment)
        for _ in range(4):
            query = replace(grouped(random, name, moment), grain="none")
            whole = asker.run(query)
            paged = replace(query, limit=size, rest="cut", count_groups=True)
            by_cursor = list(asker.pages(paged))
            count = -(-len(whole.rows) // size)
            by_offset = [asker.run(replace(paged, offset=at * size)) for at in range(max(count, 1))]
            for pages in (by_cursor, by_offset):
                assert [row for page in pages for row in page.rows] == list(whole.rows)
                assert {page.totals for page in pages} == {whole.totals}
                assert {page.groups for page in pages} == {len(whole.rows)}
            assert asker.run(replace(paged, offset=count * size)).groups == len(whole.rows)


@given(name=NAMES, seed=st.integers(0, 2**32), moment=st.integers(0, 1), size=st.integers(1, 3))
@settings(slow, max_examples=12)
def test_over_time_a_page_has_the_buckets_of_its_groups(name: str, seed: int, moment: int, size: int) -> None:
    random = Random(seed)
    events = drawn.ledger(random, 50, name, MOMENTS[name][moment])
    with ledger_of(events, parse_zone(name)) as snapshot:
        asker = Asker(snapshot, name, moment)
        query = replace(grouped(random, name, moment), grain=random.choice(["day", "week", "month"]))
        whole, ranking = asker.run(query), asker.run(replace(query, grain="none"))
        pages = list(asker.pages(replace(query, limit=size, rest="cut", count_groups=True)))
        for at, page in enumerate(pages):
            keys = [row.key for row in ranking.rows[at * size : (at + 1) * size]]
            assert list(page.rows) == kept_rows(whole.rows, keys)
            assert page.groups == len(ranking.rows)
        assert sum(len(page.rows) for page in pages) == len(whole.rows)


@given(name=NAMES, seed=st.integers(0, 2**32), moment=st.integers(0, 1))
@settings(slow, max_examples=12)
def test_named_groups_are_those_of_the_unpaged_answer_in_the_order_they_are_named(
    name: str, seed: int, moment: int
) -> None:
    random = Random(seed)
    events = drawn.ledger(random, 50, name, MOMENTS[name][moment])
    with ledger_of(events, parse_zone(name)) as snapshot:
        asker = Asker(snapshot, name, moment)
        for _ in range(4):
            query = grouped(random, name, moment)
            whole = asker.run(query)
            keys = [*sorted({row.key for row in whole.rows}, key=str), ("nobody",) * len(query.dimensions)]
            keys = random.sample(keys, random.randint(0, min(3, len(keys))))
            named = replace(query, keys=tuple(keys), count_groups=True)
            cut = asker.run(replace(named, rest="cut"))
            assert list(cut.rows) == kept_rows(whole.rows, keys)
            assert (cut.totals, cut.groups) == (whole.totals, len({row.key for row in whole.rows}))
            folded = asker.run(replace(named, rest="other"))
            assert [row for row in folded.rows if not row.other] == list(cut.rows)
            assert folded.adds_up.holds == whole.adds_up.holds
            bare = asker.run(replace(named, rest="cut", totals=False))
            assert (bare.rows, bare.totals) == (cut.rows, (None,) * len(query.measures))
            assert not bare.adds_up.holds


@given(name=NAMES, seed=st.integers(0, 2**32), moment=st.integers(0, 1))
@settings(slow, max_examples=12)
def test_what_was_before_is_what_the_other_range_answers_itself(name: str, seed: int, moment: int) -> None:
    random, now = Random(seed), MOMENTS[name][moment]
    events = drawn.ledger(random, 50, name, now)
    with ledger_of(events, parse_zone(name)) as snapshot:
        asker = Asker(snapshot, name, moment)
        for _ in range(4):
            query = replace(drawn.query(random, name, now), limit=None, comparison=comparison(random, now.year))
            result = asker.run(query)
            compared = result.compared
            if compared is None:
                continue
            earlier = compared.baseline.span
            if earlier.start == earlier.end:
                assert not any(row.key for row in compared.rows)
                continue
            itself = asker.run(replace(query, comparison="none", range=Between(earlier.start, earlier.end)))
            assert compared.totals == itself.totals
            assert [row.figures for row in compared.rows] == [row.figures for row in itself.rows]
            assert [row.key for row in compared.rows] == [row.key for row in itself.rows]
            places = {(row.bucket, row.key): row.figures for row in itself.rows}
            assert [row.before for row in result.rows] == [places.get((row.bucket, row.key)) for row in result.rows]


def comparison(random: Random, year: int) -> Comparison:
    month = OneMonth(year, random.randint(1, 12))
    return random.choice(["prev", "weekdays", "weekdays", "year", month, LastDays(random.randint(1, 60))])


# -- cursors -----------------------------------------------------------------------------------------------------------

PAGED = Query(ADMIN, tuple(MEASURES), ("user", "team"), range=LastDays(7), limit=2, rest="cut", zone="Europe/Berlin")
_VALUES = {
    "count": st.integers(-(10**30), 10**30),
    "money": st.decimals(-(10**15), 10**15, places=12),
    "time": st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
}
_NAMES_OF_GROUPS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def ordered(by: str) -> Query:
    return refine(replace(PAGED, order=Order(by)), Moment(BERLIN, NOW))


@given(
    by_and_value=st.one_of(
        *(
            st.tuples(st.just(each.id), st.none() | _VALUES.get(each.kind, _VALUES["count"]))
            for each in MEASURES.values()
            if each.kind in _VALUES or each.kind == "distinct"
        ),
        st.tuples(st.just("user"), _NAMES_OF_GROUPS),
    ),
    key=st.tuples(_NAMES_OF_GROUPS, _NAMES_OF_GROUPS),
)
def test_a_cursor_brings_back_its_place(by_and_value: tuple[str, OrderedBy], key: Key) -> None:
    by, value = by_and_value
    place = Place(value, key, NOW)
    assert read_place(write_place(place, ordered(by)), ordered(by), NOW) == place


def forged(*parts: object, by: str = "cost") -> str:
    """Return a cursor for PAGED that holds what it should not."""
    true = write_place(Place(None, (None, None), NOW), ordered(by))
    named = msgspec.json.decode(urlsafe_b64decode(true + "=="))[0]
    return urlsafe_b64encode(msgspec.json.encode([named, *parts])).rstrip(b"=").decode()


MICROS = str(as_micros(NOW))


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("!", id="not base64"),
        pytest.param("\u00e9", id="not ASCII"),
        pytest.param("bm90IGpzb24", id="not JSON"),
        pytest.param("W10", id="nothing"),
        pytest.param("e30", id="no list"),
        pytest.param("A" * 20_000, id="long"),
        pytest.param(forged(MICROS, "1e5", "ann", None), id="no plain number"),
        pytest.param(urlsafe_b64encode(b"[" * 3_000).decode(), id="lists in lists without end"),
        pytest.param(forged(MICROS, "ann", "ann", None), id="a text for an amount"),
        pytest.param(forged(MICROS, "1" * 60, "ann", None), id="a number beyond any sum"),
        pytest.param(forged(MICROS, "1.50", "ann", None), id="written otherwise"),
        pytest.param(forged(MICROS, 1.5, "ann", None), id="a number for a text"),
        pytest.param(forged(MICROS, "1", "ann"), id="a short key"),
        pytest.param(forged(MICROS, "1", "ann", None, None), id="a long key"),
        pytest.param(forged(MICROS, "1", ["ann"], None), id="a list in the key"),
        pytest.param(forged("x", "1", "ann", None), id="no time"),
        pytest.param(forged(None, "1", "ann", None), id="without time"),
        pytest.param(forged(str(as_micros(NOW) + 1), "1", "ann", None), id="of the future"),
        pytest.param(forged("9" * 17, "1", "ann", None), id="of the far future"),
        pytest.param(forged(MICROS, "1", "ann", None) + "=", id="padded"),
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(QueryInvalid, match="cursor was not made here"):
        read_place(cursor, ordered("cost"), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"order": Order("cost", descending=True)},
        {"order": Order("requests")},
        {"dimensions": ("team", "user")},
        {"range": LastDays(8)},
        {"filters": (Filter("team", "has"),)},
        {"zone": "UTC"},
        {"dimensions": ("user", "tag"), "tags": "split"},
    ],
)
def test_a_cursor_fits_only_its_own_question(change: dict[str, object]) -> None:
    cursor = write_place(Place(None, (None, None), NOW), ordered("cost"))
    other = refine(replace(replace(PAGED, order=Order("cost")), **change), Moment(BERLIN, NOW))
    with pytest.raises(QueryInvalid, match="for another question"):
        read_place(cursor, other, NOW)


def test_every_page_is_of_the_span_that_the_first_one_had() -> None:
    """A cursor taken before midnight goes on with the same days after it."""
    events = drawn.ledger(Random(3), 60, "Europe/Berlin", NOW)
    query = replace(PAGED, measures=("requests",))
    with ledger_of(events, BERLIN) as snapshot:
        first = run(query, snapshot, BERLIN, NOW)
        assert first.next is not None
        second = run(replace(query, after=first.next), snapshot, BERLIN, NOW + timedelta(days=1))
    assert second.span == first.span


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"offset": -1}, "offset is -1"),
        ({"offset": 10**9}, "between 0 and 1,000,000"),
        ({"offset": 5, "limit": None}, "n and rest=cut"),
        ({"offset": 5, "rest": "other"}, "n and rest=cut"),
        ({"after": "x", "rest": "other"}, "n and rest=cut"),
        ({"after": "x", "dimensions": ()}, "by a dimension"),
        ({"after": "x", "offset": 5}, "not at both"),
        ({"keys": (("ann",),)}, "one value for each dimension"),
        ({"keys": (), "dimensions": ()}, "one value for each dimension"),
        ({"keys": (("ann", None), ("ann", None))}, "differ"),
        ({"keys": (("\ud800", None),)}, "no valid text"),
        ({"keys": tuple((str(at), None) for at in range(10_001))}, "at most 10,000 keys"),
    ],
)
def test_a_page_that_makes_no_sense_cannot_be_asked_for(change: dict[str, object], said: str) -> None:
    with pytest.raises(QueryInvalid, match=said):
        replace(PAGED, **change)


def test_thousands_of_values_and_of_keys_are_one_statement() -> None:
    events = drawn.ledger(Random(3), 60, "Europe/Berlin", NOW)
    many = tuple(f"user {at}" for at in range(9_000))
    query = Query(ADMIN, ("requests",), ("user",), range=LastDays(60))
    with ledger_of(events, BERLIN) as snapshot:
        everyone = run(query, snapshot, BERLIN, NOW)
        filtered = run(replace(query, filters=(Filter("user", "is", (*many, "ann")),)), snapshot, BERLIN, NOW)
        without = run(replace(query, filters=(Filter("user", "not", (*many, "ann")),)), snapshot, BERLIN, NOW)
        named = run(replace(query, keys=(*((each,) for each in many), ("ann",)), rest="cut"), snapshot, BERLIN, NOW)
    ann = [row for row in everyone.rows if row.key == ("ann",)]
    assert ann
    assert list(filtered.rows) == list(named.rows) == ann
    assert [row for row in everyone.rows if row.key != ("ann",)] == list(without.rows)


class Told:
    """A snapshot that keeps what it was asked."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot, self.dialect = snapshot, snapshot.dialect
        self.days_waiting, self.runs_waiting = snapshot.days_waiting, snapshot.runs_waiting
        self.asked: list[str] = []

    @property
    def watermark(self) -> int:
        return self._snapshot.watermark

    def zone_of(self, organisation: str) -> ZoneInfo:
        return self._snapshot.zone_of(organisation)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self.asked.append(sql)
        return self._snapshot.rows(sql, parameters)


@pytest.mark.parametrize("rest", ["cut", "other"])
def test_runs_beside_what_needs_the_events_are_read_apart_and_are_the_same(rest: Rest) -> None:
    events = drawn.ledger(Random(5), 80, "Europe/Berlin", NOW)
    mixed = Query(ADMIN, ("sessions", "runs", "latency_p95", "cost"), ("agent",), range=LastDays(60))
    with ledger_of(events, BERLIN) as snapshot:
        whole = run(mixed, snapshot, BERLIN, NOW)  # all groups at once: one statement reads both from the events
        assert len(whole.rows) > 2
        keys = tuple(row.key for row in whole.rows)[1:]
        told = Told(snapshot)
        named = run(replace(mixed, keys=keys, rest=rest), told, BERLIN, NOW)
    assert [row for row in named.rows if not row.other] == list(whole.rows[1:])
    assert [row.figures for row in named.rows if row.other] == ([whole.rows[0].figures] if rest == "other" else [])
    assert named.totals == whole.totals
    assert not any("lone_runs" in each and "requested_latency_ms" in each for each in told.asked)
    assert any("lone_runs" in each for each in told.asked)
