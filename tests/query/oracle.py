"""Answers questions a second time, from the events themselves, in plain Python that shares nothing with the SQL.

Taken from the product: what `refine` decides (the instants of span and baseline, default order), which tables test on
their own. Everything else is done again here: sight, filters, calendars, groups, figures, order, limits.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import product
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.query.ask import Filter, Query
from outlay.query.timerange import Span
from outlay.usage import CostLine, PricedEvent, ReportedCost, Tokens

type_of_figure = int | Decimal | datetime | None
Figures = tuple[type_of_figure, ...]
Key = tuple[str | None, ...]


class Line(NamedTuple):
    """One row of an answer: `when` is the calendar key of its bucket."""

    when: Any
    key: Key
    other: bool
    figures: Figures


class Part(NamedTuple):
    """An event in one of the groups it belongs to: as a whole, and what is left of it when it is split among them."""

    whole: PricedEvent
    divided: PricedEvent


class Expected(NamedTuple):
    lines: list[Line]
    totals: Figures


def answer(asked: Query, span: Span, zone: ZoneInfo, events: Sequence[PricedEvent]) -> Expected:
    """Answer a refined question over one span."""
    found = selected(asked, span, events)
    totals = figures(asked.measures, found)
    if not asked.dimensions and asked.grain == "none":
        return Expected([Line((), (), other=False, figures=totals)], totals)
    kept = best_groups(asked, found) if asked.limit is not None else None
    return Expected(grouped(asked, zone, found, kept), totals)


def grouped(asked: Query, zone: ZoneInfo, found: Sequence[PricedEvent], kept: list[Key] | None) -> list[Line]:
    """Return the rows in order; groups that are not kept become one, or none."""
    cells: dict[tuple[Any, Key, bool], list[Part]] = defaultdict(list)
    for priced in found:
        when = calendar_key(priced.event.time, asked.grain, zone)
        for key, part in parts_of(asked, priced):
            other = kept is not None and key not in kept
            if not (other and asked.rest == "cut"):
                cells[when, (None,) * len(key) if other else key, other].append(part)
    lines = [Line(when, key, other, figures_of_parts(asked, each)) for (when, key, other), each in cells.items()]
    if kept is not None:
        rank = {key: at for at, key in enumerate(kept)}
        lines.sort(key=lambda line: (line.when, len(kept) if line.other else rank[line.key]))
        return lines
    lines.sort(key=lambda line: by_key(line.key))
    _sort_by_order(asked, lines)
    lines.sort(key=lambda line: line.when)
    return lines


def best_groups(asked: Query, found: Sequence[PricedEvent]) -> list[Key]:
    """Return the keys of the first groups over the whole span."""
    cells: dict[Key, list[Part]] = defaultdict(list)
    for priced in found:
        for key, part in parts_of(asked, priced):
            cells[key].append(part)
    lines = [Line(None, key, other=False, figures=figures_of_parts(asked, each)) for key, each in cells.items()]
    lines.sort(key=lambda line: by_key(line.key))
    _sort_by_order(asked, lines)
    return [line.key for line in lines[: asked.limit]]


def by_key(key: Key) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in key]


def _sort_by_order(asked: Query, lines: list[Line]) -> None:
    """Sort, stably, by the order of the question; unknown last in either direction."""
    order = asked.order
    if order is None:
        return

    def wanted(line: Line) -> Any:
        if order.by in asked.dimensions:
            return line.key[asked.dimensions.index(order.by)]
        return line.figures[asked.measures.index(order.by)]

    known = [line for line in lines if wanted(line) is not None]
    known.sort(key=wanted, reverse=order.descending)
    lines[:] = known + [line for line in lines if wanted(line) is None]


# -- which events ------------------------------------------------------------------------------------------------------


def selected(asked: Query, span: Span, events: Iterable[PricedEvent]) -> list[PricedEvent]:
    """Return the events of the span that the viewer sees and the filters let through."""
    return [
        priced
        for priced in counted(events)
        if span.start <= priced.event.time < span.end
        and sees(asked.viewer, priced)
        and all(passes(each, priced) for each in asked.filters)
    ]


def counted(events: Iterable[PricedEvent]) -> list[PricedEvent]:
    """Return the events without those that a later one takes out of their team, and without that one."""
    kept: dict[tuple[str, str, str, datetime], dict[int, PricedEvent]] = {}
    for number, priced in enumerate(events):
        event = priced.event
        about = kept.setdefault((event.organisation, event.source, named(priced), event.time), {})
        about[number] = priced
        if event.takes_out:
            about.clear()
    found = {number: each for about in kept.values() for number, each in about.items()}
    return [found[number] for number in sorted(found)]


def named(priced: PricedEvent) -> str:
    """Return the id of the event that this one is, or is written about by a repricing."""
    event = priced.event
    return event.adjusts or "" if event.repricing else event.id


def sees(viewer: Viewer, priced: PricedEvent) -> bool:
    event = priced.event
    if event.organisation != viewer.organisation:
        return False
    own = viewer.user is not None and event.user == viewer.user
    led = viewer.role == "lead" and event.team is not None and event.team in viewer.teams
    return viewer.role in ("admin", "billing") or own or led


def passes(asked: Filter, priced: PricedEvent) -> bool:
    if asked.dimension in AMOUNTS_OF:
        amount = AMOUNTS_OF[asked.dimension](priced)
        return {
            "has": amount is not None,
            "none": amount is None,
            "over": amount is not None and amount > Decimal(*asked.values or "0"),
            "under": amount is not None and amount < Decimal(*asked.values or "0"),
        }[asked.operator]
    found = {value for value in values_of(asked.dimension, priced) if value is not None}
    return {
        "is": bool(found & set(asked.values)),
        "not": not found & set(asked.values),
        "has": bool(found),
        "none": not found,
        "none_or": not found or bool(found & set(asked.values)),
    }[asked.operator]


def parts_of(asked: Query, priced: PricedEvent) -> list[tuple[Key, Part]]:
    """Return the groups an event belongs to, with several tags several, and its part in each."""
    keys = list(product(*(values_of(dimension, priced) for dimension in asked.dimensions)))
    return [(key, Part(priced, divided(priced, number, len(keys)))) for number, key in enumerate(keys)]


def divided(priced: PricedEvent, number: int, of: int) -> PricedEvent:
    """Return one part of an event whose tokens and cost are divided in whole tokens and picodollars."""

    def share(amount: int | None) -> int | None:
        if amount is None:
            return None
        size, left = divmod(abs(amount), of)
        size += left if number == 0 else 0
        return size if amount > 0 else -size

    event, cost = priced.event, priced.cost
    tokens = Tokens(**{name: share(count) for name, count in event.tokens.stated()})
    components = {line.component: _component(line.component)(priced) for line in cost.lines}
    lines = tuple(CostLine(name, name, 1, Decimal(1), share(pico) or 0) for name, pico in components.items())
    reported = event.reported_cost and ReportedCost(share(event.reported_cost.pico) or 0)
    return PricedEvent(
        replace(event, tokens=tokens, reported_cost=reported), replace(cost, pico=share(cost.pico), lines=lines)
    )


def values_of(dimension: str, priced: PricedEvent) -> list[str | None]:
    tags = sorted(set(priced.event.tags))
    if dimension == "tag":
        return [*tags] or [None]
    if dimension.startswith("tag:"):
        key = dimension.split(":", 1)[1] + ":"
        return [tag[len(key) :] for tag in tags if tag.startswith(key)] or [None]
    if dimension == "id":
        return [named(priced)]
    if dimension == "cost_status":
        return [priced.cost.status]
    value: str | None = getattr(priced.event, dimension)
    return [value]


def calendar_key(moment: datetime, grain: str, zone: ZoneInfo) -> Any:
    """Return what clocks and calendars on the wall show, as far as it names the bucket; it sorts like time."""
    local = moment.astimezone(zone)
    if grain in ("15m", "hour"):
        part = local.minute // 15 if grain == "15m" else 0
        # A clock set back shows an hour twice; the later one has the smaller offset.
        return local.date(), local.hour, -(local.utcoffset() or timedelta(0)), part
    return {
        "none": (),
        "day": local.date(),
        "week": local.date() - timedelta(days=local.weekday()),
        "month": (local.year, local.month),
    }[grain]


# -- figures -----------------------------------------------------------------------------------------------------------


def figures(measures: Sequence[str], events: Sequence[PricedEvent]) -> Figures:
    return tuple(MEANINGS[measure](events) for measure in measures)


def figures_of_parts(asked: Query, parts: Sequence[Part]) -> Figures:
    whole = [part.whole for part in parts]
    split = [part.divided for part in parts] if asked.tags == "split" else whole
    return tuple(MEANINGS[measure](split if is_divided(measure) else whole) for measure in asked.measures)


def is_divided(measure: str) -> bool:
    return measure.endswith("tokens") or measure.startswith("cost") or measure == "reported_cost"


Events = Sequence[PricedEvent]


def _requests(events: Events) -> Events:
    return [priced for priced in events if priced.event.requests > 0]


def _count(wanted: Callable[[PricedEvent], bool]) -> Callable[[Events], int]:
    return lambda events: sum(priced.event.requests for priced in events if wanted(priced))


def _tokens(*names: str) -> Callable[[Events], int | None]:
    def total(events: Events) -> int | None:
        stated = [getattr(priced.event.tokens, name) for priced in events for name in names]
        known = [count for count in stated if count is not None]
        return sum(known) if known else None

    return total


def _money(pico_of: Callable[[PricedEvent], int | None]) -> Callable[[Events], Decimal | None]:
    def total(events: Events) -> Decimal | None:
        known = [pico for priced in events if (pico := pico_of(priced)) is not None]
        return Decimal(sum(known)).scaleb(-12) if known else None

    return total


def _component(name: str) -> Callable[[PricedEvent], int | None]:
    def pico_of(priced: PricedEvent) -> int | None:
        lines = [line.pico for line in priced.cost.lines if line.component == name]
        return sum(lines) if lines else None

    return pico_of


def _reported(priced: PricedEvent) -> int | None:
    reported = priced.event.reported_cost
    return reported.pico if reported else None


def _distinct(field: str) -> Callable[[Events], int]:
    return lambda events: len({getattr(each.event, field) for each in _requests(events)} - {None})


def _percentile(field: str, percent: int) -> Callable[[Events], int | None]:
    def nearest_rank(events: Events) -> int | None:
        known = sorted(value for each in _requests(events) if (value := getattr(each.event, field)) is not None)
        return known[-(-len(known) * percent // 100) - 1] if known else None

    return nearest_rank


def _moment(choose: Callable[[list[datetime]], datetime]) -> Callable[[Events], datetime | None]:
    def chosen(events: Events) -> datetime | None:
        known = [priced.event.time for priced in _requests(events)]
        return choose(known) if known else None

    return chosen


def _ratio(over: Decimal | int | None, under: int) -> Decimal | None:
    if over is None or under == 0:
        return None
    with localcontext(prec=80):
        exact = Decimal(over) * 10**12 / under
    return exact.to_integral_value(ROUND_HALF_UP).scaleb(-12)


def _quantity(events: Events) -> Decimal | None:
    counted = [each.event for each in events if each.event.quantity is not None]
    if len({event.unit for event in counted}) != 1:
        return None
    return sum((event.quantity for event in counted if event.quantity is not None), Decimal(0))


def _amount(measure: str) -> Callable[[PricedEvent], Any]:
    """Return what a measure makes of one event alone."""
    return lambda priced: MEANINGS[measure]([priced])


AMOUNTS_OF: dict[str, Callable[[PricedEvent], Any]] = {
    "latency_ms": lambda priced: priced.event.latency_ms,
    "first_token_ms": lambda priced: priced.event.first_token_ms,
    **{measure: _amount(measure) for measure in ("cost", "tokens", "input_tokens", "output_tokens")},
}

_CACHE_WRITES = ("cache_write_5m", "cache_write_1h", "cache_write_other")
_cost = _money(lambda priced: priced.cost.pico)
_all_requests = _count(lambda _: True)
_errors = _count(lambda each: each.event.status == "error")
_users = _distinct("user")
_teams = _distinct("team")

MEANINGS: dict[str, Callable[[Events], type_of_figure]] = {
    "requests": _all_requests,
    "errors": _errors,
    "error_rate": lambda events: _ratio(_errors(events), _all_requests(events)),
    "input_tokens": _tokens("input_uncached", "cache_read", *_CACHE_WRITES),
    "input_uncached_tokens": _tokens("input_uncached"),
    "cache_read_tokens": _tokens("cache_read"),
    "cache_write_tokens": _tokens(*_CACHE_WRITES),
    "cache_write_5m_tokens": _tokens("cache_write_5m"),
    "cache_write_1h_tokens": _tokens("cache_write_1h"),
    "cache_write_other_tokens": _tokens("cache_write_other"),
    "output_tokens": _tokens("output"),
    "reasoning_tokens": _tokens("reasoning"),
    "tokens": _tokens("input_uncached", "cache_read", *_CACHE_WRITES, "output"),
    "cost": _cost,
    "cost_input": _money(_component("input")),
    "cost_cache_read": _money(_component("cache_read")),
    "cost_cache_write": _money(_component("cache_write")),
    "cost_output": _money(_component("output")),
    "cost_other": _money(_component("other")),
    "reported_cost": _money(_reported),
    "unpriced_requests": _count(lambda each: each.cost.status == "unpriced"),
    "estimated_requests": _count(lambda each: each.cost.status == "estimated"),
    "active_users": _users,
    "active_teams": _teams,
    "active_agents": _distinct("agent"),
    "models": _distinct("model"),
    "runs": _distinct("run_id"),
    "sessions": _distinct("session_id"),
    "latency_p50": _percentile("latency_ms", 50),
    "latency_p95": _percentile("latency_ms", 95),
    "latency_p99": _percentile("latency_ms", 99),
    "first_token_p50": _percentile("first_token_ms", 50),
    "first_token_p95": _percentile("first_token_ms", 95),
    "first_token_p99": _percentile("first_token_ms", 99),
    "first_time": _moment(min),
    "last_time": _moment(max),
    "quantity": _quantity,
    "average_cost_per_request": lambda events: _ratio(
        _cost(events), _count(lambda each: each.cost.status != "unpriced")(events)
    ),
    "requests_per_user": lambda events: _ratio(
        _count(lambda each: each.event.user is not None)(events), _users(events)
    ),
    "requests_per_team": lambda events: _ratio(
        _count(lambda each: each.event.team is not None)(events), _teams(events)
    ),
}
