"""Random ledgers and questions: few names, so that groups meet; times that crowd around local midnights and changes of
the clock, so that boundaries are hit to the microsecond.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from outlay.access.viewer import Viewer
from outlay.kit.period import day_start, from_micros, parse_zone
from outlay.query.ask import Filter, Order, Query
from outlay.query.catalogue import DIMENSIONS, MEASURES
from outlay.query.timerange import Between, Days, LastDays, LastHours, MonthToDate, OneMonth, TimeRange
from outlay.usage import COMPONENTS, Cost, CostLine, PricedEvent, ReportedCost, Tokens, UsageEvent

# zone -> instants to ask at: DST begins or ends within the weeks before, or nothing special happens
MOMENTS = {
    "UTC": [datetime(2026, 10, 15, 12, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)],
    "Asia/Kathmandu": [datetime(2026, 10, 31, 18, 14, 59, tzinfo=UTC), datetime(2026, 10, 31, 18, 15, tzinfo=UTC)],
    "Europe/Berlin": [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)],
    "America/Sao_Paulo": [datetime(2018, 11, 5, 1, tzinfo=UTC), datetime(2018, 2, 18, 2, 30, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2026, 4, 5, 3, tzinfo=UTC), datetime(2026, 10, 5, 0, tzinfo=UTC)],
}

# The three standing people, and those whose rights are easily forgotten.
ADMIN = Viewer(organisation="acme", role="admin")
LEAD = Viewer(organisation="acme", role="lead", user="ann", teams=("core",))
MEMBER = Viewer(organisation="acme", role="member", user="bob", teams=("core",))
STRANGER = Viewer(organisation="acme", role="member", user="nobody")
NAMELESS = Viewer(organisation="acme", role="lead")
RIVAL = Viewer(organisation="rival", role="billing")
VIEWERS = [ADMIN, ADMIN, ADMIN, LEAD, MEMBER, STRANGER, NAMELESS, RIVAL]

TAGS = ["env:prod", "env:dev", "env:", "tier:1", "plain", "envy:prod"]
_COUNTS = st.none() | st.integers(0, 5) | st.integers(0, 10**12)
_PICO = st.integers(0, 3) | st.integers(0, 10**18 - 1)


def _named(*names: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(names)


def tokens() -> st.SearchStrategy[Tokens]:
    return st.builds(
        Tokens,
        **dict.fromkeys(
            (
                "input_uncached",
                "cache_read",
                "cache_write_5m",
                "cache_write_1h",
                "cache_write_other",
                "output",
                "reasoning",
            ),
            _COUNTS,
        ),
    )


@st.composite
def costs(draw: st.DrawFn, *, sign: int = 1) -> Cost:
    status = draw(st.sampled_from(["priced", "priced", "reported", "estimated", "unpriced", "free"]))
    if status == "unpriced":
        return Cost("unpriced", None)
    picked = draw(st.lists(st.tuples(st.sampled_from(COMPONENTS), st.integers(0, 10**15)), max_size=3))
    lines = tuple(CostLine(part, part, 1, Decimal(1), sign * pico) for part, pico in picked)
    return Cost(status, sum(line.pico for line in lines), lines)


def times(zone: str, now: datetime) -> st.SearchStrategy[datetime]:
    """Return instants of the last ten weeks (and the next two days), most of them at an edge of something."""
    tz = parse_zone(zone)
    today = now.astimezone(tz).date()
    days = st.integers(-70, 2).map(lambda back: day_start(today + timedelta(days=back), tz))
    quarters = st.integers(-400, 100).map(lambda back: now.replace(minute=0, second=0, microsecond=0) + back * _QUARTER)
    edge = st.one_of(days, quarters, st.just(now), st.sampled_from(_edges(now)))
    jitter = st.sampled_from([timedelta(0), timedelta(0), _MICROSECOND, -_MICROSECOND, timedelta(minutes=20)])
    anywhere = st.integers(-70 * 86_400, 86_400).map(lambda seconds: now + timedelta(seconds=seconds))
    return st.one_of(st.builds(lambda moment, by: moment + by, edge, jitter), anywhere)


_QUARTER = timedelta(minutes=15)
_MICROSECOND = timedelta(microseconds=1)


def _edges(now: datetime) -> list[datetime]:
    return [now - timedelta(days=days) for days in (1, 2, 7, 14, 30, 31)] + [from_micros(0).replace(year=now.year)]


@st.composite
def ledgers(draw: st.DrawFn, zone: str, now: datetime) -> list[PricedEvent]:
    """Return up to 25 events; some are adjustments, whose tokens and costs may be negative."""
    moments = draw(st.lists(times(zone, now), max_size=25))
    return [draw(_event(str(number), moment)) for number, moment in enumerate(moments)]


@st.composite
def _event(draw: st.DrawFn, event_id: str, moment: datetime) -> PricedEvent:
    adjusts = draw(st.sampled_from([None, None, None, None, "0"]))
    counts, cost = draw(tokens()), draw(costs(sign=-1 if adjusts else 1))
    fields: dict[str, Any] = {
        "organisation": draw(st.sampled_from(["acme", "acme", "acme", "acme", "rival"])),
        "user": draw(_named("ann", "bob", "ann, \u00fcber")),
        "team": draw(_named("core", "growth")),
        "agent": draw(_named("crawler", "writer")),
        "agent_type": draw(_named("api", "framework", "no_code")),
        "model": draw(_named("gpt-5", "claude", "%2C")),
        "provider": draw(_named("openai", "anthropic")),
        "run_id": draw(_named("r1", "r2")),
        "session_id": draw(_named("s1")),
        "pod": draw(_named("p1")),
        "tags": tuple(draw(st.lists(st.sampled_from(TAGS), max_size=3))),
        "status": draw(st.sampled_from(["ok", "ok", "error", "blocked"])),
        "latency_ms": draw(st.none() | st.integers(0, 4)),
        "first_token_ms": draw(st.none() | st.integers(0, 4)),
        "reported_cost": draw(st.none() | st.builds(ReportedCost, _PICO)),
    }
    if draw(st.booleans()):
        fields |= {"service": "ocr", "quantity": Decimal(draw(st.integers(-9, 9))) / 8, "unit": draw(_units)}
    event = UsageEvent(
        source="api:test", id=event_id, time=moment, received_at=moment, adjusts=adjusts, tokens=counts, **fields
    )
    return PricedEvent(event, cost)


_units = st.sampled_from(["pages", "pages", "searches"])


# -- questions ---------------------------------------------------------------------------------------------------------


def ranges(zone: str, now: datetime) -> st.SearchStrategy[TimeRange]:
    today = now.astimezone(parse_zone(zone)).date()
    day = st.integers(-60, 1).map(lambda back: today + timedelta(days=back))
    wall = st.integers(-60 * 96, 96).map(lambda back: datetime(today.year, today.month, today.day) + back * _QUARTER)  # noqa: DTZ001 - a wall-clock time
    return st.one_of(
        st.builds(LastDays, st.sampled_from([1, 2, 7, 30, 45])),
        st.builds(LastHours, st.sampled_from([1, 24, 36])),
        st.just(MonthToDate()),
        st.just(OneMonth(now.year, now.month)),
        st.builds(lambda pair: Days(min(pair), max(pair)), st.tuples(day, day)),
        st.builds(lambda pair: Between(min(pair), max(pair) + _QUARTER), st.tuples(wall, wall)),
    )


_DIMENSIONS = st.sampled_from(["user", "team", "agent_type", "model", "tag", "tag:env", "service", "cost_status"])
ROLLUP_DIMENSIONS = st.sampled_from(["user", "team", "agent_type", "model", "service", "provider"])
_VALUES = {"user": ["ann", "bob", "ann, \u00fcber"], "team": ["core"], "model": ["gpt-5", "%2C"], "tag": TAGS}


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    dimension = draw(st.sampled_from(["user", "team", "model", "tag", "tag:env"]))
    operator = draw(st.sampled_from(["is", "not", "has", "none"]))
    if operator in {"has", "none"}:
        return Filter(dimension, operator)
    known = _VALUES.get(dimension, ["prod", "", "nothing"])
    return Filter(dimension, operator, tuple(draw(st.lists(st.sampled_from(known), min_size=1, max_size=2))))


@st.composite
def queries(draw: st.DrawFn, zone: str, now: datetime) -> Query:
    plain = draw(st.booleans())  # half of the questions can be answered from the rollup
    measures = draw(st.lists(st.sampled_from(sorted(MEASURES)), min_size=1, max_size=4, unique=True))
    dimensions = draw(st.lists(ROLLUP_DIMENSIONS if plain else _DIMENSIONS, max_size=2, unique=True))
    sortable = [*measures, *dimensions]
    return Query(
        viewer=draw(st.sampled_from(VIEWERS)),
        measures=tuple(measures),
        dimensions=tuple(dimensions),
        grain=draw(
            st.sampled_from(["none", "day", "week", "month"] if plain else ["none", "15m", "hour", "day", "week"])
        ),
        range=draw(ranges(zone, now)),
        filters=() if plain else tuple(draw(st.lists(filters(), max_size=2))),
        comparison=draw(st.sampled_from(["none", "prev"])),
        order=draw(st.none() | st.builds(Order, st.sampled_from(sortable), st.booleans())),
        limit=draw(st.none() | st.integers(1, 3)),
        rest=draw(st.sampled_from(["other", "cut"])),
        zone=zone,
    )


ALL_DIMENSIONS = sorted(DIMENSIONS)
