"""What both views of the Consumption page are made of: changes with their baseline, the chart by day, proofs, bars."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec import Struct

from outlay.query.buckets import Bucket as DayBucket
from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.web import format as text
from outlay.web.charts import Mark, Series, TimeChart, Unit, stacked_bars
from outlay.web.pages.consumption.month import MonthPlace
from outlay.web.parts import Card
from outlay.web.view.groups import Group, groups_of
from outlay.web.view.names import AGENT_TYPE_NAMES, AGENT_TYPE_SLOTS
from outlay.web.view.panels import Panel, Proof
from outlay.web.view.place import Links, only
from outlay.web.view.timeline import as_bucket, range_of, shown_steps

_TYPE_ORDER: Final = ("api", "framework", "no_code")


class Told(Struct, frozen=True):
    """What the parts of an answer need to be told: where the reader stands, links, and the instant of the figures."""

    place: MonthPlace
    links: Links
    zone: ZoneInfo
    now: datetime
    marks: Callable[[Sequence[DayBucket]], tuple[Mark, ...]]


class Content(Struct, frozen=True):
    """All that one view shows."""

    cards: tuple[Card, ...]
    chart: Panel
    panels: tuple[tuple[str, Panel], ...]  # with the class of their place in the grid
    proof: Proof


def daily_chart(told: Told, result: Result, measure: str, unit: Unit, title: str) -> Markup:
    """Return the figures day by day, stacked by agent type; each segment and day leads to its calls."""
    shown = shown_steps(result)
    types = [each for each in agent_types_of(result, measure) if _tells(each, measure)]
    values: dict[tuple[str | None, int], Value] = {
        (row.key[0], row.bucket): result.figure(row, measure) for row in result.rows if row.bucket is not None
    }
    days = [range_of(bucket, told.zone) for bucket in shown]
    series = tuple(
        Series(
            name=AGENT_TYPE_NAMES.get(each.key, each.key or ""),
            slot=AGENT_TYPE_SLOTS.get(each.key),
            values=tuple(values.get((each.key, at), 0) for at in range(len(shown))),
            href=told.links.narrowed(only("agent_type", each.key)),
            hrefs=tuple(
                told.links.calls(only("agent_type", each.key), range=day) if (each.key, at) in values else ""
                for at, day in enumerate(days)
            ),
        )
        for each in types
    )
    return stacked_bars(
        TimeChart(
            id="by-day",
            title=title,
            period=text.month(told.place.month),
            unit=unit,
            buckets=tuple(
                as_bucket(bucket, "day", told.zone, told.now, told.links.calls(range=day))
                for bucket, day in zip(shown, days, strict=True)
            ),
            series=series,
            marks=told.marks(shown),
        )
    )


def agent_types_of(result: Result, measure: str) -> list[Group[str | None]]:
    """Return the agent types in their fixed order, what has none last."""
    order = {each: at for at, each in enumerate(_TYPE_ORDER)}
    found = groups_of(result, lambda row: row.key[0], measure)
    present = [each for each in found if not each.gone]
    return sorted(present, key=lambda each: order.get(each.key or "", len(order)))


def _tells(group: Group[str | None], measure: str) -> bool:
    """Say whether a series has anything to show: a figure, or requests whose cost is unknown."""
    return group.now[measure] is not None or bool(group.now.get("unpriced_requests"))
