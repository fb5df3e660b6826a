"""Stacked bars over time: from zero, one pixel between segments, each segment a link, the running bucket hatched."""

from decimal import Decimal
from typing import Final

from markupsafe import Markup

from outlay.web.charts.figure import figure, joined, linked, slot_class
from outlay.web.charts.scale import Scale, scale_over, share_text
from outlay.web.charts.spec import TimeChart, as_exact

_BAR_SHARE: Final = 0.72  # of a bucket's width
_WIDEST_BAR: Final = 0.06  # of the plot's width: three months are three slim bars, not three walls


def stacked_bars(chart: TimeChart) -> Markup:
    """Return the chart as markup: legend, SVG and table. More than seven series are folded into Other."""
    drawn = chart.folded()
    scale = _scale_of(drawn)
    exact = [as_exact(each.values, drawn.unit) for each in drawn.series]
    bars = joined(_bucket(drawn, scale, index, exact) for index in range(len(drawn.buckets)))
    return figure(drawn, joined([_hatch(drawn), bars]), scale)


def _scale_of(chart: TimeChart) -> Scale:
    ups, downs = [Decimal(0)], [Decimal(0)]
    for index in range(len(chart.buckets)):
        values = [Decimal(each.values[index] or 0) for each in chart.series]
        ups.append(sum((value for value in values if value > 0), Decimal(0)))
        downs.append(sum((value for value in values if value < 0), Decimal(0)))
    return scale_over(min(downs), max(ups), whole=chart.unit in {"count", "tokens"})


def _hatch(chart: TimeChart) -> Markup:
    if not any(each.partial for each in chart.buckets):
        return Markup("")
    return Markup(
        '<pattern id="{}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="stripe" width="2" height="5"/></pattern>'
    ).format(chart.id)


def _bucket(chart: TimeChart, scale: Scale, index: int, exact: list[list[str]]) -> Markup:
    count = len(chart.buckets)
    bucket = chart.buckets[index]
    share = min(_BAR_SHARE, _WIDEST_BAR * count)
    place = Markup('x="{}" width="{}"').format(share_text((1 - share) / 2), share_text(share))
    marks = []
    for at, top, height in segments(chart, scale, index):
        series = chart.series[at]
        mark = Markup('<rect class="s {}" {} y="{}" height="{}"><title>{} · {} · {}</title></rect>').format(
            slot_class(series.slot), place, top, height, bucket.label, series.name, exact[at][index]
        )
        marks.append(linked(series.href_at(index), mark))
    if bucket.partial and marks:
        marks.append(_hatched(chart, scale, index, place))
    return Markup('<svg class="b" x="{}" width="{}">{}{}</svg>').format(
        share_text(index / count),
        share_text(1 / count),
        linked(bucket.href, Markup('<rect class="hit" width="100%" height="100%"/>')),
        joined(marks),
    )


def _hatched(chart: TimeChart, scale: Scale, index: int, place: Markup) -> Markup:
    drawn = segments(chart, scale, index)
    top = min(y for _, y, _ in drawn)
    bottom = max(y + height for _, y, height in drawn)
    return Markup('<rect class="over" {} y="{}" height="{}" fill="url(#{}-hatch)"/>').format(
        place, top, bottom - top, chart.id
    )


def segments(chart: TimeChart, scale: Scale, index: int) -> list[tuple[int, int, int]]:
    """Return `(series, y, height)` in pixels for each segment of one bar, from zero outwards.

    Far edges come from the running sum, so rounding never adds up. A figure too small for a pixel still gets one, taken
    from the next segment. Each segment but the last leaves one pixel of its far end free as the gap.
    """
    ups = [at for at, each in enumerate(chart.series) if (each.values[index] or 0) > 0]
    downs = [at for at, each in enumerate(chart.series) if (each.values[index] or 0) < 0]
    return _stacked(chart, scale, index, ups) + _stacked(chart, scale, index, downs)


def _stacked(chart: TimeChart, scale: Scale, index: int, members: list[int]) -> list[tuple[int, int, int]]:
    placed = []
    reached, start = Decimal(0), scale.y(0)
    for at in members:
        reached += Decimal(chart.series[at].values[index] or 0)
        end = min(start - 1, scale.y(reached)) if reached > 0 else max(start + 1, scale.y(reached))
        height = max(1, abs(end - start) - (at != members[-1]))
        placed.append((at, start - height if reached > 0 else start, height))
        start = end
    return placed
