"""The two charts of a view: spend over time, stacked by the largest groups, and its distribution as a ring."""

from decimal import Decimal
from typing import Final

from outlay.query.ask import Filter
from outlay.query.buckets import Bucket as Step
from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.web import format as text
from outlay.web.charts import Bucket, Mark, PieChart, Series, Slice, TimeChart, pie, stacked_bars
from outlay.web.pages.explorer.figures import DRAWN, Groups, Steps, Thing, drawn_over
from outlay.web.pages.explorer.told import (
    Told,
    head_of,
    labels_of,
    plural_of,
    rest_name,
    without,
)
from outlay.web.view.groups import summed
from outlay.web.view.names import Label
from outlay.web.view.panels import Panel, Proof, as_money, proof_of
from outlay.web.view.place import only
from outlay.web.view.ranges import range_text
from outlay.web.view.timeline import STEP_NAMES, as_bucket, range_of, shown_steps

_NOTHING: Final = Decimal(0)


def days_panel(told: Told, groups: Groups, days: Result, marks: tuple[Mark, ...]) -> Panel:
    """Return spend over time."""
    drawn, others = drawn_over(days, groups)
    labels = labels_of(told, told.place.by, drawn)
    shown = shown_steps(days)
    series = [_series(told, shown, (key, labels[key]), steps) for key, steps in drawn.items()]
    if others:
        series.append(_rest_series(told, shown, groups, others))
    grain = days.query.grain
    return Panel(
        id="days",
        title="Spend over time",
        subtitle=f"{text.capital(STEP_NAMES[grain])} by {STEP_NAMES[grain]}; days end at midnight in {days.zone}",
        chart=stacked_bars(
            TimeChart(
                id="by-day",
                title=f"Spend by {head_of(told.place.by).lower()}",
                period=text.capital(range_text(told.place.query.range, days.span, told.zone)),
                unit="usd",
                buckets=tuple(_bucket(told, each, days) for each in shown),
                series=tuple(series),
                marks=marks,
            )
        ),
        proof=_days_proof(told, groups, days),
    )


def share_panel(told: Told, groups: Groups) -> Panel:
    """Return the distribution, biggest first."""
    by, priced = told.place.by, [each for each in groups.valued if each.now["cost"] is not None]
    named = priced if len(priced) == DRAWN + 1 and not _left(groups, len(priced)) else priced[:DRAWN]
    labels = labels_of(told, by, [each.key for each in named])
    slices = [
        Slice(
            name=labels[each.key].name,
            slot=labels[each.key].slot,
            value=as_money(each.now["cost"]) or Decimal(0),
            href=told.links.narrowed(only(by, each.key)),
        )
        for each in named
    ]
    left = summed(each.now["cost"] for each in _left(groups, len(named)))
    if left is not None:
        slices.append(Slice(name=rest_name(told, groups, len(named)), slot=None, value=Decimal(left)))
    ring = PieChart(
        id="share-ring",
        title=f"Spend by {head_of(by).lower()}",
        unit="usd",
        slices=tuple(slices),
        total_label="Spend" if not groups.repeated else "Rows together",
    )
    return Panel(
        id="share",
        title="Distribution",
        subtitle=f"The {plural_of(by)} with most spend",
        chart=pie(ring) if any(each.value > 0 for each in slices) else None,
        empty="Nothing here has a price.",
    )


def _left(groups: Groups, named: int) -> list[Thing]:
    """Return what is not named: groups beyond the first few, and what has no value."""
    priced = [each for each in groups.valued if each.now["cost"] is not None]
    return [*priced[named:], *(each for each in (groups.missing, groups.rest) if each is not None)]


def _series(told: Told, shown: tuple[Step, ...], named: tuple[str | None, Label], steps: Steps) -> Series:
    key, label = named
    group = only(told.place.by, key)
    return Series(
        name=label.name,
        slot=label.slot,
        values=tuple(steps.get(at, _NOTHING) for at in range(len(shown))),
        href=told.links.narrowed(group),
        hrefs=_calls(told, shown, steps, (group,)),
    )


def _rest_series(told: Told, shown: tuple[Step, ...], groups: Groups, steps: Steps) -> Series:
    """Return all that is not drawn one by one. It leads to its calls where one filter can say what it is."""
    drawn = [each.key for each in groups.drawn]
    group = without(told.place.by, drawn)
    return Series(
        name=rest_name(told, groups, len(drawn)),
        slot=None,
        values=tuple(steps.get(at, _NOTHING) for at in range(len(shown))),
        hrefs=_calls(told, shown, steps, group) if group else (),
    )


def _calls(told: Told, shown: tuple[Step, ...], steps: Steps, group: tuple[Filter, ...]) -> tuple[str, ...]:
    return tuple(
        told.links.calls(*group, range=range_of(bucket, told.zone)) if at in steps else ""
        for at, bucket in enumerate(shown)
    )


def _bucket(told: Told, bucket: Step, days: Result) -> Bucket:
    href = told.links.calls(range=range_of(bucket, told.zone))
    return as_bucket(bucket, days.query.grain, told.zone, told.now, href)


def _days_proof(told: Told, groups: Groups, days: Result) -> Proof | None:
    """Set what is drawn beside the total, which is figured apart; where tags repeat it makes more, the table says."""
    if groups.repeated:
        return None
    drawn, others = drawn_over(days, groups)
    labels = labels_of(told, told.place.by, drawn)
    lines: list[tuple[str, Value]] = [(labels[key].name, summed(steps.values())) for key, steps in drawn.items()]
    if others:
        lines.append((rest_name(told, groups, len(drawn)), summed(others.values())))
    total = groups.total.now["cost"]
    steps = STEP_NAMES[days.query.grain]
    return proof_of(
        f"All {steps}s add up to {text.usd(as_money(total))}",
        lines,
        total,
        holds=True,
        money=True,
    )
