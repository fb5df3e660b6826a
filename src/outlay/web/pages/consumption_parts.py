"""What both views of the Consumption page are made of: changes with their baseline, the chart by day, proofs, bars."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec import Struct

from outlay.kit.period import Month, local_day, parse_zone
from outlay.query.ask import Filter
from outlay.query.buckets import Bucket as DayBucket
from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.query.timerange import Days
from outlay.web import format as text
from outlay.web.charts import Bucket, Series, TimeChart, Unit, stacked_bars
from outlay.web.format import Change
from outlay.web.pages.groups import Group, groups_of
from outlay.web.pages.links import Links, Place, only
from outlay.web.pages.names import AGENT_TYPE_NAMES, AGENT_TYPE_SLOTS
from outlay.web.parts import Card, Cell, Table

BAR_WIDTH: Final = 48
_TYPE_ORDER: Final = ("api", "framework", "no_code")


class Told(Struct, frozen=True):
    """What the parts of an answer need to be told: where the reader stands, links, and the instant of the figures."""

    place: Place
    links: Links
    zone: ZoneInfo
    now: datetime


class ProofLine(Struct, frozen=True):
    """One part of a whole with its exact figure."""

    name: str
    figure: str


class Proof(Struct, frozen=True):
    """That the parts of a panel make its total: shown in one line, with the exact figures behind it."""

    summary: str
    lines: tuple[ProofLine, ...]
    total: str
    holds: bool


class Panel(Struct, frozen=True):
    """A titled part of the page: a chart or a table with its proof."""

    id: str
    title: str
    subtitle: str
    chart: Markup | None = None
    table: Table | None = None
    proof: Proof | None = None
    empty: str = ""


class Content(Struct, frozen=True):
    """All that one view shows."""

    cards: tuple[Card, ...]
    chart: Panel
    panels: tuple[tuple[str, Panel], ...]  # with the class of their place in the grid
    proof: Proof


def baseline_text(result: Result) -> str:
    """Name what figures are compared with: `vs September 2026`, or of a running month `vs 1-20 Oct, 09:41`."""
    if result.compared is None:
        return ""
    zone = parse_zone(result.zone)
    baseline = result.compared.baseline
    first = local_day(baseline.span.start, zone)
    if not baseline.running or baseline.capped:
        whole = f"vs {text.month(Month.of(first))}"
        return f"{whole}, which is shorter" if baseline.capped else whole
    end = baseline.span.end.astimezone(zone)
    if end.date() == first:
        return f"vs {text.day_short(first)}, {end:%H:%M}"
    return f"vs {first.day}\N{EN DASH}{text.day_short(end.date())}, {end:%H:%M}"


def group_change(group: Group[str | None], measure: str) -> Change:
    """Return how one group's figure moved; a dash where nothing is known of it."""
    return text.change(group.now.get(measure), None if group.before is None else group.before.get(measure))


def change_cell(change: Change) -> Cell:
    arrow = f"{change.arrow} " if change.arrow else ""
    return Cell(text=f"{arrow}{change.text}", title=change.exact)


def share_cell(part: Value, whole: Value, slot: int | None) -> Cell:
    """Return a share in percent with a bar of its length."""
    share = share_of(part, whole)
    if share is None:
        return Cell(text=text.DASH)
    shown = min(max(share, Decimal(0)), Decimal(1)) * BAR_WIDTH
    bar = Markup(
        '<span class="share"><svg class="share-bar" width="{width}" height="6" aria-hidden="true">'
        '<rect class="rail" width="{width}" height="6" rx="3"/>'
        '<rect class="s {kind}" width="{shown}" height="6" rx="3"/></svg><span>{percent}</span></span>'
    )
    kind = "c-other" if slot is None else f"c{slot % 7}"
    return Cell(text=bar.format(width=BAR_WIDTH, kind=kind, shown=f"{shown:.1f}", percent=text.percent(share)))


def share_of(part: Value, whole: Value) -> Decimal | None:
    """Return part / whole; None where either is unknown or there is no whole."""
    return None if part is None or not whole else Decimal(part) / Decimal(whole)


def proof_of(summary: str, lines: Sequence[tuple[str, Value]], total: Value, *, holds: bool, money: bool) -> Proof:
    """Return the proof of a panel: `lines` are its parts, `total` is figured apart from them."""
    parts = [value for _, value in lines if value is not None]
    adds = (sum(parts, start=parts[0] * 0) if parts else None) == total
    return Proof(
        summary=summary,
        lines=tuple(ProofLine(name, _exact(value, money=money)) for name, value in lines),
        total=_exact(total, money=money),
        holds=holds and adds,
    )


def daily_chart(told: Told, result: Result, measure: str, unit: Unit, title: str) -> Markup:
    """Return the figures day by day, stacked by agent type; each segment and day leads to its calls."""
    shown = _shown_days(result)
    types = [each for each in agent_types_of(result, measure) if _tells(each, measure)]
    values: dict[tuple[str | None, int], Value] = {
        (row.key[0], row.bucket): result.figure(row, measure) for row in result.rows if row.bucket is not None
    }
    days = [date.fromisoformat(bucket.label) for bucket in shown]
    series = tuple(
        Series(
            name=AGENT_TYPE_NAMES.get(each.key, each.key or ""),
            slot=AGENT_TYPE_SLOTS.get(each.key),
            values=tuple(values.get((each.key, at), 0) for at in range(len(shown))),
            href=told.links.narrowed(only("agent_type", each.key)),
            hrefs=tuple(
                told.links.calls(only("agent_type", each.key), range=Days(day, day)) if (each.key, at) in values else ""
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
            buckets=tuple(_day(told, bucket) for bucket in shown),
            series=series,
        )
    )


def agent_types_of(result: Result, measure: str) -> list[Group[str | None]]:
    """Return the agent types in their fixed order, what has none last."""
    order = {each: at for at, each in enumerate(_TYPE_ORDER)}
    found = groups_of(result, lambda row: row.key[0], measure)
    present = [each for each in found if not each.gone]
    return sorted(present, key=lambda each: order.get(each.key or "", len(order)))


def without_values(dimension: str, named: Sequence[str | None]) -> tuple[Filter, ...]:
    """Return the filters that let through what has a value, but none of these."""
    values = tuple(each for each in named if each is not None)
    return (Filter(dimension, "has"), *((Filter(dimension, "not", values),) if values else ()))


def as_money(value: Value) -> Decimal | None:
    return None if value is None else Decimal(value)


def as_count(value: Value) -> int | None:
    return None if value is None else int(value)


def _tells(group: Group[str | None], measure: str) -> bool:
    """Say whether a series has anything to show: a figure, or requests whose cost is unknown."""
    return group.now[measure] is not None or bool(group.now.get("unpriced_requests"))


def _shown_days(result: Result) -> tuple[DayBucket, ...]:
    """Return the days up to now, or up to the last that has anything: a producer's clock may run ahead."""
    last = max((row.bucket for row in result.rows if row.bucket is not None), default=-1)
    return tuple(bucket for at, bucket in enumerate(result.buckets) if at <= last or bucket.state != "future")


def _day(told: Told, bucket: DayBucket) -> Bucket:
    day = date.fromisoformat(bucket.label)
    partial = text.partial(told.now - bucket.start) if bucket.state == "running" else ""
    return Bucket(
        label=text.day_long(day),
        tick=text.day_short(day),
        href=told.links.calls(range=Days(day, day)),
        partial=partial,
    )


def _exact(value: Value, *, money: bool) -> str:
    return text.usd_exact(as_money(value)) if money else text.counted(as_count(value))
