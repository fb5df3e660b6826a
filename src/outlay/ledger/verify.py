"""Proves a ledger right against itself: no doubles, costs that add up, day sums equal to the events they stand for."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from outlay.ledger.schema import DAY, DAY_RECENT, EVENTS, ROLLUP_KEYS, ROLLUP_SUMS
from outlay.ledger.store import Snapshot


class Finding(Struct, frozen=True):
    """The outcome of one check: `wrong` rows break the rule, and `example` shows one of them."""

    rule: str
    wrong: int
    example: str | None = None


_KEYS: Final = ", ".join(f'"{name}"' for name in ROLLUP_KEYS)
_FROM_EVENTS: Final = ", ".join(f'SUM({expression}) AS "{name}"' for name, (_, expression) in ROLLUP_SUMS.items())
_FROM_DAYS: Final = ", ".join(f'SUM("{name}") AS "{name}"' for name in ROLLUP_SUMS)
_DAYS: Final = f"""SELECT {_KEYS}, {_FROM_DAYS} FROM (SELECT * FROM {DAY} UNION ALL SELECT * FROM {DAY_RECENT})
    GROUP BY {_KEYS}"""
_EVENT_DAYS: Final = f"SELECT {_KEYS}, {_FROM_EVENTS} FROM {EVENTS} GROUP BY {_KEYS}"

# rule -> a statement whose rows break it
RULES: Final[dict[str, str]] = {
    "every event is there once": f"""SELECT organisation, source, id, time, count(*) FROM {EVENTS}
        GROUP BY organisation, source, id, time HAVING count(*) > 1""",
    "every event has a number of its own": f"SELECT seq, count(*) FROM {EVENTS} GROUP BY seq HAVING count(*) > 1",
    "a cost is the sum of its lines": f"""SELECT organisation, source, id, cost FROM {EVENTS}
        WHERE cost IS NOT NULL AND cost <> coalesce(cost_input, 0) + coalesce(cost_cache_read, 0)
            + coalesce(cost_cache_write, 0) + coalesce(cost_output, 0) + coalesce(cost_other, 0)""",
    "exactly the unpriced have no cost": f"""SELECT organisation, source, id, cost_status FROM {EVENTS}
        WHERE (cost IS NULL) <> (cost_status = 'unpriced')""",
    "no count is negative but in an adjustment": f"""SELECT organisation, source, id FROM {EVENTS}
        WHERE adjusts IS NULL AND least(coalesce(input_uncached, 0), coalesce(cache_read, 0),
            coalesce(cache_write_5m, 0), coalesce(cache_write_1h, 0), coalesce(cache_write_other, 0),
            coalesce(output, 0), coalesce(reasoning, 0)) < 0""",
    "an adjustment counts as no request, all else as one": f"""SELECT organisation, source, id FROM {EVENTS}
        WHERE requests <> CASE WHEN adjusts IS NULL THEN 1 ELSE 0 END""",
    "the day sums hold nothing the events don't": f"{_DAYS} EXCEPT ALL {_EVENT_DAYS}",
    "the events hold nothing the day sums don't": f"{_EVENT_DAYS} EXCEPT ALL {_DAYS}",
}


def findings(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding per rule, in order; a sound ledger has `wrong == 0` in all."""
    for rule, statement in RULES.items():
        broken = snapshot.rows(f"SELECT count(*), any_value(broken::VARCHAR) FROM ({statement}) AS broken")
        yield Finding(rule, *broken[0])


def events_in(snapshot: Snapshot) -> int:
    """Return how many events the ledger holds, adjustments included."""
    number: int = snapshot.rows(f"SELECT count(*) FROM {EVENTS}")[0][0]
    return number
