from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.errors import QueryInvalid
from outlay.kit.money import plain
from outlay.query.amounts import AMOUNTS
from outlay.query.ask import GRAINS, RESTS, Filter, Order, Query
from outlay.query.baseline import COMPARISONS
from outlay.query.catalogue import DIMENSIONS, MEASURES
from outlay.query.notation import parse_filter, parse_range, write_filter, write_range
from outlay.query.parse import Asked, parse, write
from outlay.query.refine import sorted_filters
from outlay.query.timerange import Between, Days, LastDays, LastHours, MonthToDate, OneMonth, TimeRange

VIEWER = Viewer(organisation="acme", role="admin")
PLAIN = Query(VIEWER)
PAGE = Query(VIEWER, ("cost", "tokens"), ("model",), order=Order("cost", descending=True), limit=50, comparison="prev")


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("r=30d", {}, id="the default"),
        pytest.param("r=24h&g=hour", {"range": LastHours(24), "grain": "hour"}, id="hours"),
        pytest.param("r=mtd&grain=day", {"range": MonthToDate(), "grain": "day"}, id="alias grain"),
        pytest.param("r=2026-10&cmp=prev", {"range": OneMonth(2026, 10), "comparison": "prev"}, id="month"),
        pytest.param("cmp=year", {"comparison": "year"}, id="a year before"),
        pytest.param("cmp=weekdays", {"comparison": "weekdays"}, id="weeks before"),
        pytest.param(
            "cmp=2026-09-01..15", {"comparison": Days(date(2026, 9, 1), date(2026, 9, 15))}, id="a range of one's own"
        ),
        pytest.param("r=2026-10-01..15", {"range": Days(date(2026, 10, 1), date(2026, 10, 15))}, id="days of a month"),
        pytest.param("r=2026-10-01..2026-11-15", {"range": Days(date(2026, 10, 1), date(2026, 11, 15))}, id="days"),
        pytest.param("r=2026-10-01", {"range": Days(date(2026, 10, 1), date(2026, 10, 1))}, id="one day"),
        pytest.param(
            "r=2026-10-01T05:00..2026-10-02T00:00",
            {"range": Between(datetime(2026, 10, 1, 5), datetime(2026, 10, 2))},  # noqa: DTZ001 - wall-clock times
            id="moments",
        ),
        pytest.param(
            "r=2026-10-25T00:00Z..2026-10-25T01:00Z",
            {"range": Between(datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))},
            id="instants",
        ),
        pytest.param(
            "measures=cost,requests&s=-cost",
            {"measures": ("cost", "requests"), "order": Order("cost", descending=True)},
            id="measures",
        ),
        pytest.param("by=model,tag:env", {"dimensions": ("model", "tag:env")}, id="dimensions"),
        pytest.param("f=team:is:growth,core", {"filters": (Filter("team", "is", ("core", "growth")),)}, id="filter"),
        pytest.param(
            "f=team%3Ais%3Agrowth%2Ccore",
            {"filters": (Filter("team", "is", ("core", "growth")),)},
            id="as forms encode it",
        ),
        pytest.param(
            "f=user:is:a%252Cb,c", {"filters": (Filter("user", "is", ("a,b", "c")),)}, id="a comma in a value"
        ),
        pytest.param("f=tag:is:env:prod", {"filters": (Filter("tag", "is", ("env:prod",)),)}, id="a tag"),
        pytest.param(
            "f=tag:env:not:prod", {"filters": (Filter("tag:env", "not", ("prod",)),)}, id="the value of a tag"
        ),
        pytest.param(
            "f=team:none&f=pod:has", {"filters": (Filter("pod", "has"), Filter("team", "none"))}, id="missing"
        ),
        pytest.param(
            "f=latency_ms:over:5000&f=cost:under:-0.50",
            {"filters": (Filter("cost", "under", ("-0.5",)), Filter("latency_ms", "over", ("5000",)))},
            id="amounts",
        ),
        pytest.param(
            "n=5&rest=cut&tz=Asia/Kathmandu&v=1", {"limit": 5, "rest": "cut", "zone": "Asia/Kathmandu"}, id="the others"
        ),
    ],
)
def test_a_url_is_read(text: str, changes: dict[str, Any]) -> None:
    found = parse(text, PLAIN)
    assert found.query == replace(PLAIN, **changes)
    assert found.notices == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r=yesterday", "no time range"),
        ("r=0d", "no time range"),
        ("r=2026-02-30..2026-03-01", "no day"),
        ("r=2026-10-05..01", "before it begins"),
        ("r=2026-10-01T25:00..2026-10-02T00:00", "no moment"),
        ("r=\uff11d", "no time range"),
        ("r=30d&r=7d", "given 2 times"),
        ("g=minute", "no grain"),
        ("g=day&grain=day", "given 2 times"),
        ("cmp=last_year", "no comparison; write none, prev, year, weekdays, or a range"),
        ("cmp=2026-09-15..01", "no comparison.*before it begins"),
        ("cmp=", "no comparison"),
        ("measures=cots", "no measure"),
        ("by=colour", "no dimension"),
        ("by=tag:", "no dimension"),
        ("f=team", "no filter"),
        ("f=team:like:x", "no filter"),
        ("f=team:is", "needs a value"),
        ("f=team:none:x", "takes no values"),
        ("f=colour:is:red", "no dimension"),
        ("f=cost:is:5", "no filter operator of cost; those are has, none, over, under"),
        ("f=team:over:5", "no filter operator of team; those are is, not, has, none, none_or"),
        ("f=tag:env:under:5", "no filter operator"),
        ("f=cost:over", "needs a value"),
        ("f=cost:over:1,2", "takes one number"),
        ("f=cost:over:NaN", "no number"),
        ("f=cost:over:1e5", "no number"),
        ("f=tokens:under:\uff11", "no number"),
        ("f=tokens:under:1234567890123456", "no number"),
        ("f=cost:over:0.1234567890123", "no number"),
        ("by=cost", "no dimension"),
        ("s=cost", "can't sort by"),
        ("n=0", "between 1 and"),
        ("n=-1", "write a number"),
        ("n=1e9", "write a number"),
        ("n=\u0665", "write a number"),
        ("tz=Mars/Base", "no IANA time zone"),
        ("tz=../../etc/passwd", "no IANA time zone"),
        ("v=2", "reads version 1"),
        ("rest=hide", "no rest"),
        ("&".join(["f=team:has"] * 51), None),
        ("f=team:is:" + ",".join(map(str, range(2001))), "2,000 values"),
        ("r=1d&" * 201, "parameters"),
        ("x" * 70_000, "characters"),
    ],
)
def test_a_wrong_value_is_refused_and_in_lenient_mode_replaced(text: str, message: str | None) -> None:
    if message is None:
        assert parse(text, PLAIN).query.filters == (Filter("team", "has"),)
        return
    with pytest.raises(QueryInvalid, match=message):
        parse(text, PLAIN)
    found = parse(text, PLAIN, lenient=True)
    assert found.query.viewer == VIEWER
    assert found.notices


