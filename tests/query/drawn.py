"""Random ledgers and questions from a seed: few names, so that groups meet; times that crowd around local midnights and
changes of the clock, so that boundaries are hit to the microsecond.
"""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final, get_args

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.kit.period import day_start, parse_zone
from outlay.query.amounts import AMOUNTS
from outlay.query.ask import GRAINS, OF_AMOUNTS, OF_DIMENSIONS, OF_VALUES, Filter, Order, Query
from outlay.query.buckets import Grain
from outlay.query.catalogue import DIMENSIONS, MEASURES
from outlay.query.timerange import Between, Days, LastDays, LastHours, MonthToDate, OneMonth, TimeRange
from outlay.usage import COMPONENTS, Cost, CostLine, CostStatus, PricedEvent, ReportedCost, Tokens, UsageEvent

# zone -> instants to ask at: DST begins or ends within the weeks before, or nothing special happens
MOMENTS: Final = {
    "UTC": [datetime(2026, 10, 15, 12, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)],
    "Asia/Kathmandu": [datetime(2026, 10, 31, 18, 14, 59, tzinfo=UTC), datetime(2026, 10, 31, 18, 15, tzinfo=UTC)],
    "Europe/Berlin": [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)],
    "America/Sao_Paulo": [datetime(2018, 11, 5, 1, tzinfo=UTC), datetime(2018, 2, 18, 2, 30, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2026, 4, 5, 3, tzinfo=UTC), datetime(2026, 10, 5, 0, tzinfo=UTC)],
}


class Waiting(Struct, frozen=True):
    """A snapshot that says only how much waits to be folded."""

    days_waiting: int
    runs_waiting: int


# The three standing people, and those whose rights are easily forgotten.
ADMIN: Final = Viewer(organisation="acme", role="admin")
LEAD: Final = Viewer(organisation="acme", role="lead", user="ann", teams=("core",))
MEMBER: Final = Viewer(organisation="acme", role="member", user="bob", teams=("core",))
STRANGER: Final = Viewer(organisation="acme", role="member", user="nobody")
NAMELESS: Final = Viewer(organisation="acme", role="lead")
RIVAL: Final = Viewer(organisation="rival", role="billing")
VIEWERS: Final = [ADMIN, ADMIN, ADMIN, LEAD, MEMBER, STRANGER, NAMELESS, RIVAL]

TAGS: Final = ["env:prod", "env:dev", "env:", "tier:1", "plain", "envy:prod"]
_TOKEN_FIELDS: Final = (
    "input_uncached",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "cache_write_other",
    "output",
    "reasoning",
)
_QUARTER: Final = timedelta(minutes=15)
_MICROSECOND: Final = timedelta(microseconds=1)
_WEEKS_BACK: Final = 70  # days


def ledger(random: Random, count: int, zone: str, now: datetime) -> list[PricedEvent]:
    """Return events of which some are adjustments, whose tokens and costs may be negative; those of repricings among
    them, which move a request from one cost status or team to another.
    """
    events = [_event(random, str(number), _time(random, zone, now)) for number in range(count)]
    moved = [each for priced in events if random.random() < 0.1 for each in _repriced(random, priced)]
    named = (replace(each.event, id=str(number)) for number, each in enumerate(moved, start=count))
    return events + [replace(each, event=event) for each, event in zip(moved, named, strict=True)]


def _repriced(random: Random, priced: PricedEvent) -> list[PricedEvent]:
    event, cost = priced.event, priced.cost
    carrier = replace(
        event,
        adjusts=event.id,
        tokens=Tokens(),
        quantity=None,
        latency_ms=None,
        first_token_ms=None,
        reported_cost=None,
        repricing="reprice_1",
    )
    taken = tuple(replace(line, pico=-line.pico) for line in cost.lines)
    out = Cost(cost.status, None if cost.pico is None else -cost.pico, taken)
    if random.random() < 0.5:
        return _moved(random, priced, carrier, out)
    return [
        PricedEvent(replace(carrier, moves=-event.requests), out),
        PricedEvent(replace(carrier, moves=event.requests), _cost(random, None)),
    ]


