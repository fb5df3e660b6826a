"""The rows that a question reads, as SQL: which of them its viewer may see and its filters let through, from the events
and the day rollup, each with its bucket number, its groups (`g0`, `g1` …) and the columns that the measures need.

Every value is a parameter; every identifier comes from the catalogue or the schema.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.kit.period import as_micros
from outlay.ledger.schema import DAY, DAY_RECENT, EVENTS
from outlay.query.ask import Filter, Query, Scope
from outlay.query.buckets import Bucket, bucket_days, even_runs
from outlay.query.catalogue import MEASURES, SOURCE_COLUMNS, TAG, TAG_KEY, is_tag
from outlay.query.dialect import Dialect
from outlay.query.figures import columns_of
from outlay.query.plan import Plan
from outlay.query.refine import scope_of, zone_of
from outlay.query.timerange import Span

_TAGS: Final = '"tags"'
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Sql(Struct, frozen=True):
    """A piece of SQL with the parameters of its question marks, in their order."""

    text: str
    parameters: tuple[Any, ...] = ()


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
    if grouped:
        for at, dimension in enumerate(reading.query.dimensions):
            if is_tag(dimension):
                rows = Sql(reading.dialect.exploded(f'"g{at}"', rows.text), rows.parameters)
    return rows


def visible(query: Query, dialect: Dialect) -> Sql:
    """Return the condition that a row is in the viewer's sight and passes the filters."""
    if query.scope is None or query.scope != scope_of(query.viewer):
        raise RuntimeError("a question must be refined before it becomes SQL: its scope is not its viewer's")
    return joined([_in_scope(query.scope, dialect), *(_passes(each, dialect) for each in query.filters)], " AND ")


def within(span: Span) -> Sql:
    """Return the condition that an event lies in a span; the ledger's timestamps are UTC without a zone."""
    bounds = (span.start.replace(tzinfo=None), span.end.replace(tzinfo=None))
    return Sql('"time" >= ? AND "time" < ?', bounds)


def joined(pieces: Iterable[Sql], separator: str) -> Sql:
    """Return the pieces one after the other, with their parameters."""
    pieces = list(pieces)
    return Sql(
        separator.join(piece.text for piece in pieces), tuple(value for each in pieces for value in each.parameters)
    )


def known_sum(terms: Sequence[str]) -> str:
    """Return the sum of those terms that are known; unknown when none is."""
    if len(terms) == 1:
        return terms[0]
    known = " + ".join(f"coalesce({each}, 0)" for each in terms)
    return f"CASE WHEN coalesce({', '.join(terms)}) IS NOT NULL THEN {known} END"


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


def _in_scope(scope: Scope, dialect: Dialect) -> Sql:
    organisation = Sql('"organisation" = ?', (scope.organisation,))
    if scope.everything:
        return organisation
    own: list[Sql] = []
    if scope.user is not None:
        own.append(Sql('"user" = ?', (scope.user,)))
    if scope.teams:
        own.append(_one_of('"team"', scope.teams, dialect))
    sight = joined(own, " OR ") if own else Sql("FALSE")
    return Sql(f"{organisation.text} AND ({sight.text})", organisation.parameters + sight.parameters)


def _passes(asked: Filter, dialect: Dialect) -> Sql:
    if asked.dimension == TAG or asked.dimension.startswith(TAG_KEY):
        return _passes_tags(asked, dialect)
    column = f'"{asked.dimension}"'
    match asked.operator:
        case "is":
            return _one_of(column, asked.values, dialect)
        case "not":  # `NOT` alone would lose the rows that have no value
            found = _one_of(column, asked.values, dialect)
            return Sql(f"({column} IS NULL OR NOT {found.text})", found.parameters)
        case "none_or":
            found = _one_of(column, asked.values, dialect)
            return Sql(f"({column} IS NULL OR {found.text})", found.parameters)
        case "has":
            return Sql(f"{column} IS NOT NULL")
        case "none":
            return Sql(f"{column} IS NULL")


def _passes_tags(asked: Filter, dialect: Dialect) -> Sql:
    prefix = tag_prefix(asked.dimension)
    tags = tuple(prefix + value for value in asked.values)
    match asked.operator:
        case "is":
            return Sql(dialect.has_any(_TAGS), (tags,))
        case "not":
            return Sql(f"NOT {dialect.has_any(_TAGS)}", (tags,))
        case "has" | "none" if prefix:
            negation = "NOT " if asked.operator == "none" else ""
            return Sql(f"{negation}{dialect.has_prefix(_TAGS)}", (prefix,))
        case "has":
            return Sql(f"NOT {dialect.is_empty(_TAGS)}")
        case "none":
            return Sql(dialect.is_empty(_TAGS))
        case "none_or":
            either = (replace(asked, operator="none", values=()), replace(asked, operator="is"))
            found = joined((_passes_tags(each, dialect) for each in either), " OR ")
            return Sql(f"({found.text})", found.parameters)


def tag_prefix(dimension: str) -> str:
    """Return what the tags of a dimension start with: `env:` for `tag:env`, nothing for `tag`."""
    return f"{dimension.removeprefix(TAG_KEY)}:" if dimension.startswith(TAG_KEY) else ""


def _one_of(column: str, values: tuple[str, ...], dialect: Dialect) -> Sql:
    """Return the condition that a column is one of the values: all of them are one parameter, however many."""
    return Sql(f"{column} = ?", values) if len(values) == 1 else Sql(dialect.one_of(column), (values,))
