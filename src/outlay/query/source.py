"""The rows that a question reads, as SQL: from the events and the day rollup, each with its bucket number, its groups
(`g0`, `g1` …) and the columns that the measures need.

Every value is a parameter; every identifier comes from the catalogue or the schema.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from outlay.kit.money import PLACES
from outlay.kit.period import as_micros
from outlay.ledger.schema import DAY, DAY_RECENT, EVENTS
from outlay.query.ask import Query
from outlay.query.buckets import Bucket, bucket_days, even_runs
from outlay.query.catalogue import MEASURES, SOURCE_COLUMNS, TAG, TAG_KEY, is_tag
from outlay.query.conditions import tag_prefix, visible, within
from outlay.query.dialect import Dialect
from outlay.query.figures import columns_of
from outlay.query.plan import Plan
from outlay.query.refine import zone_of
from outlay.query.statement import Sql, joined
from outlay.query.timerange import Span

_TAGS: Final = '"tags"'
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Reading(Struct, frozen=True):
    """What one statement reads: a refined question over one planned span, cut into buckets (or not)."""

    query: Query
    plan: Plan
    buckets: tuple[Bucket, ...]
    dialect: Dialect


def source_rows(reading: Reading, *, grouped: bool) -> Sql:
    """Return the rows to sum up. Without groups every event is in it once, whatever tags it has."""
    # An empty span still needs columns of the right types.
    edges = reading.plan.edges or (() if reading.plan.days else (Span(_NEVER, _NEVER),))
    branches = [_from_events(reading, edge, grouped=grouped) for edge in edges]
    if reading.plan.days is not None:
        branches += [_from_rollup(reading, table, reading.plan.days, grouped=grouped) for table in (DAY, DAY_RECENT)]
    rows = joined(branches, " UNION ALL ")
    return _for_each_tag(rows, reading) if grouped else rows


def _for_each_tag(rows: Sql, reading: Reading) -> Sql:
    """Return the rows with one for each tag (of each dimension) of an event: repeated, or each with its share."""
    dialect, text = reading.dialect, rows.text
    ats = [at for at, dimension in enumerate(reading.query.dimensions) if is_tag(dimension)]
    if reading.query.tags == "repeat":
        for at in ats:
            text = dialect.exploded(f'"g{at}"', text)
        return Sql(text, rows.parameters)
    for at in ats:
        text = dialect.dealt(f'"g{at}"', text, at)
    columns = _divisible_columns(reading.query)
    return Sql(dialect.divided(columns, text, ats) if columns else text, rows.parameters)


def _divisible_columns(query: Query) -> dict[str, int]:
    """Return the columns to divide among tags, each with its decimals: a token and a picodollar are left whole."""
    divisible = (MEASURES[each] for each in query.measures if MEASURES[each].divisible)
    return {name: PLACES if each.kind == "money" else 0 for each in divisible for name in columns_of(each.figure)}


def _from_events(reading: Reading, span: Span, *, grouped: bool) -> Sql:
    starts = [as_micros(bucket.start) for bucket in reading.buckets]
    bucket = _bucket_number(reading.dialect.micros('"time"'), starts, reading.dialect)
    return _branch(reading, EVENTS, (bucket, within(span)), grouped=grouped)


def _from_rollup(reading: Reading, table: str, days: Sequence[Any], *, grouped: bool) -> Sql:
    starts = bucket_days(reading.buckets, zone_of(reading.query))
    bucket = _bucket_number(reading.dialect.day_number('"day"'), starts, reading.dialect)
    return _branch(reading, table, (bucket, Sql('"day" >= ? AND "day" < ?', tuple(days))), grouped=grouped)


def _branch(reading: Reading, table: str, bucket_and_time: tuple[Sql, Sql], *, grouped: bool) -> Sql:
    bucket, in_time = bucket_and_time
    picked = [Sql(f'{bucket.text} AS "bucket"', bucket.parameters)] if grouped and reading.buckets else []
    if grouped:
        picked += [_group(each, at, reading.dialect) for at, each in enumerate(reading.query.dimensions)]
    for name in _needed_columns(reading.query):
        column = SOURCE_COLUMNS[name]
        expression = column.events if table == EVENTS else column.rollup
        picked.append(Sql(f'{expression} AS "{name}"'))
    return joined(
        [
            Sql("SELECT"),
            joined(picked, ", "),
            Sql(f"FROM {table} WHERE"),
            joined([visible(reading.query, reading.dialect), in_time], " AND "),
        ],
        " ",
    )


def _needed_columns(query: Query) -> list[str]:
    return list(dict.fromkeys(name for each in query.measures for name in columns_of(MEASURES[each].figure)))


def _group(dimension: str, at: int, dialect: Dialect) -> Sql:
    if dimension == TAG:
        return Sql(f'{_TAGS} AS "g{at}"')
    if dimension.startswith(TAG_KEY):
        prefix = tag_prefix(dimension)
        return Sql(f'{dialect.each_value(_TAGS)} AS "g{at}"', (prefix, len(prefix) + 1))
    return Sql(f'"{dimension}" AS "g{at}"')


def _bucket_number(position: str, starts: Sequence[int], dialect: Dialect) -> Sql:
    """Return the number of the bucket a position lies in: one division for each even run of buckets."""
    runs = even_runs(starts)
    if not runs:
        return Sql("NULL")
    whens: list[str] = []
    parameters: list[int] = []
    for run in reversed(runs):
        steps = f"least({dialect.quotient(f'{position} - ?', '?')}, ?)" if run.count > 1 else ""
        number = f"? + {steps}" if steps else "CAST(? AS BIGINT)"
        whens.append(f"WHEN {position} >= ? THEN {number}")
        parameters += [run.start, run.first]
        parameters += [run.start, run.width, run.count - 1] if steps else []
    return Sql(f"CASE {' '.join(whens)} END", tuple(parameters))