def test_one_bad_value_costs_only_itself() -> None:
    found = parse("r=never&g=day&f=team:is:core&f=bad", PAGE, lenient=True)
    assert found.query == replace(PAGE, grain="day", filters=(Filter("team", "is", ("core",)),))
    assert {notice.key for notice in found.notices} == {"r", "f"}


def test_an_unknown_parameter_gives_a_notice_and_a_page_may_have_its_own() -> None:
    found = parse("view=activity&colour=red&q=  ann   b &live=1", PAGE, own=("view",))
    assert (found.query, found.search, found.live, found.own) == (PAGE, "ann b", True, {"view": "activity"})
    assert [notice.key for notice in found.notices] == ["colour"]


def test_a_default_order_by_what_is_not_asked_for_falls_away() -> None:
    assert parse("measures=requests&by=user", PAGE).query.order is None


def test_defaults_are_dropped_and_can_be_unset() -> None:
    assert write(Asked(PAGE), PAGE) == ""
    unset = replace(PAGE, order=None, limit=None, dimensions=())
    assert write(Asked(unset), PAGE) == "by=&n=all&s="
    assert parse("by=&n=all&s=", PAGE).query == unset


def test_what_is_written_can_be_read_by_people() -> None:
    query = replace(
        PLAIN, range=Days(date(2026, 10, 1), date(2026, 10, 15)), filters=(Filter("team", "is", ("b", "a")),)
    )
    assert write(Asked(query, search="ann"), PLAIN) == "f=team:is:a,b&q=ann&r=2026-10-01..15"


