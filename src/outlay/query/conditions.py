"""Which rows a question reads, as conditions: what its viewer may see, what its filters let through, which instants.

Every value is a parameter; every identifier comes from the catalogue or the schema.
"""

from typing import Final

from msgspec.structs import replace

from outlay.ledger.schema import COUNTS
from outlay.query.amounts import AMOUNTS, parse_bound
from outlay.query.ask import Filter, Query, Scope
from outlay.query.catalogue import TAG, TAG_KEY, column_of
from outlay.query.dialect import Dialect
from outlay.query.refine import scope_of
from outlay.query.statement import Sql, joined, known_sum
from outlay.query.timerange import Span

_TAGS: Final = '"tags"'
_FEW_TAGS: Final = 6  # looking for one tag takes a sixth of looking for any of a list


def visible(query: Query, dialect: Dialect) -> Sql:
    """Return the condition that a row is in the viewer's sight and passes the filters."""
    if query.scope is None or query.scope != scope_of(query.viewer):
        raise RuntimeError("a question must be refined before it becomes SQL: its scope is not its viewer's")
    return joined([_in_scope(query.scope, dialect), *(_passes(each, dialect) for each in query.filters)], " AND ")


def within(span: Span) -> Sql:
    """Return the condition that an event lies in a span; the ledger's timestamps are UTC without a zone."""
    bounds = (span.start.replace(tzinfo=None), span.end.replace(tzinfo=None))
    return Sql('"time" >= ? AND "time" < ?', bounds)


def counted(as_of: int | None = None) -> Sql:
    """Return the condition that an event counts, and was not taken out of its team by a move; or did, when the ledger
    had this watermark.
    """
    return Sql(COUNTS) if as_of is None else Sql(f'({COUNTS} OR "moved_by" > ?)', (as_of,))


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
    amount = AMOUNTS.get(asked.dimension)
    column = column_of(asked.dimension) if amount is None else known_sum([f'"{name}"' for name in amount.columns])
    match asked.operator:
        case "is":
            return _one_of(column, asked.values, dialect)
        case "not":  # `NOT` alone would lose the rows that have no value
            found = _one_of(column, asked.values, dialect)
            return Sql(f"({column} IS NULL OR NOT {found.text})", found.parameters)
        case "none_or":
            found = _one_of(column, asked.values, dialect)
            return Sql(f"({column} IS NULL OR {found.text})", found.parameters)
        case "has" | "none":
            return Sql(f"{column} IS {'NOT ' if asked.operator == 'has' else ''}NULL")
        case "over" | "under":
            return Sql(f"{column} {'>' if asked.operator == 'over' else '<'} ?", (parse_bound(asked.values[0]),))


def _tagged(tags: tuple[str, ...], dialect: Dialect) -> Sql:
    """Return the condition that an event has one of the tags."""
    if len(tags) > _FEW_TAGS:
        return Sql(dialect.has_any(_TAGS), (tags,))
    either = " OR ".join([dialect.has_text(_TAGS)] * len(tags))
    return Sql(f"({either})", tags)


def _passes_tags(asked: Filter, dialect: Dialect) -> Sql:
    prefix = tag_prefix(asked.dimension)
    tags = tuple(prefix + value for value in asked.values)
    match asked.operator:
        case "is":
            return _tagged(tags, dialect)
        case "not":
            found = _tagged(tags, dialect)
            return Sql(f"NOT {found.text}", found.parameters)
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
        case "over" | "under":
            raise RuntimeError(f"{asked.operator} is no operator of tags, and no filter was ever made with it")


def tag_prefix(dimension: str) -> str:
    """Return what the tags of a dimension start with: `env:` for `tag:env`, nothing for `tag`."""
    return f"{dimension.removeprefix(TAG_KEY)}:" if dimension.startswith(TAG_KEY) else ""


def _one_of(column: str, values: tuple[str, ...], dialect: Dialect) -> Sql:
    """Return the condition that a column is one of the values: all of them are one parameter, however many."""
    return Sql(f"{column} = ?", values) if len(values) == 1 else Sql(dialect.one_of(column), (values,))
