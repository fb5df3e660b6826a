"""Ranges that are stepped through and written by people."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from outlay.errors import QueryInvalid
from outlay.query.notation import parse_range, write_range
from outlay.query.timerange import span_of
from outlay.web.view.steps import days_of, read_typed, stepped
from outlay.web.view.typed import with_typed

NOW = datetime(2026, 10, 20, 12, 34, 56, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

TYPED = {
    "today": "2026-10-20",
    "Yesterday": "2026-10-19",
    "last 14 days": "14d",
    "the last 24 hours": "24h",
    "past 6 weeks": "42d",
    "this month": "2026-10",
    "last month": "2026-09",
    "this week": "2026-10-19..25",
    "Oct 2026": "2026-10",
    "october 2026": "2026-10",
    "1 Oct 2026": "2026-10-01",
    "1 Oct 2026 to 15 Oct 2026": "2026-10-01..15",
    "2026-10-01 - 2026-10-15": "2026-10-01..15",
    "2026-10-01 2026-11-02": "2026-10-01..2026-11-02",
    "October 1, 2026 \N{EN DASH} October 5, 2026": "2026-10-01..05",
    "01.10.2026 until 05.10.2026": "2026-10-01..05",
    " mtd ": "mtd",
    "2026-10-01 .. 15": "2026-10-01..15",
    "2026-10-01T05:00..2026-10-02T00:00": "2026-10-01T05:00..2026-10-02T00:00",
}


@pytest.mark.parametrize(("typed", "wanted"), TYPED.items(), ids=list(TYPED))
def test_what_people_write_for_a_range(typed: str, wanted: str) -> None:
    assert write_range(read_typed(typed, BERLIN, NOW)) == wanted


@pytest.mark.parametrize("typed", ["", "soon", "15 Oct 2026 to 1 Oct 2026", "last 0 days", "last 9999 days", "2026-13"])
def test_what_is_no_range_is_refused(typed: str) -> None:
    with pytest.raises(QueryInvalid):
        read_typed(typed, BERLIN, NOW)


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        ("30d", "2026-08-22..2026-09-20", None),
        ("24h", "2026-10-18T12:34Z..2026-10-19T12:34Z", None),
        ("2026-09", "2026-08", "2026-10"),
        ("2026-10", "2026-09", None),
        ("mtd", "2026-09", None),
        ("fq7", "fq7-1", None),
        ("fy4-2", "fy4-3", "fy4-1"),
        ("2026-10-01..07", "2026-09-24..30", "2026-10-08..14"),
        ("2026-10-14..20", "2026-10-07..13", None),
        (
            "2026-10-01T00:00..2026-10-01T06:00",
            "2026-09-30T18:00..2026-10-01T00:00",
            "2026-10-01T06:00..2026-10-01T12:00",
        ),
        ("1971-01-01..05", None, "1971-01-06..10"),
    ],
)
def test_steps_to_the_neighbours(asked: str, before: str | None, after: str | None) -> None:
    found = parse_range(asked)
    shown = [stepped(found, BERLIN, NOW, back=back) for back in (True, False)]
    assert [each and write_range(each) for each in shown] == [before, after]


@pytest.mark.parametrize("asked", ["7d", "30d", "2026-09", "2026-10-05..09", "24h"])
def test_a_step_back_ends_where_the_range_begins(asked: str) -> None:
    found = parse_range(asked)
    before = stepped(found, BERLIN, NOW, back=True)
    assert before is not None
    gap = span_of(found, BERLIN, NOW).start - span_of(before, BERLIN, NOW).end
    assert 0 <= gap.total_seconds() < 60  # hours are cut to the minute


def test_the_days_that_a_range_touches() -> None:
    assert days_of(parse_range("2026-09"), BERLIN, NOW) == (date(2026, 9, 1), date(2026, 9, 30))
    assert days_of(parse_range("24h"), BERLIN, NOW) == (date(2026, 10, 19), date(2026, 10, 20))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("r=30d&f=team:is:a,b", None),
        ("f=team:is:a%252C,b&r=30d&typed=last+month", "f=team:is:a%252C,b&r=2026-09"),
        ("typed=", ""),
        ("untyped=1&r=30d", None),
        ("against=2026-08&cmp=prev", "cmp=2026-08"),
        ("typed=soon&by=team", "by=team&r=soon"),
    ],
)
def test_what_was_typed_takes_its_place_in_the_state(query: str, wanted: str | None) -> None:
    assert with_typed(query, BERLIN, NOW) == wanted
