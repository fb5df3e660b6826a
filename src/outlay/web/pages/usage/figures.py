"""The questions of the Usage page, asked from one snapshot: few statements for many figures.

Different things are counted only where they are shown: that costs more than any sum. Who stands on the page of the
table is decided in `ranking`; what is asked of those is asked by their names.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Filter, Order, Query, Rest
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.web.charts import spec
from outlay.web.pages.usage.place import Subject, UsagePlace
from outlay.web.pages.usage.ranking import Ranked, ranked
from outlay.web.pages.usage.standouts import Standout, TrendMeasure, standouts
from outlay.web.view.groups import Figures
from outlay.web.view.names import Names
from outlay.web.view.panels import as_count

SUMS: Final = (
    "requests",
    "tokens",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cost",
    "unpriced_requests",
    "estimated_requests",
    "average_cost_per_request",
    "errors",
    "error_rate",
)
COUNTED: Final[Mapping[Subject, tuple[str, ...]]] = {
    "user": ("models", "active_users", "requests_per_user"),
    "team": ("models", "active_users", "active_teams", "requests_per_team"),
}
SEEN: Final = ("first_time", "last_time")
TEAMS_DRAWN: Final = spec.MAX_SERIES
Seen = tuple[datetime | None, datetime | None]


class ModelUse(Struct, frozen=True):
    """What somebody used of one model."""

    model: str
    requests: int
    tokens: int | None


class Line(Struct, frozen=True):
    """One row of the table. `trend` has a value for each step of the range; `models` are the biggest first."""

    key: str
    figures: Figures
    trend: tuple[Value, ...] = ()
    models: tuple[ModelUse, ...] = ()
    seen: Seen = (None, None)


class Beside(Struct, frozen=True):
    """What is asked of those on the page beside their figures; None: its column is not there."""

    trend: Result | None = None
    models: Result | None = None
    seen: Result | None = None


class TableFigures(Struct, frozen=True):
    """One page of the table and what is around it. `rest` are those on other pages, `nobody` is what has no user (or
    team); together with `lines` they make `total`, which was figured apart. With a search, all of it is of those found.
    """

    ranked: Ranked
    lines: tuple[Line, ...]
    rest: Figures | None
    nobody: Figures | None
    total: Figures
    beside: Beside = Beside()


class UsageFigures(Struct, frozen=True):
    """`head`: the whole range beside its baseline. `activity`: over time. `nobody`: what no user (or team) stands for.
    `trend` is the measure that trends show, `standouts` are those who had a spike of it, wherever in the table.
    """

    head: Result
    activity: Result
    nobody: Figures | None
    trend: TrendMeasure
    standouts: Mapping[str, Standout]
    table: TableFigures


def usage_figures(asking: Asking, place: UsagePlace, names: Names) -> UsageFigures:
    """Ask all that the page shows."""
    shown = asking.start(lambda: activity(asking, place))
    head = headline(asking, place)
    trend = trend_of(head)
    found = standouts(asking, place, trend)
    who = ranked(asking, place, names, {key: each.above for key, each in found.items()})
    table, nobody = _table(asking, place, (who, trend), head)
    return UsageFigures(head, shown(), nobody, trend, found, table)


def trend_of(head: Result) -> TrendMeasure:
    """Return what trends show: cost, or tokens where nothing has a price."""
    return "cost" if head.total("cost") else "tokens"


def headline(asking: Asking, place: UsagePlace) -> Result:
    """Ask for the whole range and what it is compared with."""
    asked = question(place, (*SUMS, *COUNTED[place.subject]))
    return asking.run(replace(asked, comparison=place.query.comparison))


def activity(asking: Asking, place: UsagePlace) -> Result:
    """Ask for the chart: active users over time, or a member's own requests; by team the biggest teams' requests."""
    if place.subject == "team":
        asked = question(place, ("requests",), "team")
        limit = TEAMS_DRAWN + 1  # one of the first may be what has no team
        asked = replace(asked, order=Order("requests", descending=True), limit=limit)
    else:
        asked = question(place, ("requests",) if place.alone else ("active_users",))
    return asking.run(replace(asked, grain=place.grain, totals=False))


def question(place: UsagePlace, measures: tuple[str, ...], *dimensions: str) -> Query:
    """Return a question over the range and filters of the page."""
    return Query(place.viewer, measures, dimensions, range=place.query.range, filters=place.query.filters)


def nobody_of(asking: Asking, place: UsagePlace) -> Figures | None:
    """Ask for what has no user (or team); None when there is no such event."""
    asked = question(place, SUMS)
    found = asking.run(replace(asked, filters=(*asked.filters, Filter(place.subject, "none"))))
    return _unless_nothing(found.numbers(found.totals))


def _unless_nothing(figures: Figures) -> Figures | None:
    return figures if figures["requests"] or any(figures[each] is not None for each in ("tokens", "cost")) else None


def _table(
    asking: Asking, place: UsagePlace, told: tuple[Ranked, TrendMeasure], head: Result
) -> tuple[TableFigures, Figures | None]:
    """Return the table, and what no user (or team) stands for, which is a row of it unless something is searched."""
    who, trend = told
    if not who.keys:
        nobody = nobody_of(asking, place)
        shown = nobody if who.matched is None else None
        return TableFigures(who, (), None, shown, head.numbers(head.totals)), nobody
    keys = tuple((each,) for each in who.keys)
    asked = replace(rows_asked(place, who.filters), keys=keys)
    steps = replace(asked, measures=(trend,), grain=place.steps, rest="cut")
    drawn = asking.start(lambda: asking.run(steps) if place.has("trend") else None)
    models = asking.start(lambda: models_of(asking, place, who.keys) if place.has("models") else None)
    parts, nobody = _parts(asking, place, who)
    total = head if who.matched is None else total_of(asking, place, who.filters)
    has_seen = place.has("first_time") or place.has("last_time")
    seen = asking.run(replace(asked, measures=SEEN, rest="cut", totals=True)) if has_seen else None
    beside = Beside(drawn(), models(), seen)
    rest = next((parts.numbers(row.figures) for row in parts.rows if row.other), None)
    shown = nobody if who.matched is None else None
    return TableFigures(who, _lines(parts, beside), rest, shown, total.numbers(total.totals), beside), nobody


def _parts(asking: Asking, place: UsagePlace, who: Ranked) -> tuple[Result, Figures | None]:
    """Ask for the rows of the table, and for what no user (or team) stands for: in one question where both are rows."""
    keys = tuple((each,) for each in who.keys)
    rest: Rest = "other" if who.count > len(keys) else "cut"
    if who.matched is not None:
        apart = asking.start(lambda: nobody_of(asking, place))
        return asking.run(replace(rows_asked(place, who.filters), keys=keys, rest=rest)), apart()
    parts = asking.run(replace(rows_asked(place, place.query.filters), keys=(*keys, (None,)), rest=rest))
    without = next((parts.numbers(row.figures) for row in parts.rows if row.key == (None,) and not row.other), None)
    return parts, without and _unless_nothing(without)


def total_of(asking: Asking, place: UsagePlace, filters: tuple[Filter, ...]) -> Result:
    """Ask for those found together."""
    return asking.run(replace(question(place, (*SUMS, "models")), filters=filters))


def rows_asked(place: UsagePlace, filters: tuple[Filter, ...]) -> Query:
    """Return the question for rows: what they add up to, and of teams how many users they have."""
    measures = (*SUMS, "active_users") if place.subject == "team" else SUMS
    return replace(question(place, measures, place.subject), filters=filters, totals=False)


def models_of(asking: Asking, place: UsagePlace, keys: tuple[str, ...]) -> Result:
    """Ask for the models of some, the one with most tokens first."""
    asked = question(place, ("tokens", "requests"), place.subject, "model")
    filters = (*asked.filters, Filter(place.subject, "is", keys), Filter("model", "has"))
    return asking.run(replace(asked, filters=filters, totals=False))


def uses_of(models: Result | None) -> Mapping[str, tuple[ModelUse, ...]]:
    """Return the models of each; one that only an adjustment names was not used."""
    found: dict[str, list[ModelUse]] = {}
    if models is None:
        return {}
    for row in models.rows:
        owner, model = row.key
        requests, tokens = (as_count(models.figure(row, each)) for each in ("requests", "tokens"))
        if owner is not None and model is not None and requests:
            found.setdefault(owner, []).append(ModelUse(model, requests, tokens))
    return {owner: tuple(each) for owner, each in found.items()}


def _lines(parts: Result, beside: Beside) -> tuple[Line, ...]:
    trends, uses, seen = _trends(beside.trend), uses_of(beside.models), _seen(beside.seen)
    return tuple(
        Line(key, parts.numbers(row.figures), trends.get(key, ()), uses.get(key, ()), seen.get(key, (None, None)))
        for row in parts.rows
        if not row.other and (key := row.key[0]) is not None
    )


def _trends(trend: Result | None) -> Mapping[str | None, tuple[Value, ...]]:
    """Return the steps of each: zero where there is nothing, no value for what has not begun."""
    found: dict[str | None, list[Value]] = {}
    if trend is None:
        return {}
    nothing: list[Value] = [None if each.state == "future" else 0 for each in trend.buckets]
    for row in trend.rows:
        if row.bucket is not None:
            found.setdefault(row.key[0], nothing.copy())[row.bucket] = trend.figure(row, trend.query.measures[0])
    return {key: tuple(steps) for key, steps in found.items()}


def _seen(seen: Result | None) -> Mapping[str | None, Seen]:
    if seen is None:
        return {}
    return {row.key[0]: (seen.moment(row, "first_time"), seen.moment(row, "last_time")) for row in seen.rows}
