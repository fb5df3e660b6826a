"""The ledger's tables, declared once: every engine creates them from here and every query names columns from here.

`events` holds one row per event. `usage_day` (folded) and `usage_day_recent` (events that wait for it) are together
the sums per local day of the organisation's zone; a question that only needs the columns of ROLLUP_KEYS and ROLLUP_SUMS
over whole local days reads those two instead of all events. `run_day` says in the same keys which runs had requests.
All are views: their tables may hold the same in another zone too, under an edition that is not shown (editions.py).
"""

from typing import Final

EVENTS: Final = "events"
DAY: Final = "usage_day"
DAY_SUMS: Final = "usage_day_sums"  # the table behind it
DAY_RECENT: Final = "usage_day_recent"
DAY_TAGS: Final = "usage_day_tags"
DAY_TAGS_SUMS: Final = "usage_day_tags_sums"
DAY_TAGS_RECENT: Final = "usage_day_tags_recent"
RUN_LONE: Final = "run_lone"
RUN_SHARED: Final = "run_shared"
RUN_RECENT: Final = "run_recent"
RUN_DAY: Final = "run_day"
CALL_NAMES: Final = "call_names"
SIGHTINGS: Final = "sightings"
DAY_ZONES: Final = "day_zones"  # of organisations that changed their zone: it, and the edition of sums counted in it
HIDDEN: Final = "hidden_editions"  # which no reader sees
LAST_NUMBER: Final = "last_number"  # the largest number of an event, kept where events are removed

MONEY: Final = "DECIMAL(18,12)"
MONEY_SUM: Final = "DECIMAL(38,12)"

# The condition that a row counts: all others make nothing together, and only the history of an event has them.
COUNTS: Final = '"moved_by" IS NULL'

# The event that a row is about: what a repricing or a move writes, the one it adjusts; any other row, itself.
ABOUT: Final = f'CASE WHEN {EVENTS}."repricing" IS NULL THEN {EVENTS}."id" ELSE {EVENTS}."adjusts" END'

# name -> SQL type, in storage order. `seq` is the ledger's own running number: the watermark is the largest one.
EVENT_COLUMNS: Final[dict[str, str]] = {
    "seq": "BIGINT",
    "organisation": "VARCHAR",
    "source": "VARCHAR",
    "id": "VARCHAR",
    "time": "TIMESTAMP",  # UTC
    "received_at": "TIMESTAMP",  # UTC
    # Local day in the organisation's zone when stored: what waits to be folded is counted by it. Of older events it may
    # be that of a zone of before; their times say more.
    "day": "DATE",
    "adjusts": "VARCHAR",
    # how many the event stands for; 0 for an adjustment; of a repricing the same number out of and into a cost status
    "requests": "BIGINT",
    "user": "VARCHAR",
    "team": "VARCHAR",
    "api_key": "VARCHAR",
    "agent": "VARCHAR",
    "agent_type": "VARCHAR",
    "parent_agent": "VARCHAR",
    "run_id": "VARCHAR",
    "session_id": "VARCHAR",
    "pod": "VARCHAR",
    "task": "VARCHAR",
    "tags": "VARCHAR[]",  # none twice: questions count an event once for each
    "service": "VARCHAR",
    "operation": "VARCHAR",
    "provider": "VARCHAR",
    "model": "VARCHAR",
    "model_raw": "VARCHAR",
    "response_id": "VARCHAR",
    "status": "VARCHAR",
    "latency_ms": "BIGINT",
    "first_token_ms": "BIGINT",
    "input_uncached": "BIGINT",
    "cache_read": "BIGINT",
    "cache_write_5m": "BIGINT",
    "cache_write_1h": "BIGINT",
    "cache_write_other": "BIGINT",
    "output": "BIGINT",
    "reasoning": "BIGINT",
    "audio_input": "BIGINT",
    "audio_output": "BIGINT",
    "image_input": "BIGINT",
    "image_output": "BIGINT",
    "audio_cache_read": "BIGINT",
    "quantity": "DECIMAL(18,6)",
    "unit": "VARCHAR",
    "variant": "VARCHAR",
    "cost": MONEY,  # NULL when unpriced
    "cost_input": MONEY,
    "cost_cache_read": MONEY,
    "cost_cache_write": MONEY,
    "cost_output": MONEY,
    "cost_other": MONEY,
    "reported_cost": MONEY,
    "cost_status": "VARCHAR",
    "price_id": "VARCHAR",
    "metadata": "VARCHAR",  # JSON text
    # Added since the first release, in this order: a ledger of before has them behind all others.
    "repricing": "VARCHAR",  # the repricing that wrote this adjustment
    "reported_by": "VARCHAR",  # who stated reported_cost; unknown in rows from before there was this column
    # the number of the row that took this one out of its team (that row has its own); see moved.py
    "moved_by": "BIGINT",
}

ROLLUP_KEYS: Final[tuple[str, ...]] = (
    "organisation",
    "day",
    "user",
    "team",
    "api_key",
    "agent",
    "agent_type",
    "pod",
    "service",
    "provider",
    "model",
    "unit",
)
# With its tags, a day has several times as many sums: only questions about tags read them.
TAG_ROLLUP_KEYS: Final[tuple[str, ...]] = (*ROLLUP_KEYS, "tags")

# column of the rollup -> (SQL type, the expression over `events` it is the SUM of)
ROLLUP_SUMS: Final[dict[str, tuple[str, str]]] = {
    "requests": ("HUGEINT", '"requests"'),
    "errors": ("HUGEINT", 'CASE WHEN "status" = \'error\' THEN "requests" ELSE 0 END'),
    "unpriced_requests": ("HUGEINT", 'CASE WHEN "cost_status" = \'unpriced\' THEN "requests" ELSE 0 END'),
    "estimated_requests": ("HUGEINT", 'CASE WHEN "cost_status" = \'estimated\' THEN "requests" ELSE 0 END'),
    **{
        name: ("HUGEINT", f'"{name}"')
        for name in (
            "input_uncached",
            "cache_read",
            "cache_write_5m",
            "cache_write_1h",
            "cache_write_other",
            "output",
            "reasoning",
        )
    },
    "quantity": ("DECIMAL(38,6)", '"quantity"'),
    **{
        name: (MONEY_SUM, f'"{name}"')
        for name in (
            "cost",
            "cost_input",
            "cost_cache_read",
            "cost_cache_write",
            "cost_output",
            "cost_other",
            "reported_cost",
        )
    },
}

# What names the calls of the last days beyond their events' identities; see twins.py.
CALL_NAMES_COLUMNS: Final[dict[str, str]] = {
    "organisation": "VARCHAR",
    "number": "UBIGINT",  # of the name, to look it up quickly
    "name": "VARCHAR",
    "source": "VARCHAR",
    "id": "VARCHAR",
    "time": "TIMESTAMP",  # UTC
    "ended": "TIMESTAMP",  # UTC
}
# By whom else a call was reported: the event it is, and the identity the other report would have had.
SIGHTINGS_COLUMNS: Final[dict[str, str]] = {
    "organisation": "VARCHAR",
    "source": "VARCHAR",
    "id": "VARCHAR",
    "time": "TIMESTAMP",  # UTC
    "by_source": "VARCHAR",
    "by_id": "VARCHAR",
    "by_time": "TIMESTAMP",  # UTC
}
