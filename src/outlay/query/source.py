"""The rows that a question reads, as SQL: from the events and the day rollup, each with its bucket number, its groups
(`g0`, `g1` …) and the columns that the measures need.

Every value is a parameter; every identifier comes from the catalogue or the schema.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

from msgspec import Struct

from outlay.kit.money import PLACES
from outlay.kit.period import as_micros
from outlay.ledger.schema import EVENTS, RUN_DAY
from outlay.query.ask import Query
from outlay.query.buckets import Bucket, bucket_days, even_runs
from outlay.query.catalogue import MEASURES, SOURCE_COLUMNS, TAG, TAG_KEY, column_of, is_tag
from outlay.query.conditions import counted, tag_prefix, visible, within
from outlay.query.dialect import Dialect
from outlay.query.figures import columns_of
from outlay.query.plan import Plan, day_tables
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
    columns = _needed_columns(reading.query)
    if not grouped:
        return _rows(reading, columns, grouped=False)
    if reading.query.tags == "split":
        return _split_among_tags(reading, columns)
    return _repeated_for_tags(reading, columns)


def _rows(reading: Reading, columns: Sequence[str], *, grouped: bool) -> Sql:
    # An empty span still needs columns of the right types.
    edges = reading.plan.edges or (() if reading.plan.days else (Span(_NEVER, _NEVER),))
    branches = [_from_events(reading, columns, edge, grouped=grouped) for edge in edges]
    if reading.plan.days is not None:
        days = reading.plan.days
        tables = _rollup_tables(reading, columns, grouped=grouped)
        branches += [_from_rollup(reading, columns, (table, days), grouped=grouped) for table in tables]
    return joined(branches, " UNION ALL ")


def _rollup_tables(reading: Reading, columns: Sequence[str], *, grouped: bool) -> tuple[str, ...]:
    plan = reading.plan
    by_tags = plan.tags and (grouped or any(is_tag(each.dimension) for each in reading.query.filters))
    days = day_tables(tags=by_tags, recent=plan.recent)
    if by_tags or not plan.runs:
        return days
    # A group without a run is a group too.
    summed = grouped or any(SOURCE_COLUMNS[name].rollup is not None for name in columns)
    return (*days, RUN_DAY) if summed else (RUN_DAY,)


def _repeated_for_tags(reading: Reading, columns: Sequence[str]) -> Sql:
    """Return a row for each tag of an event, with all that the event has."""
    rows = _rows(reading, columns, grouped=True)
    for at in _tag_places(reading.query):
        rows = Sql(reading.dialect.exploded(f'"g{at}"', rows.text), rows.parameters)
    return rows


def _split_among_tags(reading: Reading, columns: Sequence[str]) -> Sql:
    """Return rows that have cost and tokens divided among the tags, and beside them rows for each tag with all else."""
    places = _divisible_columns(reading.query)
    whole = [name for name in columns if name not in places]
    branches = []
    if whole or not places:
        rows = _repeated_for_tags(reading, whole)
        branches.append(Sql(f"SELECT {_with_nulls(reading, columns, whole)} FROM ({rows.text})", rows.parameters))
    if places:
        rows = _divided(reading, places)
        branches.append(Sql(f"SELECT {_with_nulls(reading, columns, places)} FROM ({rows.text})", rows.parameters))
    return joined(branches, " UNION ALL ")


def _divided(reading: Reading, places: Mapping[str, int]) -> Sql:
    """Return one row for each tag with its part of the columns.

    Every event is divided evenly by itself, and what is left goes to its first tag. But events with the same tags are
    added up first: of sums and of what is left in each event the same parts can be made, for few rows.
    """
    dialect, rows = reading.dialect, _rows(reading, list(places), grouped=True)
    ats = _tag_places(reading.query)
    count = " * ".join(dialect.count(f'"g{at}"') for at in ats)
    sums = [f'sum("{name}") AS "{name}"' for name in places]
    for name, each in places.items():
        left_over = dialect.left_over(f'"{name}"', count, each)
        sums.append(f'sum({left_over}) AS "{name}_left"')
    text = f"SELECT {', '.join([*_keys(reading), *sums])} FROM ({rows.text}) GROUP BY {', '.join(_keys(reading))}"
    for at in ats:
        text = dialect.dealt(f'"g{at}"', text, at)
    is_first, parts = " AND ".join(f'"at{at}" = 0' for at in ats), " * ".join(f'"of{at}"' for at in ats)
    shares = []
    for name, each in places.items():
        even = dialect.divided(f'"{name}" - "{name}_left"', parts, each)
        shares.append(f'{even} + CASE WHEN {is_first} THEN "{name}_left" ELSE 0 END AS "{name}"')
    return Sql(f"SELECT {', '.join([*_keys(reading), *shares])} FROM ({text})", rows.parameters)


def _keys(reading: Reading) -> list[str]:
    groups = [f'"g{at}"' for at in range(len(reading.query.dimensions))]
    return ['"bucket"', *groups] if reading.buckets else groups


def _with_nulls(reading: Reading, columns: Sequence[str], known: Collection[str]) -> str:
    named = (f'"{name}"' if name in known else f'NULL AS "{name}"' for name in columns)
    return ", ".join([*_keys(reading), *named])


def _tag_places(query: Query) -> list[int]:
    return [at for at, dimension in enumerate(query.dimensions) if is_tag(dimension)]


def _divisible_columns(query: Query) -> dict[str, int]:
    """Return the columns to divide among tags, each with its decimals: a token and a picodollar are left whole."""
    divisible = (MEASURES[each] for each in query.measures if MEASURES[each].divisible)
    return {name: PLACES if each.kind == "money" else 0 for each in divisible for name in columns_of(each.figure)}


def _from_events(reading: Reading, columns: Sequence[str], span: Span, *, grouped: bool) -> Sql:
    starts = [as_micros(bucket.start) for bucket in reading.buckets]
    bucket = _bucket_number(reading.dialect.micros('"time"'), starts, reading.dialect)
    return _branch(reading, EVENTS, (columns, bucket, joined([within(span), counted()], " AND ")), grouped=grouped)


def _from_rollup(
    reading: Reading, columns: Sequence[str], table_and_days: tuple[str, tuple[date, date]], *, grouped: bool
) -> Sql:
    table, days = table_and_days
    starts = bucket_days(reading.buckets, zone_of(reading.query))
    bucket = _bucket_number(reading.dialect.day_number('"day"'), starts, reading.dialect)
    in_days = Sql('"day" >= ? AND "day" < ?', days)
    return _branch(reading, table, (columns, bucket, in_days), grouped=grouped)


def _branch(reading: Reading, table: str, wanted: tuple[Sequence[str], Sql, Sql], *, grouped: bool) -> Sql:
    columns, bucket, in_time = wanted
    picked = [Sql(f'{bucket.text} AS "bucket"', bucket.parameters)] if grouped and reading.buckets else []
    if grouped:
        picked += [_group(each, at, reading.dialect) for at, each in enumerate(reading.query.dimensions)]
    for name in columns:
        picked.append(Sql(f'{_expression(name, table)} AS "{name}"'))
    return joined(
        [
            Sql("SELECT"),
            joined(picked, ", "),
            Sql(f"FROM {table} WHERE"),
            joined([visible(reading.query, reading.dialect), in_time], " AND "),
        ],
        " ",
    )


def _expression(name: str, table: str) -> str:
    """Return how a table has a column. In tables side by side each column is known in one and NULL in the others."""
    column = SOURCE_COLUMNS[name]
    if table == EVENTS:
        return column.events
    return (column.runs if table == RUN_DAY else column.rollup) or "NULL"


def _needed_columns(query: Query) -> list[str]:
    return list(dict.fromkeys(name for each in query.measures for name in columns_of(MEASURES[each].figure)))


def _group(dimension: str, at: int, dialect: Dialect) -> Sql:
    if dimension == TAG:
        return Sql(f'{_TAGS} AS "g{at}"')
    if dimension.startswith(TAG_KEY):
        prefix = tag_prefix(dimension)
        return Sql(f'{dialect.each_value(_TAGS)} AS "g{at}"', (prefix, len(prefix) + 1))
    return Sql(f'{column_of(dimension)} AS "g{at}"')


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
