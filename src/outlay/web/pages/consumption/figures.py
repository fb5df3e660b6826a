"""The questions of the Consumption page, asked from one snapshot: few statements for many figures.

One question gives the headline, its days and its agent types; one gives all models and services. Page and exports are
made from the same answers.
"""

from functools import partial
from typing import Final

from msgspec import Struct

from outlay.query.ask import Filter, Order, Query
from outlay.query.questions import Asking
from outlay.query.result import Result, Row
from outlay.query.sql import Value
from outlay.usage import LLM
from outlay.web.pages.consumption.month import MonthPlace
from outlay.web.view.groups import Figures, Group, joined

TOP: Final = 5
COST_MEASURES: Final = ("cost", "requests", "unpriced_requests", "estimated_requests")
TOKEN_MEASURES: Final = ("tokens", "input_tokens", "cache_read_tokens", "output_tokens", "requests")
RANKED: Final = TOKEN_MEASURES  # the same measures as the days, so that their totals are one statement


class CostFigures(Struct, frozen=True):
    """`days`: by day and agent type. `things`: by service and model. `quantities`: of other services, by unit."""

    days: Result
    things: Result
    quantities: Result


class Top(Struct, frozen=True):
    """The biggest few of a dimension; `nobody` is what has no value, `others` the remainder. Together: the total."""

    dimension: str
    result: Result
    named: tuple[Group[str | None], ...]
    nobody: Group[str | None] | None
    others: Group[str | None] | None


class ActivityFigures(Struct, frozen=True):
    """`days`: by day and agent type. `models`: by model."""

    days: Result
    models: Result
    users: Top
    agents: Top


def cost_figures(asking: Asking, place: MonthPlace) -> CostFigures:
    asked = _asked(place)
    beside = (*asked.filters, Filter("service", "not", (LLM,)))
    counted = Query(asked.viewer, ("quantity", "requests"), ("service", "unit"), range=asked.range, filters=beside)
    quantities = asking.start(lambda: asking.run(counted))
    return CostFigures(
        days=asking.run(_question(asked, COST_MEASURES, "agent_type", by_day=True)),
        things=asking.run(_question(asked, COST_MEASURES, "service", "model")),
        quantities=quantities(),
    )


def activity_figures(asking: Asking, place: MonthPlace) -> ActivityFigures:
    asked = _asked(place)
    users, agents = (asking.start(partial(top_of, asking, asked, each)) for each in ("user", "agent"))
    return ActivityFigures(
        days=asking.run(_question(asked, TOKEN_MEASURES, "agent_type", by_day=True)),
        models=asking.run(_question(asked, TOKEN_MEASURES, "model")),
        users=users(),
        agents=agents(),
    )


def top_of(asking: Asking, asked: Query, dimension: str) -> Top:
    """Return the top few. What has no value is no competitor: it stands beside them, wherever it would rank."""
    # One more than is shown, because one of the first may be the group without a value.
    ranking = _ranked(asked, dimension, TOP + 1)
    result = asking.run(ranking)
    rows = [row for row in result.rows if not row.other]
    known = [row for row in rows if row.key[0] is not None]
    nobody = next((_group(result, row) for row in rows if row.key[0] is None), None)
    rest = [_group(result, row) for row in (*known[TOP:], *(row for row in result.rows if row.other))]
    if nobody is None and rest:
        nobody = _without_value(asking, asked, dimension)
        rest = [_difference(joined(rest, None), nobody)] if nobody else rest
    return Top(
        dimension,
        result,
        tuple(_group(result, row) for row in known[:TOP]),
        nobody,
        joined(rest, None) if rest else None,
    )


def _asked(place: MonthPlace) -> Query:
    return Query(place.viewer, range=place.range, filters=place.filters, comparison=place.comparison)


def _question(asked: Query, measures: tuple[str, ...], *dimensions: str, by_day: bool = False) -> Query:
    return Query(
        asked.viewer,
        measures,
        dimensions,
        "day" if by_day else "none",
        asked.range,
        asked.filters,
        asked.comparison,
    )


def _ranked(asked: Query, dimension: str, limit: int) -> Query:
    return Query(
        asked.viewer,
        RANKED,
        (dimension,),
        range=asked.range,
        filters=asked.filters,
        comparison=asked.comparison,
        order=Order("tokens", descending=True),
        limit=limit,
    )


def _without_value(asking: Asking, asked: Query, dimension: str) -> Group[str | None] | None:
    """Return the group without a value when it was folded into the remainder."""
    filters = (*asked.filters, Filter(dimension, "none"))
    found = asking.run(Query(asked.viewer, RANKED, range=asked.range, filters=filters, comparison=asked.comparison))
    if found.total("requests") == 0 and found.total("tokens") is None:
        return None
    return _group(found, found.rows[0])


def _group(result: Result, row: Row) -> Group[str | None]:
    before = None
    if result.compared is not None:
        before = result.numbers(row.before or (0,) * len(result.query.measures))
    key = row.key[0] if row.key else None
    return Group(key, result.numbers(row.figures), before)


def _difference(whole: Group[str | None], part: Group[str | None]) -> Group[str | None]:
    before = None if whole.before is None or part.before is None else _less(whole.before, part.before)
    return Group(None, _less(whole.now, part.now), before)


def _less(whole: Figures, part: Figures) -> Figures:
    return {measure: _minus(whole[measure], part[measure]) for measure in RANKED}


def _minus(whole: Value, part: Value) -> Value:
    return whole if whole is None or part is None else int(whole) - int(part)