# -- parse after write is the identity -------------------------------------------------------------------------------

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["is", "a,b", "%2C", "a:b", ""]
)
_KEYS = _TEXTS.filter(bool).map(lambda key: f"tag:{key}")
_ANY_DIMENSION = st.sampled_from(sorted(DIMENSIONS)) | _KEYS
_FILTERS = st.one_of(
    st.builds(Filter, _ANY_DIMENSION, st.sampled_from(["has", "none"])),
    st.builds(
        Filter,
        st.sampled_from(sorted(AMOUNTS)),
        st.sampled_from(["over", "under"]),
        st.tuples(st.decimals(-1000, 10**15 - 1, places=12).map(plain)),
    ),
    st.builds(
        Filter,
        _ANY_DIMENSION,
        st.sampled_from(["is", "not", "none_or"]),
        st.lists(_TEXTS, min_size=1, max_size=3).map(tuple),
    ),
)
_DATES = st.dates(date(1971, 1, 1), date(2200, 12, 31))
_WALL = st.datetimes(datetime(1995, 1, 1), datetime(1999, 12, 31))  # noqa: DTZ001 - wall-clock times
_RANGES: st.SearchStrategy[TimeRange] = st.one_of(
    st.builds(LastDays, st.integers(1, 3660)),
    st.builds(LastHours, st.integers(1, 8784)),
    st.just(MonthToDate()),
    st.builds(OneMonth, st.integers(1971, 2200), st.integers(1, 12)),
    st.builds(lambda day: Days(day, day), _DATES),
    st.builds(Days, st.dates(date(2025, 1, 1), date(2025, 6, 1)), st.dates(date(2025, 6, 1), date(2026, 1, 1))),
    st.builds(
        lambda a, b: Between(min(a, b), max(a, b).replace(year=2000)), _WALL, _WALL.filter(lambda t: t.month > 2)
    ),
    st.builds(lambda a: Between(a.replace(tzinfo=UTC), a.replace(tzinfo=UTC, year=2000, day=1)), _WALL),
)


@st.composite
def _queries(draw: st.DrawFn) -> Query:
    measures = tuple(draw(st.lists(st.sampled_from(sorted(MEASURES)), max_size=3)))
    dimensions = tuple(draw(st.lists(_ANY_DIMENSION, max_size=3)))
    orders = (
        st.builds(Order, st.sampled_from([*measures, *dimensions]), st.booleans())
        if measures + dimensions
        else st.none()
    )
    return Query(
        VIEWER,
        measures,
        dimensions,
        draw(st.sampled_from(GRAINS)),
        draw(_RANGES),
        sorted_filters(tuple(draw(st.lists(_FILTERS, max_size=3)))),
        draw(st.sampled_from(COMPARISONS) | _RANGES),
        draw(st.none() | orders),
        draw(st.none() | st.integers(1, 10_000)),
        draw(st.sampled_from(RESTS)),
        draw(st.sampled_from([None, "Europe/Berlin"])),
    )


@given(
    query=_queries(), defaults=st.sampled_from([PLAIN, PAGE]), live=st.booleans(), search=st.sampled_from(["", "a&b"])
)
def test_what_is_written_is_read_as_the_same(query: Query, defaults: Query, live: bool, search: str) -> None:  # noqa: FBT001 - drawn
    asked = Asked(query, search, live, own={"view": "a b"})
    text = write(asked, defaults)
    assert parse(text, defaults, own=("view",)) == asked
    assert write(parse(text, defaults, own=("view",)), defaults) == text
    # A form, or a client that encodes everything, sends the same question.
    pairs = parse_qsl(text, keep_blank_values=True)
    assert parse(urlencode(pairs, quote_via=quote_plus), defaults, own=("view",)) == asked


@given(text=st.text(max_size=60) | st.text("rgfs=&:.,%-+0123456789dTZ", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    parse(text, PAGE, lenient=True)
    with suppress(QueryInvalid):
        parse(text, PAGE)


@given(asked=_FILTERS, asked_range=_RANGES)
def test_filters_and_ranges_read_what_they_write(asked: Filter, asked_range: TimeRange) -> None:
    assert parse_filter(write_filter(asked)) == asked
    assert parse_range(write_range(asked_range)) == asked_range
