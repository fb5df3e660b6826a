"""Proves a ledger right against itself: no doubles, costs that add up, day sums and runs equal to the events they stand
for.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.errors import NotFound
from outlay.kit.period import day_start, parse_zone
from outlay.ledger.days import ALL_DAYS, Days
from outlay.ledger.editions import NOT_HIDDEN
from outlay.ledger.local_days import events_by_day
from outlay.ledger.reports import GATEWAY, TELEMETRY
from outlay.ledger.schema import (
    ABOUT,
    COUNTS,
    DAY_ZONES,
    EVENTS,
    ROLLUP_KEYS,
    ROLLUP_SUMS,
    RUN_LONE,
    RUN_RECENT,
    RUN_SHARED,
    SIGHTINGS,
)
from outlay.ledger.store import Snapshot
from outlay.ledger.twins import WINDOW_MICROS
from outlay.usage import Tokens


class Finding(Struct, frozen=True):
    """The outcome of one check: `wrong` rows break the rule, and `example` shows one of them."""

    rule: str
    wrong: int
    example: str | None = None


_KEYS: Final = ", ".join(f'"{name}"' for name in ROLLUP_KEYS)
_FROM_EVENTS: Final = ", ".join(f'SUM({expression}) AS "{name}"' for name, (_, expression) in ROLLUP_SUMS.items())
_FROM_DAYS: Final = ", ".join(f'SUM("{name}") AS "{name}"' for name in ROLLUP_SUMS)


# Stands for the events with the local days of their times; `findings` says how to know them.
_BY_DAY: Final = "{events_by_day}"


def _sums_of(days: Days) -> str:
    both = f"SELECT * FROM {days.view} UNION ALL SELECT * FROM {days.recent}"
    return f"SELECT {days.key_list}, {_FROM_DAYS} FROM ({both}) GROUP BY {days.key_list}"


def _sums_of_events(days: Days) -> str:
    return f"SELECT {days.key_list}, {_FROM_EVENTS} FROM {_BY_DAY} WHERE {COUNTS} GROUP BY {days.key_list}"


_DAYS, _TAG_DAYS = (_sums_of(days) for days in ALL_DAYS)
_EVENT_DAYS, _EVENT_TAG_DAYS = (_sums_of_events(days) for days in ALL_DAYS)
_RUNS: Final = f"""SELECT {_KEYS}, run_id, run_number FROM {RUN_LONE} {NOT_HIDDEN}
    UNION ALL SELECT {_KEYS}, run_id, run_number FROM {RUN_SHARED} {NOT_HIDDEN}"""
_EVENT_RUNS: Final = f"""SELECT DISTINCT {_KEYS}, run_id, md5_number_lower(run_id) AS run_number FROM {_BY_DAY}
    WHERE requests > 0 AND run_id IS NOT NULL AND {COUNTS}"""

_NUMBERS: Final = ", ".join(
    f'coalesce("{name}", 0)' for name in (*Tokens.__struct_fields__, "quantity", "latency_ms", "first_token_ms")
)
# Of what a repricing writes about an event, all but the cost makes nothing together.
_ADD_UP: Final = " OR ".join(f'sum("{name}") <> 0' for name in (*Tokens.__struct_fields__, "quantity", "reported_cost"))
# What a move takes out makes nothing in any sum, together with the row that takes it out.
_ANYTHING: Final = " OR ".join(f"sum({expression}) <> 0" for _, expression in ROLLUP_SUMS.values())
_DAY: Final = timedelta(days=1)

DAYS_RIGHT: Final = "every event is counted in the local day of its time"

# rule -> a statement whose rows break it
RULES: Final[dict[str, str]] = {
    "every event is there once": f"""SELECT organisation, source, id, time, count(*) FROM {EVENTS}
        GROUP BY organisation, source, id, time HAVING count(*) > 1""",
    "every event has a number of its own": f"SELECT seq, count(*) FROM {EVENTS} GROUP BY seq HAVING count(*) > 1",
    "a cost is the sum of its lines": f"""SELECT organisation, source, id, cost FROM {EVENTS}
        WHERE cost IS NOT NULL AND cost <> coalesce(cost_input, 0) + coalesce(cost_cache_read, 0)
            + coalesce(cost_cache_write, 0) + coalesce(cost_output, 0) + coalesce(cost_other, 0)""",
    "exactly the unpriced have no cost": f"""SELECT organisation, source, id, cost_status FROM {EVENTS}
        WHERE (cost IS NULL) IS DISTINCT FROM (cost_status = 'unpriced')""",
    "no count is negative but in an adjustment": f"""SELECT organisation, source, id FROM {EVENTS}
        WHERE adjusts IS NULL AND least({_NUMBERS}) < 0""",
    "an adjustment counts as no request, and nothing else as less": f"""SELECT organisation, source, id FROM {EVENTS}
        WHERE requests IS NULL OR (adjusts IS NULL AND requests < 0)
            OR (adjusts IS NOT NULL AND requests <> 0 AND repricing IS NULL)""",
    "a repricing moves requests out of one cost status or team into another": f"""
        SELECT organisation, source, adjusts, time, repricing FROM {EVENTS} WHERE repricing IS NOT NULL
        GROUP BY organisation, source, adjusts, time, repricing HAVING sum(requests) <> 0""",
    "a move puts into one team what it takes out of another": f"""
        SELECT organisation, source, adjusts, time, repricing FROM {EVENTS} WHERE repricing IS NOT NULL
        GROUP BY organisation, source, adjusts, time, repricing HAVING {_ADD_UP}""",
    "no request is moved out of a cost status or team it is not in": f"""SELECT organisation, source, time, cost_status
        FROM {EVENTS} SEMI JOIN (SELECT organisation, source, adjusts, time FROM {EVENTS} WHERE repricing IS NOT NULL)
            AS repriced ON events.organisation = repriced.organisation AND events.source = repriced.source
            AND events.time = repriced.time AND repriced.adjusts = {ABOUT}
        GROUP BY organisation, source, time, {ABOUT}, cost_status, team HAVING sum(requests) < 0""",
    "what a move took out makes nothing": f"""SELECT organisation, moved_by FROM {EVENTS} WHERE moved_by IS NOT NULL
        GROUP BY organisation, moved_by HAVING {_ANYTHING}""",
    "what a move took out is of one event, up to the row that took it out": f"""SELECT organisation, moved_by
        FROM {EVENTS} WHERE moved_by IS NOT NULL GROUP BY organisation, moved_by
        HAVING max(seq) <> moved_by OR count(DISTINCT (source, {ABOUT}, time)) > 1
            OR count(DISTINCT coalesce(team, '')) > 1""",
    "nothing counts that a move took out": f"""SELECT events.organisation, events.source, events.id FROM {EVENTS}
        JOIN (SELECT organisation, source, adjusts, time, seq FROM {EVENTS} WHERE moved_by = seq) AS took
        ON events.organisation = took.organisation AND events.source = took.source AND events.time = took.time
        AND took.adjusts = {ABOUT} WHERE events.seq < took.seq AND events.moved_by IS NULL""",
    "the day sums hold nothing the events don't": f"{_DAYS} EXCEPT ALL {_EVENT_DAYS}",
    "the events hold nothing the day sums don't": f"{_EVENT_DAYS} EXCEPT ALL {_DAYS}",
    "the day sums by tags hold nothing the events don't": f"{_TAG_DAYS} EXCEPT ALL {_EVENT_TAG_DAYS}",
    "the events hold nothing the day sums by tags don't": f"{_EVENT_TAG_DAYS} EXCEPT ALL {_TAG_DAYS}",
    "the runs hold nothing the events don't": f"({_RUNS}) EXCEPT ALL ({_EVENT_RUNS})",
    "the events hold nothing the runs don't": f"""{_EVENT_RUNS}
        EXCEPT ({_RUNS} UNION ALL SELECT {_KEYS}, run_id, run_number FROM {RUN_RECENT})""",
    "a lone run is nowhere else": f"""SELECT organisation, run_id FROM ({_RUNS})
        SEMI JOIN (FROM {RUN_LONE} {NOT_HIDDEN})
        USING (organisation, run_id) GROUP BY organisation, run_id HAVING count(*) > 1""",
    "what was reported twice is there": f"""SELECT * FROM {SIGHTINGS}
        ANTI JOIN {EVENTS} USING (organisation, source, id, time)""",
    "what was reported twice is there once": f"""SELECT s.* FROM {SIGHTINGS} s SEMI JOIN {EVENTS} e ON
        e.time = s.by_time AND e.id = s.by_id AND e.source = s.by_source AND e.organisation = s.organisation""",
    "no answer counts for both gateway and OpenTelemetry": f"""SELECT g.organisation, g.response_id FROM {EVENTS} g
        JOIN {EVENTS} o USING (organisation, response_id)
        WHERE g.source = '{GATEWAY}' AND starts_with(o.source, '{TELEMETRY}') AND length(response_id) >= 16
            AND g.adjusts IS NULL AND o.adjusts IS NULL AND abs(epoch_us(g.time) - epoch_us(o.time)) <= {WINDOW_MICROS}
            AND regexp_matches(response_id, '[0-9]')""",
}


def findings(snapshot: Snapshot, zone_of: Callable[[str], ZoneInfo]) -> Iterator[Finding]:
    """Yield one finding per rule, in order; a sound ledger has `wrong == 0` in all.

    `zone_of` names the zone that an organisation's days are counted in.
    """
    yield _days_right(snapshot, zone_of)
    by_day = _events_by_day(snapshot)
    for rule, statement in RULES.items():
        asked = statement.replace(_BY_DAY, by_day)
        broken = snapshot.rows(f"SELECT count(*), any_value(broken::VARCHAR) FROM ({asked}) AS broken")
        yield Finding(rule, *broken[0])


def _events_by_day(snapshot: Snapshot) -> str:
    """Return the events with their local days of now, as the source of a statement."""
    ((first, last),) = snapshot.rows(
        f"SELECT min(time), max(time) FROM {EVENTS} SEMI JOIN {DAY_ZONES} USING (organisation)"
    )
    zones = {each: parse_zone(zone) for each, zone in snapshot.rows(f"SELECT organisation, zone FROM {DAY_ZONES}")}
    return EVENTS if first is None else events_by_day(zones, first, last)


def _days_right(snapshot: Snapshot, zone_of: Callable[[str], ZoneInfo]) -> Finding:
    """Compare first and last event of every day with its boundaries: the engine itself knows no zones.

    Not of those who changed their zone, where days are known by times alone: their sums are compared with these.
    """
    days = snapshot.rows(f"""SELECT organisation, day, min(time), max(time), count(*)
        FROM {EVENTS} ANTI JOIN {DAY_ZONES} USING (organisation)
        WHERE organisation IS NOT NULL AND day IS NOT NULL GROUP BY organisation, day""")
    wrong, example = snapshot.rows(f"""SELECT count(*), any_value(id) FROM {EVENTS}
        WHERE organisation IS NULL OR day IS NULL OR time IS NULL""")[0]
    for organisation, day, first, last, events in days:
        try:
            zone = zone_of(organisation)
        except NotFound:
            wrong, example = wrong + events, f"an event on {day} of {organisation!r}, which is no organisation"
            continue
        begin, end = (day_start(each, zone).replace(tzinfo=None) for each in (day, day + _DAY))
        if begin <= (first or begin) and (last or begin) < end:
            continue
        number, event = snapshot.rows(
            f"""SELECT count(*), any_value(id) FROM {EVENTS}
            WHERE organisation = ? AND day = ? AND NOT (time >= ? AND time < ?)""",
            (organisation, day, begin, end),
        )[0]
        wrong, example = wrong + number, f"{event} of {organisation} on {day}"
    return Finding(DAYS_RIGHT, wrong, example)


def events_in(snapshot: Snapshot) -> int:
    """Return how many events the ledger holds, adjustments included."""
    number: int = snapshot.rows(f"SELECT count(*) FROM {EVENTS}")[0][0]
    return number