def _moved(random: Random, priced: PricedEvent, carrier: UsageEvent, out: Cost) -> list[PricedEvent]:
    """Return what moves an event with all it counts to another team, or to none."""
    event, stated = priced.event, priced.event.reported_cost

    def counts(times: int) -> dict[str, Any]:
        return {
            "moves": times * event.requests,
            "tokens": Tokens(**{name: times * count for name, count in event.tokens.stated()}),
            "quantity": None if event.quantity is None else times * event.quantity,
            "reported_cost": None if stated is None else ReportedCost(times * stated.pico),
        }

    once = {"latency_ms": event.latency_ms, "first_token_ms": event.first_token_ms}
    team = random.choice([None, "core", "growth"])
    return [
        PricedEvent(replace(carrier, **counts(-1), takes_out=True), out),
        PricedEvent(replace(carrier, team=team, **counts(1) | once), priced.cost),
    ]


def _event(random: Random, event_id: str, moment: datetime) -> PricedEvent:
    adjusts = random.choice([None, None, None, None, "0"])
    fields: dict[str, Any] = {
        "organisation": random.choice(["acme", "acme", "acme", "acme", "rival"]),
        "user": random.choice([None, "ann", "bob", "ann, \u00fcber"]),
        "team": random.choice([None, "core", "growth"]),
        "api_key": random.choice([None, "key_1"]),
        "agent": random.choice([None, "crawler", "writer"]),
        "agent_type": random.choice([None, "api", "framework", "no_code"]),
        "parent_agent": random.choice([None, "writer"]),
        "model": random.choice([None, "gpt-5", "claude", "%2C"]),
        "provider": random.choice([None, "openai", "anthropic"]),
        "run_id": random.choice([None, "r1", "r2"]),
        "session_id": random.choice([None, "s1"]),
        "pod": random.choice([None, "p1"]),
        "task": random.choice([None, "t1"]),
        "variant": random.choice([None, "batch"]),
        "tags": tuple(random.choices(TAGS, k=random.choice([0, 1, 1, 2, 3]))),
        "status": random.choice(["ok", "ok", "error", "blocked"]),
        "latency_ms": random.choice([None, *range(5)]),
        "first_token_ms": random.choice([None, *range(5)]),
        "reported_cost": random.choice([None, ReportedCost(random.choice([0, 3, 10**18 - 1]))]),
    }
    if random.random() < 0.3:
        unit = random.choice(["pages", "pages", "searches"])
        fields |= {"service": "ocr", "quantity": Decimal(random.randint(-9, 9)) / 8, "unit": unit}
    event = UsageEvent(
        source="api:test",
        id=event_id,
        time=moment,
        received_at=moment,
        adjusts=adjusts,
        calls=random.choice([1, 1, 1, 0, 7]),
        tokens=Tokens(**{name: _count(random, adjusts) for name in _TOKEN_FIELDS}),
        **fields,
    )
    return PricedEvent(event, _cost(random, adjusts))


def _count(random: Random, adjusts: str | None) -> int | None:
    count = random.choice([None, 0, 1, random.randint(0, 5), random.randint(0, 10**12)])
    return -count if count and adjusts and random.random() < 0.5 else count


def _cost(random: Random, adjusts: str | None) -> Cost:
    status: CostStatus = random.choice(get_args(CostStatus))
    if status == "unpriced":
        return Cost("unpriced", None)
    sign = -1 if adjusts and random.random() < 0.5 else 1
    lines = tuple(
        CostLine(part, part, 1, Decimal(1), sign * random.choice([0, 1, 10**11, random.randint(0, 10**16)]))
        for part in random.choices(COMPONENTS, k=random.choice([0, 1, 2, 2]))
    )
    return Cost(status, sum(line.pico for line in lines), lines)


