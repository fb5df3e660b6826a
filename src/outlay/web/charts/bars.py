"""Stacked bars over time: from zero, one pixel between segments, each segment a link, the running bucket hatched."""

from decimal import Decimal
from typing import Final

from markupsafe import Markup, escape

from outlay.web.charts.figure import band, exact_columns, figure, slot_class
from outlay.web.charts.pieces import joined, linked
from outlay.web.charts.scale import Scale, scale_over, share_text
from outlay.web.charts.spec import TimeChart, in_currency
from outlay.web.currency import as_they_are

_BAR_SHARE: Final = 0.72  # of a bucket's width
_WIDEST_BAR: Final = 0.06  # of the plot's width: three months are three slim bars, not three walls


def stacked_bars(chart: TimeChart) -> Markup:
    """Return the chart as markup: legend, SVG and table. More than seven series are folded into Other."""
    drawn = in_currency(chart.folded())
    with as_they_are():
        scale = _scale_of(drawn)
        exact = exact_columns(drawn)
        bars = joined(_bucket(drawn, scale, index, exact) for index in range(len(drawn.buckets)))
        return figure(drawn, joined([_hatch(drawn), bars]), scale, exact)


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
    count, bucket = len(chart.buckets), chart.buckets[index]
    share = min(_BAR_SHARE, _WIDEST_BAR * count)
    place = f'x="{share_text((1 - share) / 2)}" width="{share_text(share)}"'
    label = escape(bucket.label)
    drawn = segments(chart, scale, index)
    marks = []
    for at, top, height in drawn:
        series = chart.series[at]
        title = f"{label} · {escape(series.name)} · {escape(exact[at][index])}"
        kind = slot_class(series.slot)
        mark = f'<rect class="s {kind}" {place} y="{top}" height="{height}"><title>{title}</title></rect>'
        marks.append(linked(series.href_at(index), mark))
    if bucket.partial and drawn:
        top, end = min(y for _, y, _ in drawn), max(y + height for _, y, height in drawn)
        fill = f"url(#{escape(chart.id)}-hatch)"
        marks.append(f'<rect class="over" {place} y="{top}" height="{end - top}" fill="{fill}"/>')
    return band(chart, index, "".join(marks))


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
