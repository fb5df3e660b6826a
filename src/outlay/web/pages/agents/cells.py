"""Figures of these pages as cards and cells: one way to write each measure, money of one column in one precision."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.web import format as text
from outlay.web.format import Change
from outlay.web.parts import Card, Cell
from outlay.web.view.groups import Figures
from outlay.web.view.panels import as_count, as_money

LABELS: Final = {
    "name": "Agent",
    "runs": "Runs",
    "sessions": "Sessions",
    "requests": "Requests",
    "tokens": "Tokens",
    "latency_p50": "p50",
    "latency_p95": "p95",
    "latency_p99": "p99",
    "first_token_p95": "First token p95",
    "error_rate": "Error rate",
    "errors": "Errors",
    "active_users": "Users",
    "change": "Change",
    "cost": "Cost",
}


def card_of(head: Result, measure: str, label: str, href: str, note: tuple[str, str] = ("", "")) -> Card:
    """Return the headline of a measure with how it moved, where the question compares; the page says against what."""
    now = head.total(measure)
    return Card(
        label=label,
        value=headline(measure, now),
        exact=exact(measure, now),
        change=None if head.query.comparison == "none" else change_of(measure, now, head.total_before(measure)),
        href=href,
        note=note[0],
        note_href=note[1],
    )


def headline(measure: str, value: Value) -> str:
    return text.usd(as_money(value)) if measure == "cost" else _WRITTEN[_form(measure)](value)


def exact(measure: str, value: Value) -> str:
    """Return the full figure behind a rounded one."""
    if measure == "cost":
        return text.usd_exact(as_money(value))
    if _form(measure) == "latency":
        return "" if value is None else f"{as_count(value):,} ms"
    return text.counted(as_count(value)) if measure == "tokens" else ""


def change_of(measure: str, now: Value, before: Value) -> Change:
    if measure == "error_rate":
        return text.change_in_points(as_money(now), as_money(before))
    if measure == "cost":
        return text.change(as_money(now), as_money(before), text.usd)
    return text.change(now, before, _WRITTEN[_form(measure)])


def places_of(rows: Iterable[Figures]) -> int:
    """Return how many decimals the money of a column is shown with."""
    return text.usd_places(as_money(each["cost"]) for each in rows)


def cell_of(measure: str, figures: Figures, places: int) -> Cell:
    value = figures[measure]
    if measure != "cost":
        return Cell(text=headline(measure, value), title=exact(measure, value))
    cost = as_money(value)
    unpriced = as_count(figures.get("unpriced_requests"))
    if unpriced and cost is None:
        return Cell(text="", chip="unpriced", title=f"{unpriced:,} unpriced requests")
    more = f", without {unpriced:,} unpriced requests" if unpriced else ""
    return Cell(text=text.usd_row(cost, places), title=f"{text.usd_exact(cost)}{more}")


def _form(measure: str) -> str:
    if measure.startswith(("latency_", "first_token_")):
        return "latency"
    return measure if measure in {"tokens", "error_rate"} else "count"


def _percent(value: Value) -> str:
    return text.percent(None if value is None else Decimal(value))


_WRITTEN: Final[dict[str, Callable[[Value], str]]] = {
    "latency": text.milliseconds,
    "tokens": lambda value: text.tokens(as_count(value)),
    "error_rate": _percent,
    "count": lambda value: text.counted(as_count(value)),
}