def _time(random: Random, zone: str, now: datetime) -> datetime:
    """Return an instant of the last ten weeks or the next two days, most likely at an edge of something."""
    if random.random() < 0.2:
        return now + timedelta(seconds=random.randint(-_WEEKS_BACK * 86_400, 86_400))
    tz = parse_zone(zone)
    days_back = random.choice([random.randint(0, 3), random.randint(-2, 35), random.randint(-2, _WEEKS_BACK)])
    edge = random.choice(
        [
            day_start(now.astimezone(tz).date() - timedelta(days=days_back), tz),
            now.replace(minute=0, second=0, microsecond=0) - random.randint(-8, 100) * _QUARTER,
            now - timedelta(days=random.choice([0, 1, 2, 7, 14, 30, 31])),
        ]
    )
    return edge + random.choice([timedelta(0), timedelta(0), _MICROSECOND, -_MICROSECOND, timedelta(minutes=20)])


# -- questions ---------------------------------------------------------------------------------------------------------


def query(random: Random, zone: str, now: datetime) -> Query:
    """Return a question; half of them can be answered from the rollup."""
    plain = random.random() < 0.5
    measures = random.sample(sorted(MEASURES), random.randint(1, 4))
    dimensions = random.sample(_ROLLUP_DIMENSIONS if plain else _OTHER_DIMENSIONS, random.randint(0, 2))
    order = Order(random.choice([*measures, *dimensions]), descending=random.random() < 0.7)
    return Query(
        viewer=random.choice(VIEWERS),
        measures=tuple(measures),
        dimensions=tuple(dimensions),
        grain=random.choice(_DAY_GRAINS if plain else GRAINS),
        range=_range(random, zone, now),
        filters=() if plain else tuple(_filter(random) for _ in range(random.randint(0, 2))),
        comparison=random.choice(["none", "prev", "prev", "year", "weekdays", _range(random, zone, now)]),
        order=random.choice([None, order, order]),
        limit=random.choice([None, 1, 2, 3]),
        rest=random.choice(["other", "cut"]),
        tags=random.choice(["repeat", "split"]),
        zone=zone,
    )


_DAY_GRAINS: Final[list[Grain]] = ["none", "none", "day", "week", "month"]
_ROLLUP_DIMENSIONS: Final = ["user", "team", "agent_type", "model", "service", "provider"]
_OTHER_DIMENSIONS: Final = ["user", "model", "tag", "tag:env", "unit", "cost_status"]
_VALUES: Final = {
    "user": ["ann", "bob", "ann, \u00fcber"],
    "team": ["core"],
    "model": ["gpt-5", "%2C"],
    "tag": TAGS,
    "tag:env": ["prod", "", "nothing"],
}


def _filter(random: Random) -> Filter:
    if random.random() < 0.2:
        return _amount_filter(random)
    dimension = random.choice(sorted(_VALUES))
    operator = random.choice(sorted(OF_DIMENSIONS))
    # One, a few, and more than a few are asked of the ledger in different words.
    unmet = random.choice([(), (), tuple(f"unmet {at}" for at in range(7))])
    values = (*random.choices(_VALUES[dimension], k=random.randint(1, 2)), *unmet) if operator in OF_VALUES else ()
    return Filter(dimension, operator, tuple(values))


def _amount_filter(random: Random) -> Filter:
    operator = random.choice(sorted(OF_AMOUNTS))
    bound = random.choice(["0", "2", "1.5", "-3", "0.1", "1000000000000"])
    return Filter(random.choice(sorted(AMOUNTS)), operator, (bound,) if operator in OF_VALUES else ())


def _range(random: Random, zone: str, now: datetime) -> TimeRange:
    today = now.astimezone(parse_zone(zone)).date()
    first, last = sorted(today - timedelta(days=random.randint(-1, 60)) for _ in range(2))
    midnight = datetime.combine(today, time.min)
    begin, end = sorted(midnight + random.randint(-96 * 20, 120) * _QUARTER for _ in range(2))
    found: list[TimeRange] = [
        LastDays(random.choice([1, 2, 7, 30, 45])),
        LastDays(30),
        LastHours(random.choice([1, 24, 36])),
        MonthToDate(),
        OneMonth(now.year, now.month),
        Days(first, last),
        Between(begin, end + _QUARTER),
    ]
    return random.choice(found)


ALL_DIMENSIONS: Final = [*sorted(DIMENSIONS), "tag:env"]
